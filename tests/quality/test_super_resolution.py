import math

import numpy as np
import pytest
from support.picture_files import random_pixels

from arllie_deploy import ArllieError
from arllie_deploy.quality.super_resolution import luma_psnr, luma_ssim


def test_the_border_does_not_count() -> None:
    frame = random_pixels(24, 30)
    other = frame.copy()
    other[:4] = 255 - other[:4]
    assert luma_psnr(frame, other, 4) == math.inf
    assert luma_ssim(frame, other, 4) == 1.0
    assert luma_psnr(frame, other, 3) < 30.0
    assert luma_psnr(frame, other, 0) < luma_psnr(frame, other, 3)


def test_a_level_of_brightness_is_219_255ths_of_one() -> None:
    frame = random_pixels(16, 16) // 2
    assert luma_psnr(frame, frame + 1, 2) == pytest.approx(20 * math.log10(255 * 255 / 219))


def test_colors_of_one_brightness_are_equal() -> None:
    one, other = np.zeros((16, 16, 3), np.uint16), np.zeros((16, 16, 3), np.uint16)
    one[:, :, 0], other[:, :, 1] = 587 * 60, 299 * 60
    assert luma_psnr(one, other, 2) > 150.0


def test_a_frame_that_is_all_border_is_refused() -> None:
    with pytest.raises(ArllieError, match="nothing of 9×8 pixels is left without 4 on each side"):
        luma_psnr(random_pixels(8, 9), random_pixels(8, 9), 4)
