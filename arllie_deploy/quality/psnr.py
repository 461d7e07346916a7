"""Peak signal-to-noise ratio."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray


def psnr(output: NDArray[Any], reference: NDArray[Any]) -> float:
    """10·log10(peak² / mean squared difference) in dB, over all samples of a frame; infinite for equal frames.

    Args:
        output: (height, width, 3) uint8, uint16, or float in [0, 1].
        reference: the same shape and dtype; the peak is the largest integer, or 1 for floats.

    Raises:
        ValueError: if shape or dtype differ.
    """
    if output.shape != reference.shape or output.dtype != reference.dtype:
        raise ValueError(f"{output.dtype}{output.shape} cannot be compared with {reference.dtype}{reference.shape}")
    peak = float(np.iinfo(output.dtype).max) if output.dtype.kind == "u" else 1.0
    squared = float(np.mean((output.astype(np.float64) - reference.astype(np.float64)) ** 2))
    return math.inf if squared == 0.0 else 10.0 * math.log10(peak**2 / squared)
