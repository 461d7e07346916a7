"""Full-integer TFLite: ai-edge-quantizer, and the operators that it leaves in float though TFLite has them in integers.

It knows no integer policy for LEAKY_RELU, clamps and DEPTH_TO_SPACE and writes DEQUANTIZE → operator → QUANTIZE around
them. Both ends of such an island have their scale and zero point already; what is left is to say the same in integers.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.errors import ArllieError
from arllie_deploy.export.networks.observing import observe_parts
from arllie_deploy.export.networks.tflite_graph import TfliteGraph
from arllie_deploy.export.networks.tflite_ranges import Found, spare_what_is_cut

Ranges = Mapping[str, Mapping[str, NDArray[Any]]]

# Operator -> version with int8 kernels, where input and output may have any scales.
_ANY_SCALES = {"LEAKY_RELU": 2}
# The same where both have one scale: they move values, or choose among them.
_ONE_SCALE = {"DEPTH_TO_SPACE": 2, "SPACE_TO_DEPTH": 2, "GATHER": 2, "REDUCE_MAX": 2}
# Operator -> what it clamps to. An int8 value saturates at the ends of its range, which lies within these.
_CLAMPS = {"RELU_0_TO_1": (0.0, 1.0), "RELU6": (0.0, 6.0), "RELU_N1_TO_1": (-1.0, 1.0)}
_SMALLEST_RANGE = 1e-6
_FLOAT32 = 0
_BETWEEN_MODULES = "/"
_HALF_WEIGHTS = [
    {
        "regex": ".*",
        "operation": "*",
        "algorithm_key": "float_casting",
        "op_config": {
            "weight_tensor_config": {
                "num_bits": 16,
                "symmetric": True,
                "granularity": "TENSORWISE",
                "dtype": "FLOAT",
            },
            "compute_precision": "FLOAT",
            "explicit_dequantize": True,
            "skip_checks": False,
        },
    }
]


def observe(
    model: bytes, frames: Sequence[NDArray[np.float32]], percentile: float, value_range: tuple[float, float]
) -> Found:
    """The range of every tensor on frames.

    ai-edge-quantizer's own calibration takes a moving average over frames, which cuts off the rare ones.

    Args:
        model: in float.
        frames: (1, height, width, channels).
        percentile: as in `Calibration`; taken per frame, of which the widest counts.
        value_range: of input and output, whatever they are on the frames.
    """
    graph = TfliteGraph(model)
    made = [int(tensor) for operator in graph.operators for tensor in operator.outputs]
    names = [graph.name(tensor) for tensor in made if graph.tensors[tensor].type == _FLOAT32]
    ranges = observe_parts(names, lambda part: _values(model, part, frames), percentile)
    for name, (low, high) in ranges.items():
        # A layer that is silent on every frame would get a scale of zero, which engines refuse.
        ranges[name] = (low, low + 1.0) if high - low < _SMALLEST_RANGE else (low, high)
    ranges |= {graph.name(tensor): value_range for tensor in (*graph.inputs, *graph.outputs)}
    found: Found = {name: _as_found(*ends) for name, ends in ranges.items()}
    spare_what_is_cut(graph, found)
    return found


def _values(
    model: bytes, names: Sequence[str], frames: Sequence[NDArray[np.float32]]
) -> Iterator[tuple[str, NDArray[np.float32]]]:
    """Tensors with their names, frame after frame."""
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    graph = TfliteGraph(model)
    places = {graph.name(index): index for index in range(len(graph.tensors))}
    graph.give([places[name] for name in names])
    # Without XNNPACK, which computes several operators at once.
    resolver = OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
    interpreter = Interpreter(
        model_content=graph.to_bytes(), num_threads=os.cpu_count(), experimental_op_resolver_type=resolver
    )
    interpreter.allocate_tensors()
    outputs = [detail["index"] for detail in interpreter.get_output_details()]
    for frame in frames:
        interpreter.set_tensor(interpreter.get_input_details()[0]["index"], frame)
        interpreter.invoke()
        for name, index in zip(names, outputs, strict=True):
            yield name, interpreter.get_tensor(index)


def _as_found(low: float, high: float) -> dict[str, NDArray[Any]]:
    return {"min": np.full((1, 1, 1, 1), low, np.float32), "max": np.full((1, 1, 1, 1), high, np.float32)}


def quantized(model: bytes, ranges: Ranges) -> bytes:
    """The model in int8: weights per output channel, activations per tensor in their ranges, input and output int8.

    Raises:
        ArllieError: if the ranges are of a graph with other tensors.
    """
    try:
        data = bytes(_quantizer(model).quantize(dict(ranges)).quantized_model)
    except KeyError as error:
        raise ArllieError(f"the calibration knows no tensor {error}; calibrate the same network") from None
    graph = TfliteGraph(data)
    close_islands(graph)
    return graph.to_bytes()


def half_weights(model: bytes) -> bytes:
    """The model with half-precision weights, which the engine widens when it is opened."""
    return bytes(_quantizer(model, _HALF_WEIGHTS).quantize().quantized_model)


def close_islands(graph: TfliteGraph) -> None:
    """Replace DEQUANTIZE → operators → QUANTIZE by the operators in integers, as far as there are any."""
    closed = True
    while closed:
        closed = False
        for operator in list(graph.operators):
            closed |= _close(graph, operator)
        graph.drop_unused()


def float_operators(graph: TfliteGraph) -> list[str]:
    """The operators that still compute in float: those between DEQUANTIZE and QUANTIZE."""
    return [
        graph.kind(operator)
        for operator in graph.operators
        if graph.kind(operator) not in ("DEQUANTIZE", "QUANTIZE")
        and graph.tensors[int(operator.outputs[0])].type == _FLOAT32
    ]


def _close(graph: TfliteGraph, operator: Any) -> bool:
    """One step at one operator; whether there was one to make."""
    kind, result = graph.kind(operator), int(operator.outputs[0])
    entry = graph.producer(int(operator.inputs[0]))
    exits = graph.consumers(result)
    numbers = int(entry.inputs[0]) if entry is not None and graph.kind(entry) == "DEQUANTIZE" else None
    before = bool(exits) and result not in graph.outputs and all(graph.kind(exit) == "QUANTIZE" for exit in exits)
    if kind == "QUANTIZE" and numbers is not None:
        _join(graph, operator, numbers)
        return True
    if kind in _ONE_SCALE and numbers is not None:
        _sink_dequantize(graph, operator, numbers)
        return True
    if kind in _ONE_SCALE and before and not _is_integer(graph, result):
        _lift_quantize(graph, operator, exits)
        return True
    if kind in _ANY_SCALES and numbers is not None and before:
        for exit in exits:
            _replace(graph, exit, [_copy(graph, operator, numbers, int(exit.outputs[0]))])
        return True
    clamps = kind in _CLAMPS and all(_is_within(graph, exit, _CLAMPS[kind]) for exit in exits)
    if clamps and numbers is not None and before:
        for exit in exits:
            _join(graph, exit, numbers)
        return True
    return False


def _join(graph: TfliteGraph, quantize: Any, source: int) -> None:
    """QUANTIZE straight from another integer tensor; what lies outside its range saturates."""
    result = int(quantize.outputs[0])
    if _affine(graph, source) == _affine(graph, result):
        graph.replace_uses(result, source)
        graph.operators.remove(quantize)
    else:
        quantize.inputs = np.array([source], np.int32)
        graph.set_version(quantize, 2)


def _sink_dequantize(graph: TfliteGraph, operator: Any, source: int) -> None:
    result = int(operator.outputs[0])
    # Whoever refuses the operator says the layer in its name; the network's output has the name of none.
    layered = _BETWEEN_MODULES in graph.name(result)
    moved = graph.add_like(source, ";moved", graph.shape(result), named=result if layered else source)
    _replace(graph, operator, [_copy(graph, operator, source, moved), graph.make("DEQUANTIZE", 2, [moved], result)])


def _lift_quantize(graph: TfliteGraph, operator: Any, exits: list[Any]) -> None:
    source = int(operator.inputs[0])
    for exit in exits:
        result = int(exit.outputs[0])
        numbers = graph.add_like(result, ";before", graph.shape(source))
        _replace(graph, exit, [graph.make("QUANTIZE", 1, [source], numbers), _copy(graph, operator, numbers, result)])


def _is_integer(graph: TfliteGraph, tensor: int) -> bool:
    return graph.tensors[tensor].quantization is not None and graph.tensors[tensor].quantization.scale is not None


def _is_within(graph: TfliteGraph, quantize: Any, limits: tuple[float, float]) -> bool:
    low, high = _range(graph, int(quantize.outputs[0]))
    slack = 1e-6 * (limits[1] - limits[0])
    return limits[0] - slack <= low and high <= limits[1] + slack


def _copy(graph: TfliteGraph, operator: Any, source: int, result: int) -> Any:
    kind = graph.kind(operator)
    copy = graph.make(kind, {**_ANY_SCALES, **_ONE_SCALE}[kind], [source, *map(int, operator.inputs[1:])], result)
    copy.builtinOptions, copy.builtinOptionsType = operator.builtinOptions, operator.builtinOptionsType
    return copy


def _replace(graph: TfliteGraph, old: Any, new: list[Any]) -> None:
    place = next(index for index, operator in enumerate(graph.operators) if operator is old)
    graph.operators[place : place + 1] = new


def _affine(graph: TfliteGraph, tensor: int) -> tuple[float, int]:
    quantization = graph.tensors[tensor].quantization
    return float(quantization.scale[0]), int(quantization.zeroPoint[0])


def _range(graph: TfliteGraph, tensor: int) -> tuple[float, float]:
    scale, zero_point = _affine(graph, tensor)
    return scale * (-128 - zero_point), scale * (127 - zero_point)


def _quantizer(model: bytes, recipe: Any = None) -> Any:
    from ai_edge_quantizer import quantizer
    from ai_edge_quantizer.recipe import static_wi8_ai8

    return quantizer.Quantizer(bytearray(model), recipe or static_wi8_ai8())
