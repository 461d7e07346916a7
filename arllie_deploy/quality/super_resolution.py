"""The figures that super-resolution is compared by: on brightness, without the border."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.errors import ArllieError
from arllie_deploy.quality.luma import video_luma
from arllie_deploy.quality.psnr import psnr
from arllie_deploy.quality.ssim import ssim


def luma_psnr(a: NDArray[Any], b: NDArray[Any], border: int) -> float:
    """PSNR of `video_luma` within the border, in dB of a range of 255, as papers on super-resolution report it.

    Args:
        a: (height, width, 3) uint8 or uint16.
        b: the same shape and type.
        border: pixels that are left out on each side; by convention the factor.

    Raises:
        ArllieError: if the shapes differ, or nothing is left.
    """
    return psnr(*_within(a, b, border))


def luma_ssim(a: NDArray[Any], b: NDArray[Any], border: int) -> float:
    """SSIM of the same; at least 11×11 pixels have to be left."""
    return ssim(*_within(a, b, border))


def _within(a: NDArray[Any], b: NDArray[Any], border: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    if min(a.shape[:2]) <= 2 * border:
        raise ArllieError(f"nothing of {a.shape[1]}×{a.shape[0]} pixels is left without {border} on each side")
    first, second = (video_luma(frame)[border : -border or None, border : -border or None] for frame in (a, b))
    return first, second
