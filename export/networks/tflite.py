"""TFLite through litert-torch and ai-edge-quantizer: NHWC, one file per size; the same input gives the same bytes.

int16x8 is not offered: ai-edge-quantizer leaves LEAKY_RELU, clamps and DEPTH_TO_SPACE in float there too, and
TensorFlow's way from a .tflite to int16x8 goes through a quantizer that it calls deprecated itself.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import numpy as np

from arllie_deploy.errors import ArllieError
from arllie_deploy.export.metadata import tool_versions
from arllie_deploy.export.networks.floats import kept
from arllie_deploy.export.networks.frames import Size
from arllie_deploy.export.networks.metadata import network_metadata
from arllie_deploy.export.networks.module import module_to_write
from arllie_deploy.export.networks.request import NetworkRequest
from arllie_deploy.export.networks.tflite_graph import TfliteGraph
from arllie_deploy.export.networks.tflite_integers import Ranges, float_operators, half_weights, observe, quantized
from arllie_deploy.export.networks.tflite_listed import with_listed_operators
from arllie_deploy.export.networks.tflite_moves import shorten_moves
from arllie_deploy.export.networks.tflite_ranges import share_ranges
from arllie_deploy.export.request import Written
from arllie_deploy.networks.network import Network

if TYPE_CHECKING:
    from torch import nn

_TOOLS = ("torch", "litert-torch", "ai-edge-quantizer", "ai-edge-litert")
_SCHEMA = "tflite 3"


def write(request: NetworkRequest) -> Written:
    """Write one file per size. Weights of fp16 are half precision; int8 has int8 input and output."""
    network, tools = request.network, tool_versions(_TOOLS)
    module = module_to_write(network, request.precision)
    floats = {size: _float(module, request, size) for size in request.files}
    ranges = _ranges(module, request, floats) if request.precision == "int8" else {}
    for size, path in request.files.items():
        graph = TfliteGraph(_in_precision(floats[size], request.precision, ranges))
        split_clamps(graph)
        graph.describe(network_metadata(request, layout="NHWC", size=size, schema=_SCHEMA, tools=tools))
        path.write_bytes(graph.to_bytes())
    islands = sorted(set(float_operators(graph))) if request.precision == "int8" else []
    facts = {"float_operators": islands} if request.precision == "int8" else {}
    return Written(operators=graph.kinds(), layout="NHWC", tools=tools, facts=facts)


def convert(module: nn.Module, network: Network, size: Size) -> bytes:
    """A module in eval mode as a float32 model for one size (width, height), of operators that delegates know."""
    # Before the import: notices about the machine are not about the user's model.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import litert_torch
    import torch

    class ChannelsLast(torch.nn.Module):
        """Its permutations cancel the converter's own, so that the file holds none."""

        def __init__(self) -> None:
            super().__init__()
            self.network = module

        def forward(self, frame: torch.Tensor) -> torch.Tensor:
            result: torch.Tensor = self.network(frame.permute(0, 3, 1, 2)).permute(0, 2, 3, 1)
            return result

    sample = torch.zeros(1, size[1], size[0], network.channels)
    try:
        model = litert_torch.convert(ChannelsLast().eval(), (sample,))
    except Exception as error:  # whatever torch.export, MLIR or the converter raise
        reason = str(error).strip().splitlines()[0]
        raise ArllieError(f"litert-torch could not convert {network.name} at {size[0]}x{size[1]}: {reason}") from error
    return with_listed_operators(shorten_moves(bytes(model.model_content())))


def split_clamps(graph: TfliteGraph) -> None:
    """Write RELU_0_TO_1 as MINIMUM and RELU: it is a recent operator, which no delegate's list has."""
    for operator in [one for one in graph.operators if graph.kind(one) == "RELU_0_TO_1"]:
        source, result = int(operator.inputs[0]), int(operator.outputs[0])
        below = graph.add_like(result, ";below")
        one = graph.add_constant(graph.name(result) + ";one", np.array(1.0, np.float32))
        place = next(index for index, other in enumerate(graph.operators) if other is operator)
        graph.operators[place : place + 1] = [
            graph.make("MINIMUM", 1, [source, one], below, "MaximumMinimumOptions"),
            graph.make("RELU", 1, [below], result),
        ]


def _in_precision(model: bytes, precision: str, ranges: Ranges) -> bytes:
    if precision == "int8":
        return quantized(model, ranges)
    return half_weights(model) if precision == "fp16" else model


def _float(module: nn.Module, request: NetworkRequest, size: Size) -> bytes:
    return kept(request, size, ".tflite", lambda: convert(module, request.network, size))


def _ranges(module: nn.Module, request: NetworkRequest, floats: dict[Size, bytes]) -> Ranges:
    """Of the tensors at the size of the calibration frames; their names are the same at every size."""
    height, width = request.calibration[0].shape[2:]
    size = (int(width), int(height))
    model = floats.get(size) or _float(module, request, size)
    frames = [np.ascontiguousarray(np.moveaxis(frame, 1, 3)) for frame in request.calibration]
    ranges = observe(model, frames, request.percentile, request.network.value_range)
    if request.delegate is not None:
        share_ranges(TfliteGraph(model), ranges)
    return ranges
