from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.enhancers import random_enhancer

from arllie_deploy import ArllieError
from arllie_deploy.epilogues import EPILOGUES
from arllie_deploy.native.integer import quantize
from arllie_deploy.native.oracle import enhance, epilogue


@pytest.mark.parametrize("name", EPILOGUES)
def test_every_byte_is_the_epilogue_of_the_sum_of_27_products(name: str) -> None:
    model = quantize(random_enhancer(name))
    rng = np.random.default_rng(1)
    frame = rng.integers(0, 256, (70, 9, 3), np.uint8)
    padded = np.pad(frame, ((1, 1), (1, 1), (0, 0))).astype(np.int64)
    result = enhance(model, frame)
    for row, column, channel in rng.integers(0, (70, 9, 3), (200, 3)):
        around = padded[row : row + 3, column : column + 3]
        acc = int((around * model.kernel[channel]).sum() + model.bias[channel])
        expected = epilogue(model, np.array([acc], np.int32), np.array([frame[row, column, channel]], np.int32))
        assert result[row, column, channel] == expected[0]


@given(height=st.integers(1, 80), width=st.integers(1, 40), seed=st.integers(0, 99), name=st.sampled_from([*EPILOGUES]))
def test_a_frame_of_any_size_keeps_its_shape_and_is_within_one_level(
    height: int, width: int, seed: int, name: str
) -> None:
    enhancer = random_enhancer(name, seed)
    frame = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
    result = enhance(quantize(enhancer), frame)
    assert result.shape == frame.shape
    assert result.dtype == np.uint8
    assert np.abs(result.astype(int) - enhancer.enhance(frame)).max() <= 1


def test_a_view_with_strides_gives_the_same_as_its_copy() -> None:
    model = quantize(random_enhancer())
    frame = np.random.default_rng(2).integers(0, 256, (40, 60, 3), np.uint8)[::-2, ::3, ::-1]
    np.testing.assert_array_equal(enhance(model, frame), enhance(model, frame.copy()))


def test_black_stays_black_where_the_frame_is_divided() -> None:
    for name in ("residual", "direct"):
        assert enhance(quantize(random_enhancer(name)), np.zeros((5, 5, 3), np.uint8)).max() == 0


@pytest.mark.parametrize("bias", [-8_000_000, 8_000_000])
@pytest.mark.parametrize("name", EPILOGUES)
def test_sums_far_outside_saturate(name: str, bias: int) -> None:
    model = quantize(random_enhancer(name))
    frame = np.full((4, 4, 3), 100, np.uint8)
    far, further = (enhance(replace(model, bias=np.full(3, factor * bias, np.int32)), frame) for factor in (8, 200))
    np.testing.assert_array_equal(far, further)


def test_sixteen_bits_are_refused() -> None:
    with pytest.raises(ArllieError, match="takes frames of 8 bits, got uint16"):
        enhance(quantize(random_enhancer()), np.zeros((4, 4, 3), np.uint16))


def test_a_wrong_shape_is_refused() -> None:
    with pytest.raises(ArllieError, match="height, width, 3"):
        enhance(quantize(random_enhancer()), np.zeros((4, 4), np.uint8))
