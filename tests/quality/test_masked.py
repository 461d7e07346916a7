import math

import numpy as np
import pytest
from support.picture_files import random_pixels

from arllie_deploy import ArllieError
from arllie_deploy.quality.masked import masked_psnr, masked_ssim
from arllie_deploy.quality.psnr import psnr
from arllie_deploy.quality.ssim import ssim

FRAME = random_pixels(32, 40)
HOLE = np.zeros((32, 40), np.bool_)
HOLE[8:20, 10:30] = True


def test_only_the_hole_counts() -> None:
    other = np.where(HOLE[:, :, None], FRAME, 255 - FRAME)
    assert masked_psnr(FRAME, other, HOLE) == math.inf
    filled = np.where(HOLE[:, :, None], FRAME // 2, FRAME)
    share = HOLE.mean()
    assert masked_psnr(FRAME, filled, HOLE) == pytest.approx(psnr(FRAME, filled) + 10 * math.log10(share))


def test_a_mask_of_everything_gives_the_figures_of_the_frame() -> None:
    everything, other = np.ones((32, 40), np.bool_), FRAME // 2
    assert masked_psnr(FRAME, other, everything) == pytest.approx(psnr(FRAME, other))
    assert masked_ssim(FRAME, other, everything) == pytest.approx(ssim(FRAME, other))


def test_a_window_counts_where_its_middle_is() -> None:
    other = FRAME.copy()
    other[14, 20] = 255 - other[14, 20]
    far, near = np.zeros_like(HOLE), np.zeros_like(HOLE)
    far[14, 26], near[14, 25] = True, True
    assert masked_ssim(FRAME, other, far) == pytest.approx(1.0)
    assert masked_ssim(FRAME, other, near) < 1.0 - 1e-6


@pytest.mark.parametrize(
    ("mask", "message"),
    [
        (np.ones((40, 32), np.bool_), r"a mask of shape \(40, 32\) is not for frames of shape \(32, 40, 3\)"),
        (np.zeros((32, 40), np.bool_), "True nowhere"),
    ],
)
def test_a_mask_that_does_not_fit_is_refused(mask: np.ndarray, message: str) -> None:
    for figure in (masked_psnr, masked_ssim):
        with pytest.raises(ArllieError, match=message):
            figure(FRAME, FRAME, mask)


def test_ssim_needs_windows_in_the_mask() -> None:
    border = np.zeros((32, 40), np.bool_)
    border[:5] = True
    with pytest.raises(ArllieError, match="at the border only"):
        masked_ssim(FRAME, FRAME, border)
