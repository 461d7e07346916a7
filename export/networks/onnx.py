"""ONNX through torch.onnx.export (dynamo) and onnxsim: NCHW; the same input gives the same bytes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from arllie_deploy.errors import ArllieError, CheckFailedError
from arllie_deploy.export.metadata import tool_versions
from arllie_deploy.export.networks.floats import kept
from arllie_deploy.export.networks.frames import Size
from arllie_deploy.export.networks.metadata import network_metadata
from arllie_deploy.export.networks.module import module_to_write
from arllie_deploy.export.networks.onnx_integers import to_int8
from arllie_deploy.export.networks.request import NetworkRequest
from arllie_deploy.export.request import Written
from arllie_deploy.networks.network import Network

if TYPE_CHECKING:
    from onnx import ModelProto
    from torch import nn

# The opset that torch writes natively: to any other one it goes through a version converter that can give up silently.
OPSET = 18
_IR_VERSION = 8
_TOOLS = ("torch", "onnx", "onnxscript", "onnxsim", "onnxruntime")
# Sides up to which a dynamic graph is proven, in units of the alignment.
_LARGEST_SIDE = 16384


def write(request: NetworkRequest) -> Written:
    """Write the artifact of a request: int8 is QDQ, per channel, signed activations and weights."""
    module, tools = module_to_write(request.network, request.precision), tool_versions(_TOOLS)
    for path, size in request.distinct_files.items():
        model = in_precision(float_model(module, request, size), request)
        check_opset(model)
        text = network_metadata(request, layout="NCHW", size=size, schema=f"opset {OPSET}", tools=tools)
        del model.metadata_props[:]
        entry = model.metadata_props.add()
        entry.key, entry.value = "arllie", text
        path.write_bytes(model.SerializeToString(deterministic=True))
    return Written(operators=[node.op_type for node in model.graph.node], layout="NCHW", tools=tools)


def to_model(module: nn.Module, network: Network, size: Size | None) -> ModelProto:
    """A module in eval mode as a simplified float32 graph from `input` to `output`, for one size or for every size.

    Raises:
        ArllieError: if the module's operators depend on the size and `size` is None.
    """
    return _simplified(to_plain_model(module, network, size))


def float_model(module: nn.Module, request: NetworkRequest, size: Size | None) -> ModelProto:
    """`to_model`, unless another job of the command has made it."""
    import onnx

    made = kept(request, size, ".onnx", lambda: to_model(module, request.network, size).SerializeToString())
    return onnx.load_from_string(made)


def to_plain_model(
    module: nn.Module,
    network: Network,
    size: Size | None,
    values: tuple[int, int | None] | None = None,
    outputs: Sequence[str] = ("output",),
) -> ModelProto:
    """The same as torch writes it: every weight is an initializer of its own, named as in the state dictionary.

    Args:
        module: in eval mode.
        network: of the module.
        size: (width, height), or None for every size.
        values: channels of a second input `values`, and the frame's sides in its sides; None for those: its sides are
            1. None: there is no such input.
        outputs: names of what the module gives.
    """
    import torch

    # torch takes one of anything for a constant, so the sample has two times the alignment at least.
    side = max(network.aligned(64), 2 * network.alignment)
    sample_width, sample_height = size or (side, side + network.alignment)
    samples = [torch.zeros(1, network.channels, sample_height, sample_width)]
    names, sides = ["input"], [None if size else _dynamic_sides(network)]
    if values is not None:
        count, stride = values
        beside = (1, 1) if stride is None else (sample_height // stride, sample_width // stride)
        samples.append(torch.zeros(1, count, *beside))
        names = [*names, "values"]
        sides.append(None if size or stride is None else _dynamic_sides(network, stride))
    try:
        program = torch.onnx.export(
            module,
            tuple(samples),
            dynamo=True,
            external_data=False,
            opset_version=OPSET,
            input_names=names,
            output_names=list(outputs),
            dynamic_shapes=None if size else tuple(sides),
            verbose=False,
        )
    except torch.onnx.errors.OnnxExporterError as error:
        hint = "" if size else "; if its operators depend on the size, declare it dynamic=False"
        reason = str(error.__cause__ or error).strip().splitlines()[0]
        raise ArllieError(f"torch.onnx.export could not convert {network.name}: {reason}{hint}") from error
    assert program is not None  # None only where it was asked for a file
    return _anonymous(program.model_proto)


def to_half(model: ModelProto) -> ModelProto:
    """The graph with half-precision weights and arithmetic between a float32 input and a float32 output."""
    from onnxruntime.transformers.float16 import convert_float_to_float16

    half: ModelProto = convert_float_to_float16(model, keep_io_types=True, op_block_list=[], disable_shape_infer=False)
    return half


def in_precision(model: ModelProto, request: NetworkRequest) -> ModelProto:
    """A float32 graph in the precision of a request."""
    if request.precision == "fp16":
        return to_half(model)
    if request.precision == "int8":
        return to_int8(model, request)
    return model


def _dynamic_sides(network: Network, stride: int = 1) -> dict[int, Any]:
    """Of what has the frame's sides divided by `stride`."""
    from torch.export import Dim

    smallest = max(2, -(-network.minimum // network.alignment))
    largest = max(_LARGEST_SIDE // network.alignment, smallest + 1)
    sides = (Dim(name, min=smallest, max=largest) for name in ("rows", "columns"))
    return {axis: network.alignment // stride * side for axis, side in zip((2, 3), sides, strict=True)}


def check_opset(model: ModelProto) -> None:
    """Raise `CheckFailedError` unless a model uses the opset that was asked for, and nothing but standard operators."""
    used = {node.domain for node in model.graph.node}
    found = {entry.domain: entry.version for entry in model.opset_import if entry.domain in used}
    if found != {"": OPSET}:
        raise CheckFailedError(
            f"torch.onnx.export wrote opsets {found}, asked for {OPSET}; report this with its version"
        )


def _anonymous(model: ModelProto) -> ModelProto:
    """The model without torch's notes about where its source code lies."""
    from onnx import checker

    check_opset(model)
    for node in model.graph.node:
        del node.metadata_props[:]
        node.doc_string = ""
    for value in [*model.graph.input, *model.graph.output, *model.graph.value_info, *model.graph.initializer]:
        del value.metadata_props[:]
    del model.graph.metadata_props[:]
    model.ir_version = _IR_VERSION
    checker.check_model(model, full_check=True)
    return model


def _simplified(model: ModelProto) -> ModelProto:
    from onnxsim import simplify

    result, same = simplify(model)
    if not same:
        raise CheckFailedError(
            "onnxsim changed the result of the graph; report this with the versions of onnx, onnxsim"
        )
    simple: ModelProto = result
    return simple
