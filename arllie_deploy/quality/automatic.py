"""Enhancement without a model: the gain or the gamma that brings the frame's mean to a target.

Both are what any model has to beat. One number per frame is solved for by bisection on the frame's histogram, which is
exact, and applied to every value by a table.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.errors import ArllieError
from arllie_deploy.frames import check_frame, to_frame

Float64 = NDArray[np.float64]

# A usual mean of well-exposed pictures in sRGB.
TARGET_MEAN = 0.42
# A frame that is black but for a few values reaches the target at no gain; these bounds keep its noise from becoming
# black and white. 64 lifts a mean of 0.007, less than two of 255 levels.
GAIN_RANGE = (1 / 64, 64.0)
GAMMA_RANGE = (1 / 16, 16.0)
# Halves the range to below the precision of float64.
_HALVINGS = 60


def gain_to_mean(frame: NDArray[Any], target: float = TARGET_MEAN) -> NDArray[Any]:
    """min(1, g·y) with the gain g of `gain_for_mean`, rounded half up.

    Args:
        frame: (height, width, 3) uint8 or uint16; y is its values over the largest one.
        target: the mean to come to, over all values of all channels, in (0, 1).

    Returns:
        The same shape and dtype.

    Raises:
        ArllieError: on another shape or dtype, or a target out of range.
    """
    gain = gain_for_mean(frame, target)
    return _apply(frame, lambda y: np.minimum(1.0, gain * y))


def gamma_to_mean(frame: NDArray[Any], target: float = TARGET_MEAN) -> NDArray[Any]:
    """y^γ with the exponent γ of `gamma_for_mean`, rounded half up.

    Args:
        frame: (height, width, 3) uint8 or uint16; y is its values over the largest one.
        target: the mean to come to, over all values of all channels, in (0, 1).

    Returns:
        The same shape and dtype.

    Raises:
        ArllieError: on another shape or dtype, or a target out of range.
    """
    gamma = gamma_for_mean(frame, target)
    return _apply(frame, lambda y: y**gamma)


def gain_for_mean(frame: NDArray[Any], target: float = TARGET_MEAN) -> float:
    """The g at which the mean of min(1, g·y) is `target`, or the end of `GAIN_RANGE` nearest to it; below 1 it darkens.

    Raises:
        ArllieError: on a frame of another shape or dtype, or a target out of range.
    """
    levels, shares = _histogram(frame, target)
    return _solve(lambda gain: float(np.minimum(1.0, gain * levels) @ shares), target, GAIN_RANGE)


def gamma_for_mean(frame: NDArray[Any], target: float = TARGET_MEAN) -> float:
    """The γ at which the mean of y^γ is `target`, or the end of `GAMMA_RANGE` nearest to it; below 1 it brightens.

    Raises:
        ArllieError: on a frame of another shape or dtype, or a target out of range.
    """
    levels, shares = _histogram(frame, target)
    least, most = GAMMA_RANGE
    # The mean falls with γ and rises with 1/γ.
    return 1 / _solve(lambda inverse: float(levels ** (1 / inverse) @ shares), target, (1 / most, 1 / least))


def _histogram(frame: NDArray[Any], target: float) -> tuple[Float64, Float64]:
    """The values of [0, 1] that the frame has, and the share of its samples that has each."""
    check_frame(frame)
    if not 0.0 < target < 1.0:
        raise ArllieError(f"target mean is {target!r}; give a number between 0 and 1")
    counts = np.bincount(frame.ravel(), minlength=int(np.iinfo(frame.dtype).max) + 1)
    present = counts > 0
    return _levels(frame)[present], counts[present] / frame.size


def _levels(frame: NDArray[Any]) -> Float64:
    """The values of [0, 1] that the frame's dtype can hold."""
    return np.linspace(0.0, 1.0, int(np.iinfo(frame.dtype).max) + 1)


def _solve(mean: Callable[[float], float], target: float, bounds: tuple[float, float]) -> float:
    """Where the rising function `mean` crosses `target`, by bisection of the logarithm."""
    low, high = bounds
    for _ in range(_HALVINGS):
        middle = (low * high) ** 0.5
        if mean(middle) < target:
            low = middle
        else:
            high = middle
    return high


def _apply(frame: NDArray[Any], curve: Callable[[Float64], Float64]) -> NDArray[Any]:
    table: NDArray[Any] = to_frame(curve(_levels(frame)), frame.dtype)
    enhanced: NDArray[Any] = table[frame]
    return enhanced
