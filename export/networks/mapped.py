"""The graphs of a network's mapped form (`networks/mapped.py`), measured and proven, for its file."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

from arllie_deploy.export.networks.context import measure_reaches
from arllie_deploy.export.networks.cut import (
    SIDE,
    Arrays,
    Cut,
    bounded,
    cut,
    pixel_bytes,
    proof_frame,
    refuse_difference,
    serialized,
    sessions,
)
from arllie_deploy.export.networks.graph import fill_with_noise
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
class MappedGraphs:
    """What goes into a file: the measured facts, and the graphs by their names."""

    facts: Mapped
    graphs: dict[str, bytes]


@dataclass(frozen=True)
class _Shape:
    """Of the first layer's values and of the maps."""

    channels: int
    maps: int
    stride: int


def mapped_graphs(network: Network, state: Arrays) -> MappedGraphs | None:
    """Those of a network; None where its system declares no mapped form, or not with its arguments.

    Args:
        network: the whole one.
        state: its weights, float32.

    Raises:
        CheckFailedError: if the graphs do not compute together what the network does, or a tile has no bound.
    """
    import torch

    build = getattr(import_module(network.factory.partition(":")[0]), "build_mapped", None)
    module: Any = None if build is None else build(**network.arguments)
    if module is None:
        return None
    # As for the graph of whole frames: weights that are alike would become one.
    fill_with_noise(module.eval())
    shape = _shape(module, network)
    whole = to_plain_model(module, network, None, (shape.maps, shape.stride), ["output", "begun", "maps"])
    models = cut(whole, _CUTS)
    module.network.load_state_dict({name: torch.from_numpy(values) for name, values in state.items()})
    facts = _measure(network, module, models, shape)
    graphs = serialized(models, network, state)
    frame = proof_frame(network)
    opened = MappedNetwork(network, facts, 1, sessions(network, graphs, state))
    found = opened.tile(opened.maps(opened.first(frame))).infer(frame)
    refuse_difference(network, "mapped", module.network, frame, found)
    return MappedGraphs(facts, graphs)


def _shape(module: Any, network: Network) -> _Shape:
    import torch

    side = network.aligned(SIDE)
    maps = torch.zeros(1, module.map_channels, side // module.stride, side // module.stride)
    _, begun, _ = module(torch.zeros(1, network.channels, side, side), maps)
    return _Shape(begun.shape[1], module.map_channels, module.stride)


def _measure(network: Network, module: Any, models: dict[str, ModelProto], shape: _Shape) -> Mapped:

    double = module.double()

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
