"""The uncertainty of a rate that was counted."""

from __future__ import annotations

import math

from arllie_deploy.errors import ArllieError

# The normal distribution has 95 % of its mass within this many standard deviations.
_Z = 1.959963984540054


def wilson(hits: int, trials: int) -> tuple[float, float]:
    """The 95 % score interval of a rate (Wilson, JASA 22, 1927), without continuity correction.

    Args:
        hits: 0 to `trials`.
        trials: ≥ 1.

    Returns:
        Its ends, in [0, 1].

    Raises:
        ArllieError: on counts out of range.
    """
    if not 0 <= hits <= trials or trials == 0:
        raise ArllieError(f"{hits} hits of {trials} trials are no rate")
    rate = hits / trials
    weight = 1.0 + _Z**2 / trials
    middle = (rate + _Z**2 / (2 * trials)) / weight
    half = _Z * math.sqrt(rate * (1 - rate) / trials + _Z**2 / (4 * trials**2)) / weight
    # At the ends the interval touches 0 or 1, which rounding would miss.
    return (0.0 if hits == 0 else middle - half), (1.0 if hits == trials else middle + half)
