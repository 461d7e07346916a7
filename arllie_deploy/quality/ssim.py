"""Structural similarity (Wang, Bovik, Sheikh, Simoncelli, IEEE TIP 2004) on RGB, in plain numpy."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.errors import ArllieError
from arllie_deploy.quality.ranges import check_comparable, data_range

Float64 = NDArray[np.float64]

WINDOW = 11
_SIGMA = 1.5
_K1, _K2 = 0.01, 0.03


def ssim(a: NDArray[Any], b: NDArray[Any]) -> float:
    """Mean structural similarity with an 11×11 Gaussian window, σ = 1.5, K₁ = 0.01, K₂ = 0.03.

    Covariances are those of the population; the mean is over the positions where the window lies inside the frame, and
    over the channels. The same as scikit-image's with gaussian_weights=True and use_sample_covariance=False.

    Args:
        a: (height ≥ 11, width ≥ 11, channels), integers, or floats in [0, 1].
        b: the same shape and dtype.

    Returns:
        A number up to 1, which equal frames have.

    Raises:
        ArllieError: if shapes or dtypes differ, or a side is shorter than the window.
    """
    return float(ssim_map(a, b).mean((0, 1)).mean())


def ssim_map(a: NDArray[Any], b: NDArray[Any]) -> Float64:
    """What `ssim` is the mean of: for every position where the window lies inside the frame.

    Args:
        a: as of `ssim`.
        b: as of `ssim`.

    Returns:
        (height − 10, width − 10, channels); the first position's middle is the pixel (5, 5).

    Raises:
        ArllieError: as `ssim`.
    """
    check_comparable(a, b)
    height, width, channels = a.shape
    if min(height, width) < WINDOW:
        raise ArllieError(f"SSIM needs at least {WINDOW}×{WINDOW} pixels and the frame has {width}×{height}; use psnr")
    scale = data_range(a.dtype)
    return np.stack([_channel(a[:, :, c] / scale, b[:, :, c] / scale) for c in range(channels)], 2)


def _channel(x: Float64, y: Float64) -> Float64:
    """Of one channel of values in [0, 1], (height, width)."""
    c1, c2 = _K1**2, _K2**2
    mean_x, mean_y = _blur(x), _blur(y)
    product = mean_x * mean_y
    squares = mean_x * mean_x + mean_y * mean_y
    covariance = _blur(x * y) - product
    variances = _blur(x * x + y * y) - squares
    return (2.0 * product + c1) * (2.0 * covariance + c2) / ((squares + c1) * (variances + c2))


def _blur(x: Float64) -> Float64:
    """(height, width) -> (height − 10, width − 10): the Gaussian window where it lies inside, one axis at a time."""
    taps = np.exp(-0.5 * (np.arange(WINDOW) - WINDOW // 2) ** 2 / _SIGMA**2)
    taps /= taps.sum()
    height, width = x.shape[0] - WINDOW + 1, x.shape[1] - WINDOW + 1
    vertical = sum(tap * x[i : i + height] for i, tap in enumerate(taps))
    return np.asarray(sum(tap * vertical[:, i : i + width] for i, tap in enumerate(taps)))
