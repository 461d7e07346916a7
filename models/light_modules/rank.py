"""Why a depthwise-separable convolution before a pixel shuffle is a poor upsampler: the closed form.

A sub-pixel convolution gives phase k of every pixel as Σ_c w[k, c]·(d[c] ∗ x[c]). Of one input channel the (phase ×
tap) kernel is the outer product of w[:, c] and d[c], of rank 1: all phases see one filter and differ by a gain, and
a shift between them cannot be said. A full convolution has all four ranks; so has bilinear enlargement. A deep network
can spread a signal over several channels to regain rank, at a cost in width.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

PHASES, TAPS = 4, 9


def halved(picture: Array) -> Array:
    """(H, W), even sides -> (H/2, W/2), the means of 2×2 pixels."""
    means: Array = _squares(picture).mean(0)
    return means


def fitted(pictures: Sequence[Array], rank: int) -> Array:
    """The linear ×2 upsampler of 3×3 taps and at most this rank that has the least squared error on all the pictures.

    Reduced-rank regression (Izenman, J. Multivariate Analysis 5, 1975): the full least-squares kernel, projected onto
    the leading directions of what it predicts.

    Args:
        pictures: (H, W) each, even sides; their halves are what is enlarged.
        rank: of the kernel, 1 to 4.

    Returns:
        (4, 9): phases in rows, taps of the 3×3 neighborhood in rows.
    """
    seen = np.zeros((TAPS, TAPS))
    wanted = np.zeros((PHASES, TAPS))
    for picture in pictures:
        taps = _neighborhoods(halved(picture))
        seen += taps @ taps.T
        wanted += _squares(picture).reshape(PHASES, -1) @ taps.T
    full = np.asarray(np.linalg.solve(seen, wanted.T).T, np.float64)
    directions = np.linalg.eigh(full @ seen @ full.T)[1][:, -rank:]
    projected: Array = directions @ directions.T @ full
    return projected


def enlarged(small: Array, kernel: Array) -> Array:
    """(H, W) and (4, 9) -> (2H, 2W)."""
    height, width = small.shape
    phases = (kernel @ _neighborhoods(small)).reshape(2, 2, height, width)
    return phases.transpose(2, 0, 3, 1).reshape(2 * height, 2 * width)


def repeated() -> Array:
    """The kernel (4, 9) of nearest neighbor: every phase is the pixel."""
    kernel = np.zeros((PHASES, TAPS))
    kernel[:, TAPS // 2] = 1.0
    return kernel


def _squares(picture: Array) -> Array:
    """(H, W) -> (4, H/2, W/2): the phases."""
    height, width = picture.shape
    return picture.reshape(height // 2, 2, width // 2, 2).transpose(1, 3, 0, 2).reshape(PHASES, height // 2, width // 2)


def _neighborhoods(small: Array) -> Array:
    """(H, W) -> (9, H·W), the border continued by its own pixels."""
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(small, 1, "edge"), (3, 3))
    return windows.reshape(-1, TAPS).T
