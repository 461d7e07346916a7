"""PSNR and SSIM of the filled part of a picture: what inpainting is compared by."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.errors import ArllieError
from arllie_deploy.quality.ranges import check_comparable, data_range
from arllie_deploy.quality.ssim import WINDOW, ssim_map


def masked_psnr(a: NDArray[Any], b: NDArray[Any], mask: NDArray[np.bool_]) -> float:
    """10·log10(range² / mean squared difference) in dB, the mean over the samples where `mask` is True.

    Args:
        a: (height, width, channels), integers, or floats in [0, 1].
        b: the same shape and dtype.
        mask: (height, width).

    Returns:
        The ratio; infinite where nothing differs.

    Raises:
        ArllieError: if shapes or dtypes differ, or the mask is True nowhere.
    """
    _check(a, b, mask)
    mean = float(np.square(a[mask].astype(np.float64) - b[mask]).mean())
    return math.inf if mean == 0.0 else 10.0 * math.log10(data_range(a.dtype) ** 2 / mean)


def masked_ssim(a: NDArray[Any], b: NDArray[Any], mask: NDArray[np.bool_]) -> float:
    """Mean of `ssim_map` over the windows whose middle is in the mask.

    Args:
        a: as of `masked_psnr`, with sides from 11 pixels on.
        b: the same shape and dtype.
        mask: (height, width).

    Raises:
        ArllieError: as `masked_psnr`, and if no window has its middle in the mask.
    """
    _check(a, b, mask)
    similarity, reach = ssim_map(a, b), WINDOW // 2
    middles = mask[reach:-reach, reach:-reach]
    if not middles.any():
        raise ArllieError("the mask is True at the border only, where no window of SSIM has its middle")
    return float(similarity[middles].mean())


def _check(a: NDArray[Any], b: NDArray[Any], mask: NDArray[np.bool_]) -> None:
    check_comparable(a, b)
    if mask.shape != a.shape[:2]:
        raise ArllieError(f"a mask of shape {mask.shape} is not for frames of shape {a.shape}")
    if not mask.any():
        raise ArllieError("the mask is True nowhere; there is nothing to compare")
