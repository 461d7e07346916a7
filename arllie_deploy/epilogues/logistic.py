"""The logistic function in float64, without overflow at either end."""

import numpy as np
from numpy.typing import NDArray


def logistic(u: NDArray[np.float64]) -> NDArray[np.float64]:
    """σ(u) = 1 / (1 + exp(−u)), any shape, in [0, 1]."""
    small = np.exp(-np.abs(u))
    return np.where(u >= 0, 1.0, small) / (1.0 + small)
