"""OpenVINO IR from our ONNX: an .xml and a .bin beside it, NCHW, dynamic size where the network has it."""

from __future__ import annotations

from arllie_deploy.export.metadata import tool_versions
from arllie_deploy.export.networks.metadata import network_metadata
from arllie_deploy.export.networks.module import module_to_write
from arllie_deploy.export.networks.onnx import float_model, in_precision
from arllie_deploy.export.networks.request import NetworkRequest
from arllie_deploy.export.openvino import SCHEMA, converted, store
from arllie_deploy.export.request import Written
from arllie_deploy.runtimes.openvino import METADATA_KEY

_TOOLS = ("torch", "onnx", "onnxscript", "onnxsim", "onnxruntime", "openvino")


def write(request: NetworkRequest) -> Written:
    """Write the artifact of a request: int8 is that of ONNX, fp16 has weights in half precision."""
    module, tools = module_to_write(request.network, request.precision), tool_versions(_TOOLS)
    operators: list[str] = []
    half = request.precision == "fp16"
    for path, size in request.distinct_files.items():
        graph = float_model(module, request, size)
        model = converted(graph if half else in_precision(graph, request))
        text = network_metadata(request, layout="NCHW", size=size, schema=SCHEMA, tools=tools)
        model.set_rt_info(text, [METADATA_KEY])
        operators = store(model, path, half=half)
    sidecars = [path.with_suffix(".bin").name for path in request.distinct_files]
    return Written(operators=operators, layout="NCHW", tools=tools, sidecars=sidecars)
