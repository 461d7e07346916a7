"""PSNR after the output has been given the reference's mean brightness: a diagnostic, never a result."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.quality.ranges import check_comparable, data_range

# Luma of Rec. ITU-R BT.601, the gray of the evaluation codes that made this protocol known.
_GRAY = np.array([0.299, 0.587, 0.114])
_ROWS = 256


def gt_mean_psnr(output: NDArray[Any], reference: NDArray[Any]) -> float:
    """PSNR in dB of clamp(output · mean gray of the reference / mean gray of the output) against the reference.

    The protocol of KinD (Zhang, Zhang, Guo, ACM Multimedia 2019) as LLFlow (Wang et al., AAAI 2022) and others after it
    evaluate: gray is 0.299 R + 0.587 G + 0.114 B. It uses the ground truth, so it says only how much of the error is a
    wrong exposure. The scaled values are not rounded. A black output has no factor and stays black.

    Args:
        output: (height, width, 3), integers, or floats in [0, 1].
        reference: the same shape and dtype.

    Returns:
        The ratio; infinite for frames that are equal up to the factor.

    Raises:
        ArllieError: if shapes or dtypes differ.
    """
    check_comparable(output, reference)
    top = data_range(output.dtype)
    own = _mean_gray(output)
    factor = _mean_gray(reference) / own if own > 0.0 else 1.0
    total = 0.0
    for first in range(0, output.shape[0], _ROWS):
        rows = slice(first, first + _ROWS)
        scaled = np.minimum(output[rows].astype(np.float64) * factor, top)
        total += float(np.square(scaled - reference[rows]).sum())
    mean = total / output.size
    return math.inf if mean == 0.0 else 10.0 * math.log10(top**2 / mean)


def _mean_gray(frame: NDArray[Any]) -> float:
    return float(frame.mean(axis=(0, 1), dtype=np.float64) @ _GRAY)
