"""ONNX for Qualcomm's HTP: int8 QDQ of one size, and a compiled context per generation of the HTP."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from arllie_deploy.errors import ArllieError
from arllie_deploy.export.metadata import tool_versions
from arllie_deploy.export.networks.frames import Size
from arllie_deploy.export.networks.metadata import network_metadata
from arllie_deploy.export.networks.module import module_to_write
from arllie_deploy.export.networks.onnx import OPSET, float_model
from arllie_deploy.export.networks.onnx_integers import to_int8
from arllie_deploy.export.networks.qnn_prefixes import first_unbuilt
from arllie_deploy.export.networks.request import NetworkRequest
from arllie_deploy.export.qnn import HTP_ARCHS, compile_context, of_size, store
from arllie_deploy.export.request import Written
from arllie_deploy.runtimes.qnn import left_to_processor

if TYPE_CHECKING:
    from onnx import ModelProto
    from torch import nn

_TOOLS = ("torch", "onnx", "onnxscript", "onnxsim", "onnxruntime", "onnxruntime-qnn")


def write(request: NetworkRequest) -> Written:
    """Write the artifact of a request; the last of its files, the artifact itself, gets the contexts.

    Raises:
        ArllieError: naming every operator, with its layer, that QNN leaves to the processor.
    """
    module, tools = module_to_write(request.network, request.precision), tool_versions(_TOOLS)
    text, path = "", Path()
    operators: list[str] = []
    # One for all sizes, where there can be one: calibrated once, and the sizes share their scales.
    serves_all = _integers(module, request, None) if request.network.dynamic else None
    for size, path in request.files.items():
        model = of_size(serves_all or _integers(module, request, size), size)
        operators = [node.op_type for node in model.graph.node]
        text = network_metadata(request, layout="NCHW", size=size, schema=f"opset {OPSET}", tools=tools)
        del model.metadata_props[:]
        store(model, text, path)
    refuse_leftovers(path)
    contexts = [compile_context(path, arch, text) for arch in HTP_ARCHS]
    facts: dict[str, Any] = {"htp_archs": list(HTP_ARCHS)}
    sidecars = [one.name for pair in contexts for one in pair]
    return Written(operators=operators, layout="NCHW", tools=tools, sidecars=sidecars, facts=facts)


def _integers(module: nn.Module, request: NetworkRequest, size: Size | None) -> ModelProto:
    """The HTP's own activations are unsigned."""
    calibrated: Size = request.calibration[0].shape[3], request.calibration[0].shape[2]
    if size not in (None, calibrated):
        raise ArllieError(
            f"{request.network.name} is of one size and cannot be calibrated at another one: {calibrated}"
        )
    return to_int8(float_model(module, request, size), request, unsigned=True)


def refuse_leftovers(path: Path) -> None:
    """Raise `ArllieError` naming the operators of an .onnx that QNN does not execute, with the nodes they come from.

    The same for the node from which on it cannot build the graph, though it has every operator.
    """
    try:
        left = left_to_processor(path)
    except RuntimeError as error:
        raise ArllieError(f"QNN cannot build the graph from {first_unbuilt(path)} on: {error}") from None
    if left:
        kinds = Counter(kind for kind, _ in left)
        named = "; ".join(f"{kind} (in {', '.join(name for other, name in left if other == kind)})" for kind in kinds)
        raise ArllieError(f"QNN leaves to the processor: {named}")
