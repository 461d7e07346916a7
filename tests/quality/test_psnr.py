import math

import numpy as np
import pytest
from skimage.metrics import peak_signal_noise_ratio
from support.picture_files import random_pixels

from arllie_deploy.errors import ArllieError
from arllie_deploy.quality.psnr import psnr


def test_a_difference_of_one_level_everywhere() -> None:
    for dtype, top in ((np.uint8, 255), (np.uint16, 65535)):
        frame = np.full((300, 4, 3), 7, dtype)
        assert psnr(frame, frame + dtype(1)) == pytest.approx(20 * math.log10(top), abs=1e-12)
    unit = np.zeros((5, 4, 3), np.float32)
    assert psnr(unit, unit + np.float32(0.5)) == pytest.approx(20 * math.log10(2), abs=1e-12)


def test_the_order_does_not_matter_and_nothing_wraps_around() -> None:
    dark, bright = np.zeros((4, 4, 3), np.uint8), np.full((4, 4, 3), 255, np.uint8)
    assert psnr(dark, bright) == psnr(bright, dark) == 0.0


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("height", [1, 255, 256, 257, 600])
def test_it_is_scikit_images(dtype: type, height: int) -> None:
    a, b = random_pixels(height, 9, dtype), random_pixels(height, 9, dtype, seed=1)
    assert psnr(a, b) == pytest.approx(peak_signal_noise_ratio(a, b), abs=1e-9)


def test_equal_frames_are_infinite() -> None:
    frame = random_pixels(5, 8)
    assert psnr(frame, frame.copy()) == math.inf


@pytest.mark.parametrize(
    ("a", "b", "says"),
    [
        (random_pixels(5, 8), random_pixels(8, 5), "of the same size"),
        (random_pixels(5, 8), random_pixels(5, 8, np.uint16), "of the same type"),
        (random_pixels(5, 8).astype(int), random_pixels(5, 8).astype(int), "of the same type"),
        (np.zeros((0, 4, 3)), np.zeros((0, 4, 3)), "of the same size"),
    ],
)
def test_frames_that_cannot_be_compared_are_refused(a: np.ndarray, b: np.ndarray, says: str) -> None:
    with pytest.raises(ArllieError, match=says):
        psnr(a, b)
