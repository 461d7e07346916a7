"""Writes an adaptive model for a target: the graph of a frame, and beside it the head and the statistics as ONNX."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.adaptive import AdaptiveEnhancer
from arllie_deploy.errors import ArllieError
from arllie_deploy.export.adaptive import tflite
from arllie_deploy.export.adaptive.frame_graph import frame_model
from arllie_deploy.export.adaptive.head import head_model
from arllie_deploy.export.adaptive.measured_cost import MEASURED
from arllie_deploy.export.adaptive.mixed_graph import mixed_graph
from arllie_deploy.export.adaptive.mixed_head import mixed_head_model
from arllie_deploy.export.adaptive.mixing import conditions, make_mixing, with_filters
from arllie_deploy.export.adaptive.statistics_graph import statistics_model
from arllie_deploy.export.metadata import tool_versions
from arllie_deploy.export.onnx import OPSET
from arllie_deploy.export.request import Written
from arllie_deploy.export.tflite import operator_names
from arllie_deploy.runtimes.artifact import METADATA_VERSION
from arllie_deploy.runtimes.base import Layout
from arllie_deploy.statistics import NAMES

if TYPE_CHECKING:
    from onnx import ModelProto

# Roles of the files of an artifact; the main file is the frame graph.
FRAME_GRAPH, FRAME_GRAPH_BYTES, HEAD, STATISTICS = "frame graph", "frame graph of bytes", "head", "statistics"
# A library does all of it.
LIBRARY = "library"
_SUFFIXES = {FRAME_GRAPH_BYTES: "-uint8.onnx", HEAD: "-head.onnx", STATISTICS: "-statistics.onnx"}
_COMPANIONS = {"onnx": (HEAD, STATISTICS, FRAME_GRAPH_BYTES), "tflite": (HEAD, STATISTICS), "c": ()}
# Format -> the precisions in which it carries adaptive models.
PRECISIONS = {"onnx": ("fp32",), "tflite": ("fp32", "int8", "int16x8"), "c": ("int8x16",)}
_INTEGERS: dict[str, tflite.IntegerType] = {"int8": "int8", "int16x8": "int16"}
_ONNX_TOOLS, _TFLITE_TOOLS = ("onnx",), ("onnx", "ai-edge-litert", "flatbuffers")


@dataclass(frozen=True)
class AdaptiveRequest:
    """Write `model` for `target` to `path`.

    Attributes:
        model: adaptive.
        target: the target's name.
        format: the target's format, a key of `PRECISIONS`.
        precision: one that the format carries.
        size: (width, height) of a fixed size.
        path: the main file; its companions go beside it, their names beginning with this one's stem.
        calibration: dark frames (height, width, 3) uint8, for formats with constant filters.
    """

    model: AdaptiveEnhancer
    target: str
    format: str
    precision: str
    size: tuple[int, int]
    path: Path
    calibration: Sequence[NDArray[np.uint8]] = ()


def precision_problem(format_: str, precision: str) -> str | None:
    """Why a format cannot carry an adaptive model in this precision, None if it can."""
    able = PRECISIONS.get(format_, ())
    if precision in able:
        return None
    if not able:
        return f"adaptive models cannot be exported as {format_}; give a fixed one, for example arllie-lol"
    return f"adaptive models are exported as {format_} in {' and '.join(able)}, not in {precision}"


def write_adaptive(request: AdaptiveRequest) -> Written:
    """Write the artifact of a request.

    ONNX takes kernel and curve as inputs; TFLite, whose delegates want constant filters, mixes those of a model with a
    basis. Either way the head gives exactly the inputs that the main file has beside the frame. C has it all in one
    library.

    Raises:
        ArllieError: if the format cannot carry the model in this precision.
    """
    problem = precision_problem(request.format, request.precision)
    if problem is not None:
        raise ArllieError(problem)
    return _WRITERS[request.format](request)


def _write_onnx(request: AdaptiveRequest) -> Written:
    form = request.model.epilogue
    main = frame_model(form, "float32")
    schema = f"opset {OPSET}"
    _store(main, request.path, description(request, FRAME_GRAPH, "NCHW", None, schema, tool_versions(_ONNX_TOOLS)))
    companions = {FRAME_GRAPH_BYTES: frame_model(form, "uint8"), HEAD: head_model(request.model)}
    names = _write_companions(request, companions, "NCHW")
    inputs = [value.name for value in main.graph.input]
    operators = [node.op_type for node in main.graph.node]
    return _written(request, operators, "NCHW", _ONNX_TOOLS, names, inputs)


def _write_tflite(request: AdaptiveRequest) -> Written:
    dtype = _INTEGERS.get(request.precision)
    seen = conditions(request.model, request.calibration)
    mixing = make_mixing(request.model, seen, largest_exposed=tflite.LARGEST_EXPOSED[dtype or "float32"])
    text = description(request, FRAME_GRAPH, "NHWC", request.size, "tflite 3", tool_versions(_TFLITE_TOOLS))
    scales: dict[str, Any] = {}
    if dtype is None:
        data = tflite.float_model(mixed_graph(mixing), request.size, text)
    else:
        basis = request.model.head.basis
        mixing = with_filters(request.model, tflite.rounded_filters(mixing), seen)
        mixing = tflite.magnified(mixing, basis, seen, dtype)
        readings = tflite.readings_of(mixing, basis, seen, dtype)
        data = tflite.integer_model(mixed_graph(mixing), request.size, readings, text)
        scales = {name: reading.to_json() for name, reading in readings.items()}
    request.path.write_bytes(data)
    names = _write_companions(request, {HEAD: mixed_head_model(request.model, mixing, "NHWC")}, "NHWC")
    inputs = ["input", *mixed_graph(mixing).factors]
    written = _written(request, operator_names(data), "NHWC", _TFLITE_TOOLS, names, inputs)
    written.scales.update(scales)
    return written


def _write_library(request: AdaptiveRequest) -> Written:
    from arllie_deploy.export.native.adaptive import write

    return write(request)


_WRITERS = {"onnx": _write_onnx, "tflite": _write_tflite, "c": _write_library}


def _write_companions(request: AdaptiveRequest, models: dict[str, ModelProto], layout: Layout) -> dict[str, str]:
    """Write `models` and the statistics' graph; role -> file name."""
    names = {}
    for role, model in {**models, STATISTICS: statistics_model("uint8")}.items():
        path = request.path.with_name(request.path.stem + _SUFFIXES[role])
        _store(model, path, description(request, role, layout, None, f"opset {OPSET}", tool_versions(_ONNX_TOOLS)))
        names[role] = path.name
    return names


def _store(model: ModelProto, path: Path, text: str) -> None:
    entry = model.metadata_props.add()
    entry.key, entry.value = "arllie", text
    path.write_bytes(model.SerializeToString(deterministic=True))


def description(
    request: AdaptiveRequest,
    role: str,
    layout: str,
    size: tuple[int, int] | None,
    schema: str,
    tools: dict[str, str],
) -> str:
    """What a file says about itself: as `metadata_text` of a fixed model, and its role and companions.

    Args:
        request: of the artifact.
        role: of the file.
        layout: as in `metadata_text`, and so are the others.
        size: (width, height).
        schema: of the format.
        tools: that wrote it -> version.
    """
    main = LIBRARY if role == LIBRARY else FRAME_GRAPH
    value = {
        "version": METADATA_VERSION,
        "model": request.model.name,
        "model_sha256": request.model.sha256,
        "form": request.model.epilogue,
        "target": request.target,
        "layout": layout,
        "color": "RGB",
        "range": [0.0, 1.0],
        # The companions compute in floats whatever the main file does.
        "precision": request.precision if role == main else "fp32",
        "size": None if size is None else list(size),
        "schema": schema,
        "tools": tools,
        "license": request.model.license,
        "adaptive": {
            "role": role,
            "files": {
                main: request.path.name,
                **{other: request.path.stem + _SUFFIXES[other] for other in _COMPANIONS[request.format]},
            },
            "statistics": list(NAMES),
        },
    }
    return json.dumps(value, sort_keys=True)


def _written(
    request: AdaptiveRequest,
    operators: list[str],
    layout: Layout,
    tools: Sequence[str],
    names: dict[str, str],
    inputs: list[str],
) -> Written:
    roles = {FRAME_GRAPH: request.path.name, **names}
    cost = MEASURED.get((request.model.sha256, request.precision)) if request.format == "tflite" else None
    return Written(
        operators=operators,
        layout=layout,
        tools=tool_versions(tools),
        sidecars=list(names.values()),
        facts={
            "adaptive": {
                "roles": roles,
                "inputs": inputs,
                "parameters": request.model.parameters,
                "cost_on_lol_test_set": None if cost is None else cost.to_json(),
            }
        },
    )
