"""How far integer results can be from the exact ones, before rounding, in levels of 1/255.

Rounded to bytes, two numbers that are at most 1 apart differ by at most 1.
"""

from __future__ import annotations

from functools import lru_cache
from math import ceil

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.native.logistic_form import FACTOR, LOGISTIC_FORMS, WHOLE, LogisticForm
from arllie_deploy.native.logistic_table import values_of_14_bits

Float64 = NDArray[np.float64]
# What float64 arithmetic here and in the reference may add.
_MARGIN = 1e-6
_BYTES = np.arange(1.0, 256.0)
# An ε of at most this is never reached by a result below white.
_BLACK = 1.0 / 255.0**2


def plain_bound(spread: float, shift: int) -> float:
    """The error of u itself; `spread` is that of the sums."""
    return spread / 2.0**shift + _MARGIN


def residual_bound(spread: float, epsilon: float, limit: int) -> float:
    """`spread` is the error of V before it is rounded, `limit` the integer form of ε."""
    return max(logistic_bound("residual", ceil(spread)), _apart(_BYTES / max(epsilon, _BLACK), WHOLE * _BYTES / limit))


def direct_bound(spread: float, epsilon: float, limit: int) -> float:
    """As `residual_bound`; `limit` is the integer form of 1 / ε."""
    return max(logistic_bound("direct", ceil(spread)), _apart(_BYTES / max(epsilon, _BLACK), limit * _BYTES / FACTOR))


def _apart(exact: Float64, integer: Float64) -> float:
    # The clamp at ε bounds the result by x / ε: the smaller of two pairs is no further apart than one of the pairs.
    return float(np.abs(np.minimum(exact, 255.0) - np.minimum(integer, 255.0)).max()) + _MARGIN


@lru_cache(maxsize=64)
def logistic_bound(name: str, spread: int) -> float:
    """The worst error over all V and x, without the clamp at ε; the first call for a spread takes some 20 ms.

    For every place of the table the exact results at both ends of the u that read it are compared with the place's own;
    as the epilogue is monotonic in u, nothing between them is worse.

    Args:
        name: "residual" or "direct".
        spread: the error of V before it is rounded; a larger one is never better.
    """
    form = LOGISTIC_FORMS[name]
    value = values_of_14_bits(name).astype(np.float64)
    low, high = _true_values(form, float(spread))
    worst = 0.0
    for x in range(1, 256):
        result = _levels(form, x, value)
        for end in (low, high):
            error = _levels(form, x, end)
            error -= result
            worst = max(worst, float(error.max()), -float(error.min()))
    return worst + _MARGIN


def _true_values(form: LogisticForm, spread: float) -> tuple[Float64, Float64]:
    v = (np.arange(1 << 14, dtype=np.uint16) << np.uint16(2)).view(np.int16).astype(np.float64)
    low, high = v - 0.5 - spread, v + 3.5 + spread
    # What saturates.
    low[v.argmin()], high[v.argmax()] = -np.inf, np.inf
    return form.target(low / form.unit + form.center), form.target(high / form.unit + form.center)


def _levels(form: LogisticForm, x: int, value: Float64) -> Float64:
    if form.name == "residual":
        level = value + 256.0 * x
        np.minimum(level, float(WHOLE), out=level)
        return np.divide(float(WHOLE) * x, level, out=level)
    level = value * (x / FACTOR)
    return np.minimum(level, 255.0, out=level)
