"""Order statistics of a series of times. Pure."""

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Timing:
    """A series of times in milliseconds.

    Attributes:
        n: how many were taken.
        min: the smallest.
        p50: the median.
        p90: the 90th percentile.
        p99: the 99th percentile; with fewer than 100 times it lies next to the largest.
        iqr: the distance between the 25th and the 75th percentile.
    """

    n: int
    min: float
    p50: float
    p90: float
    p99: float
    iqr: float


def summarize(times_ms: Sequence[float]) -> Timing:
    """Summarize at least one finite time.

    Raises:
        ValueError: if there is none, or one of them is negative or not finite.
    """
    if not times_ms or not all(math.isfinite(time) and time >= 0 for time in times_ms):
        raise ValueError(f"expected finite times, got {list(times_ms)[:5]}")
    ordered = sorted(times_ms)
    p25, p50, p75, p90, p99 = (percentile(ordered, share) for share in (0.25, 0.5, 0.75, 0.9, 0.99))
    return Timing(len(ordered), ordered[0], p50, p90, p99, p75 - p25)


def percentile(ordered: Sequence[float], share: float) -> float:
    """The value below which `share` of an ascending series lies, linear between its neighbors (NumPy's default)."""
    position = share * (len(ordered) - 1)
    lower = math.floor(position)
    upper = min(lower + 1, len(ordered) - 1)
    between = ordered[lower] + (ordered[upper] - ordered[lower]) * (position - lower)
    # Rounding must not carry the value past its neighbor: percentiles never cross.
    return min(between, ordered[upper])
