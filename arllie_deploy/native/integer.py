"""The integer form of a one-layer model (precision `int8x16`): what every native kernel computes, to the byte.

With the frame's bytes x and u = W∗(x / 255) + b of the model, acc = Σ w·x + bias is 255 · 2^shift · u up to a known
error (for `direct` and `curve`, times a factor); w has 16 bits. Then, all divisions rounding down:

    plain     clamp(acc >> shift, 0, 255)
    residual  V = int16(acc >> (shift − 4)), saturated; s = table(V); A = clamp(256·x + s, limit, 65280);
              min(255, (65280·x + A / 2) / A)
    direct    V likewise; R = min(table(V), limit); min(255, (x·R + 128) / 256)
    curve     U = uint16(acc >> curve.shift), saturated; D = U·whole + U·fraction / 2^16 + offset;
              min(255, (256·U + D / 2) / D)

`oracle.py` is this in numpy, `logistic_table.py` has the tables, `bound.py` proves how far results can be from those of
`Enhancer.enhance`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.enhancer import Enhancer
from arllie_deploy.errors import ArllieError
from arllie_deploy.native.bound import direct_bound, plain_bound, residual_bound
from arllie_deploy.native.integer_curve import IntegerCurve, fit_curve
from arllie_deploy.native.logistic_form import FACTOR, LOGISTIC_FORMS, WHOLE

Float64 = NDArray[np.float64]
PRECISION = "int8x16"
# 256 · 127 + 127: a weight is then 256 times an int8 and another int8, for the dot products of bytes.
LARGEST_WEIGHT = 32639
SMALLEST_SHIFT, LARGEST_SHIFT = 4, 14
# Leaves kernels that keep the two halves of the weights apart some room.
LARGEST_SUM = 2**31 - 2**24


@dataclass(frozen=True, eq=False)
class IntegerModel:
    """The numbers that a kernel is given.

    Attributes:
        name: the model's.
        epilogue: the model's.
        shift: a weight stands for kernel / 2^shift, times a factor with `direct` and `curve`; 4..14.
        kernel: (3, 3, 3, 3) int16 within ±32639: output channel, row, column, input channel.
        bias: (3,) int32, with the terms that round and that center the error of the weights folded in.
        limit: residual: the least A, 1..65280; direct: the largest R, 256..65280; 0 otherwise.
        curve: the numbers of the curve; None with another epilogue.
        error_bound: no frame has a byte whose value before rounding is further than this from the exact one, in levels
            of 1/255; at most 1, so that rounded bytes differ by at most 1.
    """

    name: str
    epilogue: str
    shift: int
    kernel: NDArray[np.int16]
    bias: NDArray[np.int32]
    limit: int
    curve: IntegerCurve | None
    error_bound: float


def quantize(enhancer: Enhancer) -> IntegerModel:
    """The integer form of a model, proven to be within 1 level of it on every frame.

    Raises:
        ArllieError: if the model has none: a weight beyond 16 bits, a sum beyond 32, or an error that may exceed 1.
    """
    model = _MAKERS[enhancer.epilogue](enhancer)
    if model.error_bound > 1.0:
        raise ArllieError(
            f"{enhancer.name}: its integer form may be off by {model.error_bound:.2f} levels, 1 is allowed; "
            "its weights are too large or its epilogue too steep, use floats"
        )
    return model


@dataclass(frozen=True, eq=False)
class _Sums:
    """The convolution in integers, before the epilogue's term joins the bias.

    Attributes:
        name: the model's.
        shift: as in `IntegerModel`.
        kernel: as in `IntegerModel`.
        bias: (3,) float64, with the middle of the weights' rounding errors taken off.
        spread: (3,) float64, how far the errors go to both sides of their middle.
    """

    name: str
    shift: int
    kernel: NDArray[np.int16]
    bias: Float64
    spread: Float64

    def largest(self) -> float:
        """No frame gives a larger sum."""
        return float((255.0 * self.kernel.reshape(3, -1).clip(min=0).sum(1) + self.bias).max())

    def with_term(self, term: float) -> tuple[NDArray[np.int32], float]:
        """The bias plus `term` in integers, and the error of the sums."""
        bias = self.bias + term
        rounded = np.rint(bias)
        products = 255.0 * self.kernel.reshape(3, -1)
        high, low = products.clip(min=0).sum(1) + rounded, products.clip(max=0).sum(1) + rounded
        largest = float(max(high.max(), -low.min()))
        if largest >= LARGEST_SUM:
            raise ArllieError(
                f"{self.name}: sums of up to {largest:.3g} do not fit 32 bits, the bias is too large; use floats"
            )
        return rounded.astype(np.int32), float((self.spread + np.abs(rounded - bias)).max())


def _round_weights(enhancer: Enhancer, gain: float) -> _Sums:
    weights = gain * enhancer.kernel.astype(np.float64).transpose(0, 2, 3, 1)
    shift = _shift(enhancer.name, float(np.abs(enhancer.kernel).max()), gain)
    exact = np.ascontiguousarray(weights) * 2.0**shift
    kernel = np.rint(exact)
    # Over all frames the errors' sum lies between those of its negative and of its positive terms.
    errors = 255.0 * (kernel - exact).reshape(3, -1)
    bias = 255.0 * 2.0**shift * gain * enhancer.bias.astype(np.float64) - errors.sum(1) / 2
    return _Sums(enhancer.name, shift, kernel.astype(np.int16), bias, np.abs(errors).sum(1) / 2)


def _plain(enhancer: Enhancer) -> IntegerModel:
    sums = _round_weights(enhancer, 1.0)
    bias, spread = sums.with_term(2.0 ** (sums.shift - 1))
    bound = plain_bound(spread, sums.shift)
    return IntegerModel(enhancer.name, "plain", sums.shift, sums.kernel, bias, 0, None, bound)


def _residual(enhancer: Enhancer) -> IntegerModel:
    sums, bias, spread = _logistic(enhancer)
    epsilon = enhancer.constants["epsilon"]
    limit = max(1, round(WHOLE * epsilon))
    bound = residual_bound(spread, epsilon, limit)
    return IntegerModel(enhancer.name, "residual", sums.shift, sums.kernel, bias, limit, None, bound)


def _direct(enhancer: Enhancer) -> IntegerModel:
    sums, bias, spread = _logistic(enhancer)
    epsilon = enhancer.constants["epsilon"]
    limit = round(min(float(WHOLE), FACTOR / epsilon))
    bound = direct_bound(spread, epsilon, limit)
    return IntegerModel(enhancer.name, "direct", sums.shift, sums.kernel, bias, limit, None, bound)


def _logistic(enhancer: Enhancer) -> tuple[_Sums, NDArray[np.int32], float]:
    """The sums, the bias, and the error of V before it is rounded."""
    form = LOGISTIC_FORMS[enhancer.epilogue]
    sums = _round_weights(enhancer, form.gain)
    step = 2.0 ** (sums.shift - 4)
    half = 0.5 if sums.shift > 4 else 0.0
    bias, spread = sums.with_term(step * (half - form.unit * form.center))
    return sums, bias, spread / step


def _curve(enhancer: Enhancer) -> IntegerModel:
    # The curve can be told any unit of the sums: the largest weight takes all of its 16 bits.
    largest = float(np.abs(enhancer.kernel).max())
    scale = LARGEST_WEIGHT / (largest * 2.0 ** _shift(enhancer.name, largest, 1.0)) if largest > 1.0 else 1.0
    sums = _round_weights(enhancer, scale)
    gain, knee = enhancer.constants["gain"], enhancer.constants["knee"]
    curve = fit_curve(enhancer.name, gain, knee, 255.0 * 2.0**sums.shift * scale, sums.largest())
    bias, spread = sums.with_term(2.0 ** (curve.shift - 1) if curve.shift else 0.0)
    bound = curve.bound(gain, knee, spread / 2.0**curve.shift)
    return IntegerModel(enhancer.name, "curve", sums.shift, sums.kernel, bias, 0, curve, bound)


_MAKERS: Mapping[str, Callable[[Enhancer], IntegerModel]] = MappingProxyType(
    {"plain": _plain, "residual": _residual, "direct": _direct, "curve": _curve}
)


def _shift(name: str, largest: float, gain: float) -> int:
    """The finest one with which the largest weight, times the gain, fits 16 bits."""
    for shift in range(LARGEST_SHIFT, SMALLEST_SHIFT - 1, -1):
        if np.rint(gain * largest * 2.0**shift) <= LARGEST_WEIGHT:
            return shift
    most = LARGEST_WEIGHT / 2**SMALLEST_SHIFT / gain
    raise ArllieError(f"{name}: a weight of {largest:.4g} has no form of 16 bits, at most {most:.0f} has; use floats")
