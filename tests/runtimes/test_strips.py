from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from support.enhancers import random_enhancer

from arllie_deploy import ArllieError
from arllie_deploy.convolution import convolve_3x3
from arllie_deploy.runtimes import RUNTIMES
from arllie_deploy.runtimes.strips import Strips, parse_strips

needs_litert = pytest.mark.skipif(not RUNTIMES["litert"].availability().ok, reason="LiteRT is not installed")
RNG = np.random.default_rng(0)


@given(rows=st.integers(1, 12), height=st.integers(1, 20), width=st.integers(1, 6))
def test_a_convolution_of_strips_is_that_of_the_whole(rows: int, height: int, width: int) -> None:
    kernel, frame = RNG.normal(size=(3, 3, 3, 3)), RNG.random((height, width, 3))
    shapes = []

    def process(strip: NDArray[Any]) -> NDArray[Any]:
        shapes.append(strip.shape)
        return convolve_3x3(strip, kernel, np.ones(3))

    strips = Strips(rows, (width, height))
    np.testing.assert_array_equal(strips.apply(frame, process), convolve_3x3(frame, kernel, np.ones(3)))
    assert shapes == [(rows + 2, width, 3)] * strips.count


@needs_litert
@pytest.mark.parametrize("precision", ["int8", "int16x8"])
@pytest.mark.parametrize("form", ["plain", "direct"])
@pytest.mark.parametrize("rows", [1, 4, 5, 12, 40])
def test_strips_in_litert_equal_the_whole_frame_bit_for_bit(
    form: str, precision: str, rows: int, tmp_path: Path
) -> None:
    from arllie_deploy.export import tflite
    from arllie_deploy.export.ethos_u import strip_model
    from arllie_deploy.export.request import Request

    size, frame = (19, 12), RNG.integers(0, 256, (12, 19, 3), np.uint8)
    whole = Request(random_enhancer(form), "tflite-cpu", precision, size, tmp_path / "whole.tflite", (frame,))
    tflite.write(whole)
    (tmp_path / "strip.tflite").write_bytes(strip_model(whole, tflite.integer_form(whole), Strips(rows, size)))
    expected, opened = (RUNTIMES["litert"].open(tmp_path / name, 1) for name in ("whole.tflite", "strip.tflite"))
    assert opened.size == expected.size
    for picture in (frame, frame.astype(np.uint16) * 257, np.full_like(frame, 255)):
        result = opened.run(picture)
        assert result.dtype == picture.dtype
        np.testing.assert_array_equal(result, expected.run(picture))
    tensor = frame[None].astype(np.float32) / 255
    np.testing.assert_array_equal(opened.infer(tensor), expected.infer(tensor))
    with pytest.raises(ArllieError, match="is for frames of 19x12, the frame is 12x19"):
        opened.run(frame.swapaxes(0, 1))


def test_a_description_is_read_back() -> None:
    strips = Strips(4, (19, 12))
    assert parse_strips(strips.to_json(), (6, 19), Path("m")) == strips


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"rows": 5}, "holds 19x6, which is no strip of"),
        ({"frame": [18, 12]}, "holds 19x6, which is no strip of"),
        ({"frame": [19, 0]}, "no strip"),
        ({"halo": 2}, "no strip"),
        ({"frame": [19]}, "damaged"),
        ({"frame": None}, "damaged"),
        ({"rows": "four"}, "damaged"),
    ],
)
def test_a_description_that_does_not_fit_is_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ArllieError, match=message):
        parse_strips({**Strips(4, (19, 12)).to_json(), **change}, (6, 19), Path("m"))


def test_a_description_without_a_halo_is_refused() -> None:
    with pytest.raises(ArllieError, match="damaged"):
        parse_strips({"rows": 4, "frame": [19, 12]}, (6, 19), Path("m"))
