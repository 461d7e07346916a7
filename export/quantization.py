"""From a graph and the ranges of its values to the same graph in integers, which every integer format writes as it is.

Real numbers stand for integers by real = scale · (integer − zero point), as TFLite's quantization specification and
ONNX's QuantizeLinear define it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.epilogues import operators as ops
from arllie_deploy.export.graph import Convolution, Graph

ActivationType = Literal["int8", "uint8", "int16", "uint16"]
_WEIGHT_LIMIT = 127
# Share of white noise that is added to the calibration frames' second moments: frames unlike them lose less, and flat
# ones do not make the system singular. Measured on the dark set: 0.5 dB less there, 17 % less error on random frames.
_PRIOR = 1e-3
# A slightly wider scale often falls better on a channel's weights: 3 to 5 dB on the shipped members.
_WIDEST, _SCALES = 1.1, 41


@dataclass(frozen=True)
class Affine:
    """How the integers of a value are read; `high` is the real number of the largest integer."""

    scale: float
    zero_point: int
    dtype: ActivationType

    @property
    def low(self) -> float:
        """The real number of the smallest integer."""
        return float(self.scale * (np.iinfo(self.dtype).min - self.zero_point))

    @property
    def high(self) -> float:
        """The real number of the largest integer."""
        return float(self.scale * (np.iinfo(self.dtype).max - self.zero_point))

    def quantize(self, values: NDArray[Any]) -> NDArray[Any]:
        """The nearest integers, ties to even, saturated."""
        limits = np.iinfo(self.dtype)
        rounded = np.rint(np.asarray(values, np.float64) / self.scale) + self.zero_point
        return rounded.clip(limits.min, limits.max).astype(self.dtype)

    def to_json(self) -> dict[str, Any]:
        """JSON values for the manifest."""
        return {"scale": self.scale, "zero_point": self.zero_point, "dtype": self.dtype}


def affine_for(low: float, high: float, dtype: ActivationType) -> Affine:
    """The reading that covers [low, high] and 0 exactly; int16 is symmetric, as TFLite's 16x8 scheme wants it."""
    low, high = min(low, 0.0), max(high, 0.0)
    if dtype == "int16":
        return Affine((max(-low, high) or 1.0) / 32767, 0, dtype)
    limits = np.iinfo(dtype)
    scale = ((high - low) or 1.0) / (limits.max - limits.min)
    return Affine(scale, int(np.clip(np.rint(limits.min - low / scale), limits.min, limits.max)), dtype)


@dataclass(frozen=True, eq=False)
class IntegerConvolution:
    """A convolution in integers, and whether negative sums become 0.

    Attributes:
        kernel: (3, 3, 3, 3) int8 within ±127: output channel, input channel, row, column.
        kernel_scale: (3,) one per output channel; the zero point is 0.
        bias: (3,) int64, in units of the input's scale times `kernel_scale`.
        input: name of the value that is read.
        output: name of the value that is made.
        relu: whether negative results become 0 before they are rounded to the output's integers.
    """

    kernel: NDArray[np.int8]
    kernel_scale: NDArray[np.float64]
    bias: NDArray[np.int64]
    input: str
    output: str
    relu: bool


@dataclass(frozen=True, eq=False)
class IntegerGraph:
    """A graph in integers.

    Attributes:
        operators: in order of execution; those whose effect the saturation of a value's integers has already are gone.
        values: how each value's integers are read, the input `y` among them.
    """

    operators: tuple[IntegerConvolution | ops.Operator, ...]
    values: Mapping[str, Affine]

    @property
    def output(self) -> str:
        """The name of the last value."""
        return self.operators[-1].output

    def scales(self) -> dict[str, Mapping[str, Any]]:
        """The readings for the manifest, the kernel's among them."""
        convolution = self.operators[0]
        assert isinstance(convolution, IntegerConvolution)
        kernel = {"scale": convolution.kernel_scale.tolist(), "zero_point": 0, "dtype": "int8"}
        return {**{name: value.to_json() for name, value in self.values.items()}, "kernel": kernel}


@dataclass(frozen=True, eq=False)
class Observed:
    """What calibration saw.

    Attributes:
        ranges: value -> (low, high).
        second_moment: (28, 28) mean of p·pᵀ over pixels, where p is the 27 values under the kernel, in its order, and
            a 1 for the bias.
    """

    ranges: Mapping[str, tuple[float, float]]
    second_moment: NDArray[np.float64]


def quantize(graph: Graph, observed: Observed, dtype: ActivationType) -> IntegerGraph:
    """The integer form of a graph.

    The frame and the result are [0, 1] over all integers. A minimum or clamp that the integers of its input saturate at
    by themselves is dropped; a ReLU, or a clamp at 0 that they do not reach, becomes part of the convolution.

    Args:
        graph: a convolution and operators that have an integer form.
        observed: of the calibration frames.
        dtype: of all values; weights are int8, one scale per output channel.
    """
    convolution, *rest = graph.operators
    assert isinstance(convolution, Convolution)
    ranges = {**observed.ranges, "y": (0.0, 1.0), graph.output: (0.0, 1.0)}
    values = {"y": affine_for(0.0, 1.0, dtype)}
    made: list[IntegerConvolution | ops.Operator] = []
    names = {"y": "y"}
    steps: list[Convolution | ops.Operator] = [convolution, *_operators(rest)]
    while steps:
        operator = steps.pop(0)
        low, high = ranges[operator.output]
        output, relu = operator.output, False
        while steps and (limits := _limits(steps[0], output)) is not None:
            bound = steps.pop(0)
            least, most = limits
            low, high = max(low, least), min(high, most)
            relu = relu or (least == 0.0 and affine_for(low, high, dtype).low < 0.0)
            output = bound.output
        names[operator.output] = names[output] = output
        if output == graph.output:
            low, high = 0.0, 1.0
        if steps and isinstance(steps[0], ops.Exp):
            low = max(low, _lowest_logarithm(high, dtype))
        values[output] = affine_for(low, high, dtype)
        made.append(_renamed(operator, names, output, relu, values, observed.second_moment))
    return IntegerGraph(tuple(made), values)


def _lowest_logarithm(highest: float, dtype: ActivationType) -> float:
    """Below it the exponential is less than half a step of its own integers: telling such values apart is wasted."""
    return highest + float(np.log(0.5 / (np.iinfo(dtype).max - np.iinfo(dtype).min)))


def _operators(operators: Sequence[Convolution | ops.Operator]) -> list[ops.Operator]:
    return [operator for operator in operators if not isinstance(operator, Convolution)]


def _limits(operator: Convolution | ops.Operator, value: str) -> tuple[float, float] | None:
    """What an operator that only bounds `value` bounds it to; None if it is no such operator."""
    if operator.output == value or getattr(operator, "input", None) != value:
        return None
    match operator:
        case ops.Relu():
            return 0.0, np.inf
        case ops.Minimum():
            return -np.inf, operator.bound
        case ops.Clamp():
            return operator.low, operator.high
        case _:
            return None


def _renamed(
    operator: Convolution | ops.Operator,
    names: Mapping[str, str],
    output: str,
    relu: bool,
    values: Mapping[str, Affine],
    second_moment: NDArray[np.float64],
) -> IntegerConvolution | ops.Operator:
    if isinstance(operator, Convolution):
        return integer_convolution(operator, values[operator.input].scale, second_moment, output, relu)
    if relu:
        raise ValueError(f"{operator}: only a convolution can end in a ReLU")
    inputs = {key: names[getattr(operator, key)] for key in ("input", "left", "right") if hasattr(operator, key)}
    renamed: ops.Operator = replace(operator, output=output, **inputs)  # type: ignore[arg-type]  # the names are str
    return renamed


def integer_convolution(
    convolution: Convolution, input_scale: float, second_moment: NDArray[np.float64], output: str, relu: bool
) -> IntegerConvolution:
    """Round a convolution's weights so that its result on the calibration frames changes least.

    Each output channel's weights are rounded one after the other, and each rounding error is made good by the weights
    that are still free, in the least-squares sense of the frames' second moments (optimal brain quantization; Frantar
    et al., "GPTQ", ICLR 2023). The bias takes part as the last one, its integers being finer than any weight's.
    """
    kernel, scales = np.empty((3, 27)), np.empty(3)
    biases = np.empty(3)
    for channel in range(3):
        weights = np.append(convolution.kernel[channel].astype(np.float64).ravel(), float(convolution.bias[channel]))
        scales[channel], rounded = best_rounding(weights, second_moment)
        kernel[channel], biases[channel] = rounded[:-1], rounded[-1]
    return IntegerConvolution(
        kernel=kernel.astype(np.int8).reshape(3, 3, 3, 3),
        kernel_scale=scales,
        bias=np.rint(biases / (scales * input_scale)).astype(np.int64),
        input=convolution.input,
        output=output,
        relu=relu,
    )


def best_rounding(weights: NDArray[np.float64], second_moment: NDArray[np.float64]) -> tuple[float, Any]:
    """The scale, out of those from the narrowest that holds every weight to a tenth above it, that loses least.

    Args:
        weights: (N,), the last one the bias.
        second_moment: (N, N) of the inputs.

    Returns:
        The scale, and what `round_compensated` gives for it.
    """
    moment = second_moment + _PRIOR * np.trace(second_moment) / len(weights) * np.eye(len(weights))
    narrowest = (np.abs(weights[:-1]).max() or 1.0) / _WEIGHT_LIMIT
    candidates = []
    for scale in narrowest * np.linspace(1.0, _WIDEST, _SCALES):
        rounded = round_compensated(weights, scale, moment)
        error = np.append(scale * rounded[:-1], rounded[-1]) - weights
        candidates.append((float(error @ moment @ error), float(scale), rounded))
    _, best, rounded = min(candidates, key=lambda candidate: candidate[:2])
    return best, rounded


def round_compensated(weights: NDArray[np.float64], scale: float, second_moment: NDArray[np.float64]) -> Any:
    """Integers for all weights but the last, and the last one as a real number that makes good what they lost.

    Args:
        weights: (N,).
        scale: the real number of one step.
        second_moment: (N, N) of the inputs, positive definite.

    Returns:
        (N,) float64: N − 1 integers within ±127 and a real number.
    """
    free = weights.copy()
    result = np.empty(len(weights))
    for place in range(len(weights) - 1):
        result[place] = np.clip(np.rint(free[place] / scale), -_WEIGHT_LIMIT, _WEIGHT_LIMIT)
        error = free[place] - scale * result[place]
        later = slice(place + 1, None)
        free[later] += error * np.linalg.solve(second_moment[later, later], second_moment[later, place])
    result[-1] = free[-1]
    return result
