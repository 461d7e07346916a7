"""The graphs of a network's mapped form (`networks/mapped.py`), for its file."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from arllie_deploy.export.networks.context import measure_reaches
from arllie_deploy.export.networks.cut import SIDE, Cut, Float32, Form, bounded, cut, pixel_bytes
from arllie_deploy.export.networks.onnx import to_plain_model
from arllie_deploy.networks.held import Stage
from arllie_deploy.networks.mapped import Mapped
from arllie_deploy.networks.network import Network
from arllie_deploy.networks.network_file import FIRST_NAME, MAPS_NAME, TILE_NAME
from arllie_deploy.runtimes.mapped import MappedNetwork

if TYPE_CHECKING:
    from onnx import ModelProto
    from torch import Tensor

_CUTS = {
    TILE_NAME: Cut("input", "output"),
    FIRST_NAME: Cut("input", "begun", values=False),
    MAPS_NAME: Cut("begun", "maps", values=False),
}


@dataclass(frozen=True)
class _Shape:
    """Of the first layer's values and of the maps."""

    channels: int
    maps: int
    stride: int


def _models(module: Any, network: Network) -> dict[str, ModelProto]:
    shape = _shape(module, network)
    return cut(to_plain_model(module, network, None, (shape.maps, shape.stride), ["output", "begun", "maps"]), _CUTS)


def _shape(module: Any, network: Network) -> _Shape:
    import torch

    side = network.aligned(SIDE)
    maps = torch.zeros(1, module.map_channels, side // module.stride, side // module.stride)
    _, begun, _ = module(torch.zeros(1, network.channels, side, side), maps)
    return _Shape(begun.shape[1], module.map_channels, module.stride)


def _measure(module: Any, network: Network, models: Mapping[str, ModelProto]) -> Mapped:
    shape, double = _shape(module, network), module.double()

    def run(frame: Tensor) -> tuple[Tensor, Tensor]:
        # The maps are not a number where the frame is not: a tile looks at both.
        place = frame[:, :1, :: shape.stride, :: shape.stride]
        output, begun, _ = double(frame, place.expand(-1, shape.maps, -1, -1))
        return output, begun

    reaches = [bounded(network, "mapped", reach) for reach in measure_reaches(run, network)]
    module.float()
    context, around = (
        -(-reach // unit) * unit for reach, unit in zip(reaches, (network.alignment, shape.stride), strict=True)
    )
    tile = _with_maps_of(models[TILE_NAME], network, shape.stride)
    first = Stage(shape.channels, shape.stride, around, pixel_bytes(models[FIRST_NAME], network))
    return Mapped(context, pixel_bytes(tile, network), first)


def _with_maps_of(model: ModelProto, network: Network, stride: int) -> ModelProto:
    """A copy whose maps have the sides that belong to the measured frame."""
    sized = deepcopy(model)
    for axis in (2, 3):
        sized.graph.input[1].type.tensor_type.shape.dim[axis].dim_value = network.aligned(SIDE) // stride
    return sized


def _run(network: Network, facts: Mapped, sessions: Mapping[str, Any], frame: Float32) -> Float32:
    opened = MappedNetwork(network, facts, 1, sessions)
    return opened.tile(opened.maps(opened.first(frame))).infer(frame)


MAPPED = Form("mapped", "build_mapped", _models, _measure, _run)
