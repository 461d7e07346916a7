"""Statistics of a clip over time: smoothed within a scene, taken anew after a cut."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.statistics import BINS

Float64 = NDArray[np.float64]

# The share of the new frame: a step in the light is followed to 90 % after 18 frames, 0.6 s at 30 frames per second.
SHARE = 0.12
# Two frames of one scene share most of their histogram, whatever moves in it; the measure is 0 for equal ones, 1 for
# disjoint ones.
CUT = 0.35


class Smoother:
    """An exponential moving average of statistics that starts over at a scene cut."""

    def __init__(self) -> None:
        self._mean: Float64 | None = None
        self._last: Float64 | None = None

    def update(self, statistics: Float64) -> Float64:
        """Take the statistics of the next frame; the smoothed ones to condition on, of the same shape."""
        if self._mean is None or self._last is None or is_cut(self._last, statistics):
            self._mean = statistics
        else:
            self._mean = self._mean + SHARE * (statistics - self._mean)
        self._last = statistics
        return self._mean


def is_cut(before: Float64, after: Float64) -> bool:
    """Whether two consecutive frames' statistics belong to different scenes.

    The measure is the largest difference of the cumulated histograms (Kolmogorov-Smirnov), which counts how far
    brightness moves where a difference bin by bin would not, and does not change with noise.
    """
    gap = np.abs(np.cumsum(before[:BINS]) - np.cumsum(after[:BINS])).max()
    return bool(gap > CUT)
