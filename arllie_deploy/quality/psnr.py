"""Peak signal-to-noise ratio."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.quality.ranges import check_comparable, data_range

# Bounds the float64 intermediates on a large photograph.
_ROWS = 256


def psnr(a: NDArray[Any], b: NDArray[Any]) -> float:
    """10·log10(range² / mean squared difference) in dB, the mean over all samples.

    Args:
        a: (height, width, 3), integers, or floats in [0, 1].
        b: the same shape and dtype.

    Returns:
        The ratio; infinite for equal frames.

    Raises:
        ArllieError: if shapes or dtypes differ.
    """
    check_comparable(a, b)
    total = 0.0
    for top in range(0, a.shape[0], _ROWS):
        rows = slice(top, top + _ROWS)
        total += float(np.square(a[rows].astype(np.float64) - b[rows]).sum())
    mean = total / a.size
    return math.inf if mean == 0.0 else 10.0 * math.log10(data_range(a.dtype) ** 2 / mean)
