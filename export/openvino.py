"""OpenVINO IR: an .xml and a .bin beside it, NCHW float32 in and out, dynamic size; converted from our ONNX."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from arllie_deploy.export.calibration import observe
from arllie_deploy.export.graph import build_graph
from arllie_deploy.export.metadata import metadata_text, tool_versions
from arllie_deploy.export.onnx import to_integer_model, to_model
from arllie_deploy.export.quantization import ActivationType, IntegerGraph, quantize
from arllie_deploy.export.request import Request, Written
from arllie_deploy.runtimes.openvino import METADATA_KEY, import_openvino

if TYPE_CHECKING:
    from pathlib import Path

    from onnx import ModelProto

SCHEMA = "IR 11"
_LAYOUT = "NCHW"
_TOOLS = ("onnx", "openvino")
# The conversion makes the same operators of signed ones; a plug-in that is given our ONNX as it is needs twice the time
# for those.
_ACTIVATIONS: ActivationType = "uint8"
_NOT_EXECUTED = ("Parameter", "Constant", "Result")


def write(request: Request) -> Written:
    """Write the artifact of a request."""
    integers = _integers(request) if request.precision == "int8" else None
    graph = to_model(build_graph(request.enhancer)) if integers is None else to_integer_model(integers)
    model = converted(graph)
    text = metadata_text(request, layout=_LAYOUT, size=None, schema=SCHEMA, tools=tool_versions(_TOOLS))
    model.set_rt_info(text, [METADATA_KEY])
    return Written(
        operators=store(model, request.path, half=request.precision == "fp16"),
        layout=_LAYOUT,
        tools=tool_versions(_TOOLS),
        sidecars=[request.path.with_suffix(".bin").name],
        scales={} if integers is None else integers.scales(),
    )


def _integers(request: Request) -> IntegerGraph:
    graph = build_graph(request.enhancer)
    return quantize(graph, observe(graph, request.calibration, request.percentile), _ACTIVATIONS)


def converted(graph: ModelProto) -> Any:
    """A graph as a model in OpenVINO's operators, named so that the same graph gives the same bytes."""
    model = import_openvino().convert_model(io.BytesIO(graph.SerializeToString(deterministic=True)))
    # What the conversion makes itself it names after a counter that goes on through the whole process.
    for place, operator in enumerate(model.get_ordered_ops()):
        if operator.get_type_name() != "Parameter":
            operator.set_friendly_name(f"{operator.get_type_name()}_{place}")
    return model


def store(model: Any, path: Path, *, half: bool) -> list[str]:
    """Write the .xml and the .bin beside it, with `half` its weights in half precision; the operators in the file."""
    openvino = import_openvino()
    openvino.save_model(model, path, compress_to_fp16=half)
    written = openvino.Core().read_model(path)
    kinds = [operator.get_type_name() for operator in written.get_ordered_ops()]
    return [kind for kind in kinds if kind not in _NOT_EXECUTED]
