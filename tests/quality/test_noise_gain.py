import math

import numpy as np
import pytest
from support.picture_files import random_pixels, smooth_pixels

from arllie_deploy.errors import ArllieError
from arllie_deploy.quality.noise_gain import noise_gain, relative_noise_gain

DARK = 4000 + smooth_pixels(300, 40).astype(np.uint16) * 20


def _times(factor: int):
    return lambda frame: np.minimum(frame.astype(np.int64) * factor, np.iinfo(frame.dtype).max).astype(frame.dtype)


@pytest.mark.parametrize("frame", [DARK, smooth_pixels(1, 50), random_pixels(270, 9)], ids=["deep", "row", "noise"])
def test_an_enhancer_that_does_nothing_has_1(frame: np.ndarray) -> None:
    assert noise_gain(lambda frame: frame, frame, frame) == pytest.approx(1.0, abs=1e-12)
    assert relative_noise_gain(lambda frame: frame, frame, frame) == pytest.approx(1.0, abs=1e-12)


def test_a_gain_has_itself_and_1_relative_to_its_brightness() -> None:
    enhance = _times(3)
    assert noise_gain(enhance, DARK, enhance(DARK)) == pytest.approx(3.0, abs=1e-9)
    assert relative_noise_gain(enhance, DARK, enhance(DARK)) == pytest.approx(1.0, abs=1e-9)


def test_an_offset_brightens_without_noise() -> None:
    def enhance(frame: np.ndarray) -> np.ndarray:
        return frame + np.uint16(20000)

    assert noise_gain(enhance, DARK, enhance(DARK)) == pytest.approx(1.0, abs=1e-9)
    expected = float(DARK.mean() / enhance(DARK).mean())
    assert relative_noise_gain(enhance, DARK, enhance(DARK)) == pytest.approx(expected, abs=1e-9)


def test_an_average_of_nine_pixels_has_a_third() -> None:
    def enhance(frame: np.ndarray) -> np.ndarray:
        wrapped = [np.roll(frame.astype(float), (i, j), (0, 1)) for i in (-1, 0, 1) for j in (-1, 0, 1)]
        return np.floor(sum(wrapped) / 9 + 0.5).astype(frame.dtype)

    assert noise_gain(enhance, DARK, enhance(DARK)) == pytest.approx(1 / 3, abs=0.01)


def test_a_constant_output_has_0() -> None:
    assert noise_gain(np.zeros_like, DARK, np.zeros_like(DARK)) == 0.0


@pytest.mark.parametrize("level", [0, 255])
def test_a_saturated_frame_counts_the_noise_that_remained(level: int) -> None:
    flat = np.full((50, 60, 3), level, np.uint8)
    assert noise_gain(lambda frame: frame, flat, flat) == pytest.approx(1.0, abs=1e-12)
    assert math.isnan(relative_noise_gain(lambda frame: frame, flat, flat)) == (level == 0)


def test_it_is_the_same_each_time() -> None:
    enhance = _times(5)
    assert noise_gain(enhance, DARK, enhance(DARK)) == noise_gain(enhance, DARK, enhance(DARK))


def test_only_frames_are_taken() -> None:
    with pytest.raises(ArllieError, match="uint8 or uint16"):
        noise_gain(lambda frame: frame, DARK / 65535, DARK / 65535)
