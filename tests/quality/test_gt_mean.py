import math

import numpy as np
import pytest
from support.picture_files import random_pixels, smooth_pixels

from arllie_deploy.errors import ArllieError
from arllie_deploy.quality.gt_mean import gt_mean_psnr
from arllie_deploy.quality.psnr import psnr


@pytest.mark.parametrize("factor", [0.01, 0.5, 1.0])
def test_a_wrong_exposure_alone_is_no_error(factor: float) -> None:
    frame = np.random.default_rng(0).random((300, 7, 3))
    assert gt_mean_psnr(frame * factor, frame) > 280


def test_it_is_the_psnr_of_the_scaled_and_clamped_output() -> None:
    output, reference = random_pixels(300, 9) / 255, smooth_pixels(300, 9) / 255
    gray = np.array([0.299, 0.587, 0.114])
    scaled = np.clip(output * (reference @ gray).mean() / (output @ gray).mean(), 0, 1)
    assert gt_mean_psnr(output, reference) == pytest.approx(psnr(scaled, reference), abs=1e-9)
    brighter = np.minimum(1.0, reference * 1.2 + 0.5)
    scaled = np.clip(output * (brighter @ gray).mean() / (output @ gray).mean(), 0, 1)
    assert scaled.max() == 1.0
    assert gt_mean_psnr(output, brighter) == pytest.approx(psnr(scaled, brighter), abs=1e-9)


def test_8_and_16_bits_agree() -> None:
    a, b = random_pixels(20, 30), smooth_pixels(20, 30)
    deep = gt_mean_psnr(a.astype(np.uint16) * 257, b.astype(np.uint16) * 257)
    assert gt_mean_psnr(a, b) == pytest.approx(deep, abs=1e-9)


def test_a_black_output_stays_black() -> None:
    black, reference = np.zeros((1, 40, 3), np.uint8), smooth_pixels(1, 40)
    assert gt_mean_psnr(black, reference) == psnr(black, reference)
    assert gt_mean_psnr(reference, black) == gt_mean_psnr(black, black) == math.inf


def test_frames_that_cannot_be_compared_are_refused() -> None:
    with pytest.raises(ArllieError, match="of the same size"):
        gt_mean_psnr(random_pixels(5, 8), random_pixels(8, 5))
