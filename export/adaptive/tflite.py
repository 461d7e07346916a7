"""The graph of the mixed filters in TFLite: NHWC of one fixed size, float32 or integers, the factors as inputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.epilogues.operators import Add, Clamp, Multiply
from arllie_deploy.export import tflite_model as tfl
from arllie_deploy.export.adaptive.mixed_graph import Filters, MixedGraph
from arllie_deploy.export.adaptive.mixing import EXPOSURE_STEP, LARGEST_EXPOSURE, Condition, Factors, Mixing
from arllie_deploy.export.quantization import Affine, affine_for
from arllie_deploy.export.tflite_model import ModelBuilder, OperatorKind, Reading

IntegerType = Literal["int8", "int16"]
# What exposed frames are cut at. 8 bits cannot hold all: up to 2.5, rounding costs dark pictures less than what is cut
# around lamps would. 16 bits have room for all.
LARGEST_EXPOSED: Mapping[str, float] = {"int8": 2.5, "int16": LARGEST_EXPOSURE, "float32": np.inf}
# In 8 bits, pixels that end this far beyond white do not widen the ranges: wherever they are cut they stay white.
_BEYOND_WHITE = {"int8": 1.05, "int16": np.inf}
_PERCENTILES = {"int8": 99.95, "int16": 100.0}
# What a term may be magnified by; 16 bits gain nothing from it.
_MAGNIFICATIONS = {"int8": (1, 2, 4), "int16": (1,)}
# Taps of filters are rounded to 127ths of the largest; the sum's constants 1, 1/2 and 1/4 are whole 64ths.
_TAP_LIMIT, _SUM_LIMIT = 127, 64
# From schema.fbs: Padding.SAME, ActivationFunctionType.RELU.
_SAME, _NONE, _RELU = 0, 0, 1
_CONVOLUTION: Mapping[str, Any] = {
    "padding": _SAME,
    "strideW": 1,
    "strideH": 1,
    "dilationWFactor": 1,
    "dilationHFactor": 1,
}


def rounded_filters(mixing: Mixing) -> NDArray[np.float64]:
    """The filters with every tap a whole number of its filter's steps, as integer kernels have them."""
    steps = _steps(mixing.filters)
    return np.rint(mixing.filters / steps) * steps


def float_model(graph: MixedGraph, size: tuple[int, int], metadata: str) -> bytes:
    """`input` (1, height, width, 3) float32 and the factors (1, 1, 1, channels) -> `output`; size (width, height)."""
    return _Translation(graph, size, {}).finish(metadata)


def integer_model(graph: MixedGraph, size: tuple[int, int], readings: Mapping[str, Affine], metadata: str) -> bytes:
    """The same in integers: `readings` from `readings_of`, the kernels in 8 bits with a scale per output channel."""
    return _Translation(graph, size, readings).finish(metadata)


def magnified(mixing: Mixing, basis: Any, seen: Sequence[Condition], dtype: IntegerType) -> Mixing:
    """The mixing whose small terms are magnified so that rounding all terms to one scale costs the sum least."""
    lows, highs = np.zeros(len(mixing.magnified)), np.zeros(len(mixing.magnified))
    for each in seen:
        _, scaled, _ = _values(mixing, mixing.factors(basis, each.weights, each.bias), each, dtype)
        for index in range(len(lows)):
            low, high = _percentiles(scaled[:, 3 * index : 3 * index + 3], _PERCENTILES[dtype])
            lows[index], highs[index] = min(lows[index], low), max(highs[index], high)

    def noise(factors: NDArray[np.float64]) -> float:
        width = (highs * factors).max() - min((lows * factors).min(), 0.0)
        return float(width**2 * (1.0 / factors**2).sum())

    later = product(_MAGNIFICATIONS[dtype], repeat=len(lows) - 1)
    return replace(mixing, magnified=min((np.array([1.0, *each]) for each in later), key=noise))


def readings_of(mixing: Mixing, basis: Any, seen: Sequence[Condition], dtype: IntegerType) -> dict[str, Affine]:
    """How the integers of every value are read, made for what `seen` frames need and some more of the factors."""
    ranges = {name: _Range() for name in ("responses", "scaled", "mixed", "scales", "offsets")}
    for each in seen:
        factors = mixing.factors(basis, each.weights, each.bias)
        values = _values(mixing, factors, each, dtype)
        for name, array in zip(("responses", "scaled", "mixed"), values, strict=True):
            ranges[name].take(array, _PERCENTILES[dtype])
        ranges["scales"].take(factors.scales, 100.0)
        ranges["offsets"].take(factors.offsets, 100.0)
    # Other frames want other factors, and a cut factor is wrong at every pixel.
    ranges["scales"].widen(0.05)
    ranges["offsets"].widen(0.5)
    return {
        "y": affine_for(0.0, 1.0, dtype),
        "exposure": Affine(EXPOSURE_STEP, 0, dtype),
        "exposed": affine_for(0.0, LARGEST_EXPOSED[dtype], dtype),
        **{name: affine_for(each.low, each.high, dtype) for name, each in ranges.items()},
        "z": affine_for(0.0, 1.0, dtype),
    }


def _values(
    mixing: Mixing, factors: Factors, seen: Condition, dtype: IntegerType
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Responses, scaled responses and their sums, (pixels, channels); 0 where they end far beyond white."""
    exposed = np.minimum(seen.patches * factors.exposure, LARGEST_EXPOSED[dtype])
    responses = exposed @ mixing.filters.reshape(-1, 27).T
    scaled = responses * factors.scales
    count = len(mixing.magnified)
    mixed = np.einsum("pjo,j->po", scaled.reshape(-1, count, 3), 1.0 / mixing.magnified)
    counts = mixed + factors.offsets <= _BEYOND_WHITE[dtype]
    each = np.tile(counts, count)
    return responses * each, scaled * each, mixed * counts


def _percentiles(values: NDArray[np.float64], share: float) -> tuple[float, float]:
    """Between which numbers nearly all values of each channel lie."""
    low, high = np.percentile(values, [100.0 - share, share], axis=0)
    return float(low.min()), float(high.max())


@dataclass
class _Range:
    low: float = 0.0
    high: float = 0.0

    def take(self, values: NDArray[np.float64], percentile: float) -> None:
        low, high = _percentiles(values, percentile)
        self.low, self.high = min(self.low, low), max(self.high, high)

    def widen(self, share: float) -> None:
        more = share * (self.high - self.low)
        self.low, self.high = self.low - more, self.high + more


class _Translation:
    """Float32 where there are no readings."""

    def __init__(self, graph: MixedGraph, size: tuple[int, int], readings: Mapping[str, Affine]) -> None:
        self._builder = ModelBuilder()
        self._graph, self._readings = graph, readings
        self._shape = (1, size[1], size[0])

    def finish(self, metadata: str) -> bytes:
        graph = self._graph
        inputs = [self._value("y", 3, name="input")]
        for factor, count in graph.factors.items():
            inputs.append(self._builder.value(factor, (1, 1, 1, count), *self._kind(factor)))
        *operators, add, clamp = graph.operators
        assert isinstance(add, Add)
        assert isinstance(clamp, Clamp)
        channels = {"y": 3}
        for operator in operators:
            if isinstance(operator, Filters):
                channels[operator.output] = len(operator.kernel)
                self._filters(operator)
            elif isinstance(operator, Multiply):
                channels[operator.output] = channels[operator.left]
                self._value(operator.output, channels[operator.left])
                self._operator(tfl.MUL, operator.left, operator.right, operator.output)
        self._clamped_sum(add, clamp)
        return self._builder.finish(inputs, ["output"], metadata)

    def _filters(self, operator: Filters) -> None:
        count = len(operator.kernel)
        kernel = operator.kernel.transpose(0, 2, 3, 1)
        names = [f"{operator.output}_kernel", f"{operator.output}_bias"]
        options: dict[str, Any] = {}
        if not self._readings:
            self._builder.constant(names[0], np.ascontiguousarray(kernel))
            self._builder.constant(names[1], np.zeros(count, np.float32))
        else:
            steps = _steps(operator.kernel.astype(np.float64))[:, 0, 0, 0]
            integers = np.rint(kernel / steps[:, None, None, None]).astype(np.int8)
            source = self._readings[operator.input]
            # 16-bit values sum in 64 bits.
            wide = source.dtype == "int16"
            self._builder.constant(names[0], integers, Reading(steps, 0))
            bias = np.zeros(count, np.int64 if wide else np.int32)
            self._builder.constant(names[1], bias, Reading(steps * source.scale, 0))
            if wide:
                from ai_edge_litert.schema_py_generated import TensorType

                options["quantizedBiasType"] = TensorType.INT64
        self._value(operator.output, count)
        inputs = [_name(operator.input), *names]
        self._builder.operator(tfl.CONV_2D, inputs, operator.output, **_CONVOLUTION, **options)

    def _clamped_sum(self, add: Add, clamp: Clamp) -> None:
        """Integers saturate at 1 by themselves, and with a ReLU in the sum at 0."""
        floats = not self._readings
        result = self._value(add.output if floats else clamp.output, 3, name=add.output if floats else "output")
        options: dict[str, Any] = {} if floats else {"potScaleInt16": False}
        inputs = [_name(add.left), _name(add.right)]
        self._builder.operator(tfl.ADD, inputs, result, fusedActivationFunction=_RELU, **options)
        if floats:
            self._value(clamp.output, 3, name="output")
            one = self._builder.constant("one", np.array(clamp.high, np.float32))
            self._builder.operator(tfl.MINIMUM, [result, one], "output")

    def _operator(self, kind: OperatorKind, left: str, right: str, output: str) -> None:
        self._builder.operator(kind, [_name(left), _name(right)], output, fusedActivationFunction=_NONE)

    def _value(self, value: str, channels: int, name: str | None = None) -> str:
        return self._builder.value(name or value, (*self._shape, channels), *self._kind(value))

    def _kind(self, value: str) -> tuple[str, Reading | None]:
        if not self._readings:
            return "float32", None
        affine = self._readings[value]
        return affine.dtype, Reading(np.array(affine.scale), affine.zero_point)


def _name(value: str) -> str:
    return "input" if value == "y" else value


def _steps(filters: NDArray[np.float64]) -> NDArray[np.float64]:
    """(count, 1, 1, 1): what one unit of an 8-bit tap is worth, per filter."""
    limit = _SUM_LIMIT if filters.shape[2] == 1 else _TAP_LIMIT
    steps: NDArray[np.float64] = np.abs(filters).max(axis=(1, 2, 3), keepdims=True) / limit
    return steps
