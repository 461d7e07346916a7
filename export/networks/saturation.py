"""Where a function is so flat that 8 bits see no difference: integers before it need no numbers there."""

from __future__ import annotations

import math

# ln 511: there a logistic is half a level of 255 from its limit.
_LARGEST_LOGIT = math.log(511.0)


def before_logistic(low: float, high: float) -> tuple[float, float]:
    """The range of what a logistic is taken of, cut where it has come to its limits."""
    return _cut(low), _cut(high)


def _cut(value: float) -> float:
    return min(max(value, -_LARGEST_LOGIT), _LARGEST_LOGIT)
