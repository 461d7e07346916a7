"""Structural similarity (Wang, Bovik, Sheikh and Simoncelli, IEEE TIP 2004)."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.errors import ArllieError

WINDOW = 11
_SIGMA = 1.5
_K1, _K2 = 0.01, 0.03

Float64 = NDArray[np.float64]


def ssim(output: NDArray[Any], reference: NDArray[Any]) -> float:
    """Mean SSIM over the three channels and every place where the 11×11 Gaussian window (σ = 1.5) lies in the frame.

    Args:
        output: (height, width, 3) uint8, uint16, or float in [0, 1].
        reference: the same shape and dtype.

    Raises:
        ValueError: if shape or dtype differ.
        ArllieError: if the frame is smaller than the window.
    """
    if output.shape != reference.shape or output.dtype != reference.dtype:
        raise ValueError(f"{output.dtype}{output.shape} cannot be compared with {reference.dtype}{reference.shape}")
    if min(output.shape[:2]) < WINDOW:
        raise ArllieError(f"SSIM needs frames of at least {WINDOW}x{WINDOW}, got {output.shape[1]}x{output.shape[0]}")
    peak = float(np.iinfo(output.dtype).max) if output.dtype.kind == "u" else 1.0
    x, y = output.astype(np.float64), reference.astype(np.float64)
    mean_x, mean_y = _blur(x), _blur(y)
    variance_x = _blur(x * x) - mean_x**2
    variance_y = _blur(y * y) - mean_y**2
    covariance = _blur(x * y) - mean_x * mean_y
    c1, c2 = (_K1 * peak) ** 2, (_K2 * peak) ** 2
    similarity = (2 * mean_x * mean_y + c1) * (2 * covariance + c2)
    similarity /= (mean_x**2 + mean_y**2 + c1) * (variance_x + variance_y + c2)
    return float(similarity.mean())


def _blur(x: Float64) -> Float64:
    """The Gaussian mean at every place where the window lies in the frame: (height − 10, width − 10, channels)."""
    offsets = np.arange(WINDOW) - WINDOW // 2
    weights = np.exp(-(offsets**2) / (2 * _SIGMA**2))
    weights /= weights.sum()
    height, width = x.shape[0] - WINDOW + 1, x.shape[1] - WINDOW + 1
    rows: Float64 = np.zeros((height, *x.shape[1:]))
    for offset, weight in enumerate(weights):
        rows += weight * x[offset : offset + height]
    blurred: Float64 = np.zeros((height, width, x.shape[2]))
    for offset, weight in enumerate(weights):
        blurred += weight * rows[:, offset : offset + width]
    return blurred
