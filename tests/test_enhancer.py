import dataclasses
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.enhancers import random_enhancer

from arllie_deploy import ArllieError, Enhancer
from arllie_deploy.epilogues import EPILOGUES

sizes = st.tuples(st.integers(1, 140), st.integers(1, 9))


def by_definition(enhancer: Enhancer, y: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """u at each pixel as the sum over the 3×3×3 neighborhood, written as loops."""
    height, width, _ = y.shape
    u = np.zeros_like(y)
    for row, column, out in np.ndindex(height, width, 3):
        u[row, column, out] = enhancer.bias[out]
        for channel, dy, dx in np.ndindex(3, 3, 3):
            r, c = row + dy - 1, column + dx - 1
            if 0 <= r < height and 0 <= c < width:
                u[row, column, out] += float(enhancer.kernel[out, channel, dy, dx]) * y[r, c, channel]
    return EPILOGUES[enhancer.epilogue].reference(y, u, enhancer.constants)


@pytest.mark.parametrize("epilogue", EPILOGUES)
def test_reference_follows_the_definition(epilogue: str) -> None:
    enhancer = random_enhancer(epilogue)
    y = np.random.default_rng(1).random((5, 4, 3))
    np.testing.assert_allclose(enhancer.reference(y), by_definition(enhancer, y), rtol=0, atol=1e-14)


@given(size=sizes)
def test_strips_of_the_reference_leave_no_trace(size: tuple[int, int]) -> None:
    """A picture higher than one strip equals the same rows computed alone with one row of neighbors on each side."""
    enhancer = random_enhancer()
    y = np.random.default_rng(2).random((*size, 3))
    z = enhancer.reference(y)
    assert z.shape == y.shape
    for row in range(0, size[0], 31):
        first, last = max(row - 1, 0), min(row + 2, size[0])
        alone = enhancer.reference(y[first:last])
        assert (alone[row - first] == z[row]).all()


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("epilogue", EPILOGUES)
def test_enhance_keeps_shape_and_dtype(epilogue: str, dtype: type) -> None:
    frame = np.random.default_rng(3).integers(0, np.iinfo(dtype).max, (7, 5, 3), dtype, endpoint=True)
    result = random_enhancer(epilogue).enhance(frame)
    assert (result.shape, result.dtype) == (frame.shape, frame.dtype)


def test_residual_form_never_darkens() -> None:
    frame = np.random.default_rng(4).integers(0, 256, (9, 9, 3), np.uint8)
    assert (random_enhancer("residual").enhance(frame) >= frame).all()


def test_enhance_rounds_half_up() -> None:
    identity = np.zeros((3, 3, 3, 3), np.float32)
    identity[:, :, 1, 1] = np.eye(3) * 0.5
    enhancer = Enhancer("half", identity, np.zeros(3, np.float32), "plain")
    frame = np.array([[[1, 2, 3]]], np.uint8)
    assert enhancer.enhance(frame).tolist() == [[[1, 1, 2]]]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kernel": np.zeros((3, 3, 3), np.float32)}, "kernel is float32[3, 3, 3], expected float32[3, 3, 3, 3]"),
        ({"kernel": np.zeros((3, 3, 3, 3))}, "kernel is float64"),
        ({"bias": np.array([0, np.nan, 0], np.float32)}, "bias has values that are not finite"),
        ({"epilogue": "cubic"}, "unknown epilogue 'cubic'; known: residual, direct, plain, curve"),
        ({"constants": {"eps": 0.1}}, "takes the constants ['epsilon'], got ['eps']"),
        ({"constants": {"epsilon": 2.0}}, "constant epsilon is 2.0"),
        ({"color": "BGR"}, "color is 'BGR'"),
        ({"value_range": (0.0, 255.0)}, "range is (0.0, 255.0)"),
        ({"padding": "reflect"}, "padding is 'reflect'"),
        ({"name": "../x"}, "model name '../x'"),
    ],
)
def test_refuses(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ArllieError) as caught:
        dataclasses.replace(random_enhancer(), **change)
    assert message in str(caught.value)


@pytest.mark.parametrize("shape", [(4, 4), (4, 4, 4), (0, 4, 3), (4, 0, 3)])
def test_refuses_frames_of_other_shapes(shape: tuple[int, ...]) -> None:
    with pytest.raises(ArllieError, match="a frame has shape"):
        random_enhancer().enhance(np.zeros(shape, np.uint8))


def test_refuses_float_frames() -> None:
    with pytest.raises(ArllieError, match="a frame is uint8 or uint16, got float64"):
        random_enhancer().enhance(np.zeros((4, 4, 3)))


def test_equality_is_that_of_the_function_not_of_the_name() -> None:
    assert random_enhancer(name="a") == random_enhancer(name="b")
    assert random_enhancer(seed=1) != random_enhancer(seed=2)
    assert random_enhancer("plain") != random_enhancer("direct")
