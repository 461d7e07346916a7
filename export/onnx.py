"""ONNX: NCHW float32 in and out, dynamic height and width, written with onnx.helper; floats simplified with onnxsim."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from arllie_deploy.errors import CheckFailedError
from arllie_deploy.export.calibration import observe
from arllie_deploy.export.graph import Graph, build_graph
from arllie_deploy.export.metadata import metadata_text, tool_versions
from arllie_deploy.export.onnx_integer import IntegerNodes
from arllie_deploy.export.onnx_nodes import FloatNodes
from arllie_deploy.export.quantization import ActivationType, IntegerGraph, quantize
from arllie_deploy.export.request import Request, Written

if TYPE_CHECKING:
    from onnx import ModelProto, ValueInfoProto

# Opset 17 and IR 8 are read by onnxruntime 1.12 and later, and by the converters of NPU vendors.
OPSET = 17
_IR_VERSION = 8
# 16-bit QuantizeLinear came with opset 21 (onnxruntime 1.18 and later).
_OPSET_16_BITS, _IR_VERSION_16_BITS = 21, 10
_TOOLS = ("onnx", "onnxsim")
# onnxruntime's integer convolution is fastest with signed bytes on x86 and Arm. 16 bits have no fast kernel; unsigned
# they have twice the resolution.
_ACTIVATIONS: dict[str, ActivationType] = {"int8": "int8", "int16x8": "uint16"}


def write(request: Request) -> Written:
    """Write the artifact of a request."""
    if request.precision in _ACTIVATIONS:
        return write_integers(request, _ACTIVATIONS[request.precision])
    element = np.float16 if request.precision == "fp16" else np.float32
    model = simplified(to_model(build_graph(request.enhancer), element))
    return _store(model, request, {})


def write_integers(request: Request, activation: ActivationType) -> Written:
    """Write the integer form of a request, its values in integers of one type."""
    graph = build_graph(request.enhancer)
    integers = quantize(graph, observe(graph, request.calibration, request.percentile), activation)
    return _store(to_integer_model(integers), request, integers.scales())


def to_model(graph: Graph, element: type[np.float32] | type[np.float16] = np.float32) -> ModelProto:
    """Translate a graph.

    Inputs and outputs are named `input` and `output`: (1, 3, height, width) float32, or (height, width, 3) integers.
    `element` is what is computed in.
    """
    from onnx import TensorProto

    writer = FloatNodes(element)
    if graph.frame_type != "float32":
        integer = TensorProto.UINT8 if graph.frame_type == "uint8" else TensorProto.UINT16
        writer.read_integers(graph.frame_type)
        writer.translate(graph.operators, source="y", result="z")
        writer.write_integers(graph.frame_type, integer)
        return _model(writer, integer, ["height", "width", 3])
    if element is np.float16:
        writer.cast("input", "y", TensorProto.FLOAT16)
        writer.translate(graph.operators, source="y", result="z")
        writer.cast("z", "output", TensorProto.FLOAT)
    else:
        writer.translate(graph.operators, source="input", result="output")
    return _model(writer, TensorProto.FLOAT, [1, 3, "height", "width"])


def to_integer_model(graph: IntegerGraph) -> ModelProto:
    """Translate a graph in integers; `input` and `output` are float32 as in `to_model`."""
    from onnx import TensorProto

    writer = IntegerNodes()
    writer.translate(graph)
    wide = graph.values["y"].dtype in ("int16", "uint16")
    opset, ir_version = (_OPSET_16_BITS, _IR_VERSION_16_BITS) if wide else (OPSET, _IR_VERSION)
    return _model(writer, TensorProto.FLOAT, [1, 3, "height", "width"], opset, ir_version)


def simplified(model: ModelProto) -> ModelProto:
    """The model after onnxsim, which also proves on random input that nothing changed."""
    from onnxsim import simplify

    result, same = simplify(model)
    if not same:
        raise CheckFailedError(
            "onnxsim changed the result of the graph; report this with the versions of onnx, onnxsim"
        )
    simple: ModelProto = result
    return simple


def _model(
    writer: FloatNodes | IntegerNodes,
    element: int,
    shape: list[int | str],
    opset: int = OPSET,
    ir_version: int = _IR_VERSION,
) -> ModelProto:
    from onnx import checker, helper

    def value(name: str) -> ValueInfoProto:
        return helper.make_tensor_value_info(name, element, shape)

    graph = helper.make_graph(writer.nodes, "one_layer_enhancer", [value("input")], [value("output")], writer.constants)
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=ir_version, producer_name="arllie-deploy"
    )
    checker.check_model(model, full_check=True)
    return model


def _store(model: ModelProto, request: Request, scales: dict[str, Any]) -> Written:
    text = metadata_text(
        request, layout="NCHW", size=None, schema=f"opset {model.opset_import[0].version}", tools=tool_versions(_TOOLS)
    )
    entry = model.metadata_props.add()
    entry.key, entry.value = "arllie", text
    request.path.write_bytes(model.SerializeToString(deterministic=True))
    operators = [node.op_type for node in model.graph.node]
    return Written(operators=operators, layout="NCHW", tools=tool_versions(_TOOLS), scales=scales)
