"""The curve z = a·u / (u + k) in integers: its numbers for one model, and how far they can be off."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.errors import ArllieError

Float64 = NDArray[np.float64]
LARGEST_CURVE_SHIFT = 24
_LARGEST = 65535
# What float64 arithmetic here and in the reference may add to an error, in levels.
_MARGIN = 1e-6


@dataclass(frozen=True)
class IntegerCurve:
    """U = acc >> shift saturated to uint16; D = U·whole + U·fraction / 2^16 + offset, rounded down, at most 65535.

    The result 256·U / D is 255·a·u / (u + k) with D ≈ (U + k·unit) · 256 / (255·a).

    Attributes:
        shift: 0..24.
        whole: 0..65535, the whole part of 256 / (255·a).
        fraction: 0..65535, the rest of it in 65536ths.
        offset: 1..65535, for the knee.
        unit: how many U are 1 of u.
        top: the largest U that a frame can give.
    """

    shift: int
    whole: int
    fraction: int
    offset: int
    unit: float
    top: int

    def bound(self, gain: float, knee: float, spread: float) -> float:
        """How far a result can be off before rounding, in levels; `spread` is the error of U before it is rounded.

        The cheap bound by the steepest slope decides where it can; only then all U are looked at.
        """
        cheap = self._bound_by_slope(gain, knee, spread)
        return cheap if cheap <= 1.0 else self._bound_over_all(gain, knee, spread)

    def _bound_by_slope(self, gain: float, knee: float, spread: float) -> float:
        # D is off by what its three roundings lose; U / D − U / D' = U·(D' − D) / (D·D'), and with the least possible
        # D = ratio·U + rest that is largest at U = rest / ratio.
        lost = 1.5 + self.top / 2**17
        rest, ratio = self.offset - 2.0 * lost, 256.0 / (255.0 * gain)
        if rest <= 0.0:
            return np.inf
        return 255.0 * gain / knee * (0.5 + spread) / self.unit + 256.0 * lost / (4.0 * ratio * rest) + _MARGIN

    def _bound_over_all(self, gain: float, knee: float, spread: float) -> float:
        u = np.arange(self.top + 1, dtype=np.int64)
        divisor = u * self.whole + (u * self.fraction >> 16) + self.offset
        result = np.minimum(255.0, 256.0 * u / divisor)
        worst = 0.0
        for side in (-0.5 - spread, 0.5 + spread):
            true = ((u + side) / self.unit).clip(min=0.0)
            # Saturation, or a negative sum that became 0, stands for everything beyond.
            if side > 0 and self.top == _LARGEST:
                true[-1] = np.inf
            exact = _curve_levels(true, gain, knee)
            worst = max(worst, float(np.abs(exact - result).max()))
        return worst + _MARGIN


def fit_curve(name: str, gain: float, knee: float, unit: float, largest_sum: float) -> IntegerCurve:
    """The finest curve whose U holds all sums that matter.

    Args:
        name: the model's.
        gain: a.
        knee: k.
        unit: the sum that stands for u = 1.
        largest_sum: that a frame can give.

    Raises:
        ArllieError: if there is none.
    """
    ratio = 256.0 / max(255.0 * gain, 1e-9)
    if ratio > _LARGEST:
        raise ArllieError(f"{name}: a curve with a gain of {gain:g} has no integer form, use floats")
    whole = int(ratio)
    fraction = round((ratio - whole) * 65536)
    whole, fraction = whole + (fraction >> 16), fraction & 0xFFFF
    white = knee / (gain - 1.0) if gain > 1.0 else np.inf
    for shift in range(LARGEST_CURVE_SHIFT + 1):
        step = unit / 2.0**shift
        # One more than the rounded sum: for the rounding of the bias.
        top = min(_LARGEST, max(0, int(largest_sum / 2.0**shift + 0.5) + 1))
        # The fraction's product is rounded down: half a step too little on average.
        offset = max(1, round(knee * step * ratio + (0.5 if fraction else 0.0)))
        saturates_in_white = top < _LARGEST or white * step <= _LARGEST
        if saturates_in_white and top * whole + (top * fraction >> 16) + offset <= _LARGEST:
            return IntegerCurve(shift, whole, fraction, offset, step, top)
    raise ArllieError(f"{name}: a curve with gain {gain:g} and knee {knee:g} has no integer form, use floats")


def _curve_levels(u: Float64, gain: float, knee: float) -> Float64:
    with np.errstate(invalid="ignore"):
        ratio = np.where(np.isinf(u), 1.0, u / (u + knee))
    return np.minimum(255.0, 255.0 * gain * ratio)
