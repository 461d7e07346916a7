"""ncnn: a .param and a .bin for frames of every size, written directly from the graph, and a side file beside them.

ncnn's files have no place for metadata: it is in `<stem>.json`, with the hashes of the other two, because all models of
one form have a .bin of the same length and ncnn would take the wrong one without a word.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from arllie_deploy.epilogues import operators as ops
from arllie_deploy.export.calibration import observe
from arllie_deploy.export.graph import Convolution, Graph, build_graph
from arllie_deploy.export.metadata import metadata_text, tool_versions
from arllie_deploy.export.ncnn_model import (
    MAGIC,
    Layer,
    Parameter,
    float_weights,
    half_weights,
    integer_weights,
    param_text,
    with_splits,
)
from arllie_deploy.export.quantization import IntegerConvolution, integer_convolution
from arllie_deploy.export.request import Request, Written
from arllie_deploy.export.targets import ncnn_cpu, ncnn_vulkan

LAYOUT = "NCHW"
_ACCELERATORS = {row.name: row.accelerator for row in (ncnn_cpu.ROW, ncnn_vulkan.ROW)}
# ncnn's integers are symmetric, −127 to 127: an input in [0, 1] would have 7 bits. Less 127/255 it has 8: the levels of
# an 8-bit frame are integers then, and only the brightest, 128, saturates to the one below it.
_CENTER = 127
_LEVELS = 255
# Numbers of the layers' parameters and of BinaryOp's and UnaryOp's kinds, from ncnn's wiki, "operators".
_SHAPE: dict[int, Parameter] = {0: 3, 1: 3, 4: 1, 5: 1, 6: 81}
_INT8_SCALES, _PAD_VALUE, _ACTIVATION, _ACTIVATION_VALUES = 8, 18, 9, 10
_RELU, _CLIP, _SIGMOID = 1, 3, 4
_ADD, _SUBTRACT, _MULTIPLY, _DIVIDE, _MINIMUM = 0, 1, 2, 3, 5
_EXP = 7


def write(request: Request) -> Written:
    """Write the artifact of a request."""
    graph = build_graph(request.enhancer)
    convolution = _convolution(graph)
    layers = to_layers(graph)
    scales: dict[str, Mapping[str, Any]] = {}
    if request.precision == "int8":
        moment = observe(graph, request.calibration, request.percentile).second_moment
        integers = integer_convolution(convolution, 1.0 / _LEVELS, moment, convolution.output, relu=False)
        weights, layers = _integer_weights(integers), centered(layers)
        kernel = {"scale": integers.kernel_scale.tolist(), "zero_point": 0, "dtype": "int8"}
        scales = {"y": {"scale": 1.0 / _LEVELS, "zero_point": -_CENTER, "dtype": "int8"}, "kernel": kernel}
    else:
        stored = half_weights if request.precision == "fp16" else float_weights
        weights = stored(convolution.kernel, convolution.bias)
    layers = with_splits(layers)
    files = {".param": param_text(layers).encode(), ".bin": weights}
    for suffix, data in files.items():
        request.path.with_suffix(suffix).write_bytes(data)
    side = request.path.with_suffix(".json")
    side.write_text(_side_text(request, files))
    return Written(
        operators=[layer.kind for layer in layers if layer.kind != "Input"],
        layout=LAYOUT,
        tools=tool_versions(()),
        sidecars=[request.path.with_suffix(".bin").name, side.name],
        scales=scales,
    )


def to_layers(graph: Graph) -> list[Layer]:
    """Translate a float32 graph; the blobs `in0` and `out0` are (3, height, width), of any size."""
    activation, output, rest = _fused(graph)
    layers = [
        Layer("Input", (), ("y",)),
        Layer("Convolution", (_convolution(graph).input,), (output,), {**_SHAPE, **activation}),
        *map(_layer, rest),
    ]
    names = {"y": "in0", graph.output: "out0"}
    return [_renamed(layer, names) for layer in layers]


def centered(layers: Sequence[Layer]) -> list[Layer]:
    """The same layers with the convolution in int8, which reads the frame less 127/255.

    A zero under the kernel outside of the frame is the integer −127 there: ncnn pads the integers.
    """
    made: list[Layer] = []
    for layer in layers:
        if layer.kind == "Convolution":
            [source] = layer.inputs
            made.append(_with_constant(_SUBTRACT, source, _CENTER / _LEVELS, "centered"))
            parameters = {**layer.parameters, _INT8_SCALES: 1, _PAD_VALUE: -float(_CENTER)}
            layer = replace(layer, inputs=("centered",), parameters=parameters)
        made.append(layer)
    return made


def _convolution(graph: Graph) -> Convolution:
    convolution = graph.operators[0]
    assert isinstance(convolution, Convolution)
    return convolution


def _fused(graph: Graph) -> tuple[dict[int, Parameter], str, list[ops.Operator]]:
    """What the convolution does to its sums by itself, the name of what comes of it, and the operators left over."""
    sums = _convolution(graph).output
    rest = [operator for operator in graph.operators if not isinstance(operator, Convolution)]
    [reader, *more] = [operator for operator in rest if sums in _reads(operator)]
    if more:
        return {}, sums, rest
    others = [operator for operator in rest if operator is not reader]
    match reader:
        case ops.Sigmoid():
            return {_ACTIVATION: _SIGMOID}, reader.output, others
        case ops.Relu():
            return {_ACTIVATION: _RELU}, reader.output, others
        case ops.Clamp():
            return {_ACTIVATION: _CLIP, _ACTIVATION_VALUES: (reader.low, reader.high)}, reader.output, others
        case _:
            return {}, sums, rest


def _reads(operator: ops.Operator) -> set[str]:
    return {getattr(operator, role) for role in ("input", "left", "right") if hasattr(operator, role)}


def _layer(operator: ops.Operator) -> Layer:
    match operator:
        case ops.Sigmoid():
            return Layer("Sigmoid", (operator.input,), (operator.output,))
        case ops.Relu():
            return Layer("ReLU", (operator.input,), (operator.output,))
        case ops.Exp():
            return Layer("UnaryOp", (operator.input,), (operator.output,), {0: _EXP})
        case ops.Add() | ops.Multiply() | ops.Divide():
            kind = {ops.Add: _ADD, ops.Multiply: _MULTIPLY, ops.Divide: _DIVIDE}[type(operator)]
            return Layer("BinaryOp", (operator.left, operator.right), (operator.output,), {0: kind})
        case ops.AddConstant():
            return _with_constant(_ADD, operator.input, operator.constant, operator.output)
        case ops.MultiplyConstant():
            return _with_constant(_MULTIPLY, operator.input, operator.constant, operator.output)
        case ops.Minimum():
            return _with_constant(_MINIMUM, operator.input, operator.bound, operator.output)
        case ops.Clamp():
            return Layer("Clip", (operator.input,), (operator.output,), {0: operator.low, 1: operator.high})


def _with_constant(kind: int, source: str, constant: float, output: str) -> Layer:
    return Layer("BinaryOp", (source,), (output,), {0: kind, 1: 1, 2: float(constant)})


def _renamed(layer: Layer, names: Mapping[str, str]) -> Layer:
    inputs, outputs = (tuple(names.get(name, name) for name in part) for part in (layer.inputs, layer.outputs))
    return replace(layer, inputs=inputs, outputs=outputs)


def _integer_weights(convolution: IntegerConvolution) -> bytes:
    """The weights of a convolution of the centered frame: its bias makes good what was taken from the input."""
    lost = _CENTER * convolution.kernel.astype("int64").sum(axis=(1, 2, 3))
    bias = (convolution.bias + lost) * convolution.kernel_scale / _LEVELS
    return integer_weights(convolution.kernel, bias, convolution.kernel_scale, 1.0 / _LEVELS)


def _side_text(request: Request, files: Mapping[str, bytes]) -> str:
    text = metadata_text(request, layout=LAYOUT, size=None, schema=f"ncnn param {MAGIC}", tools=tool_versions(()))
    hashes = {suffix: hashlib.sha256(data).hexdigest() for suffix, data in files.items()}
    facts = {**json.loads(text), "accelerator": _ACCELERATORS[request.target], "sha256": hashes}
    return json.dumps(facts, sort_keys=True)
