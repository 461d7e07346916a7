"""The graphs of a network's held form (`networks/held.py`), measured and proven, for its file."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.errors import CheckFailedError
from arllie_deploy.export.networks.context import measure_reaches
from arllie_deploy.export.networks.frames import night_frame
from arllie_deploy.export.networks.graph import fill_with_noise, without_weights
from arllie_deploy.export.networks.onnx import to_plain_model
from arllie_deploy.networks.graph_costs import held_bytes
from arllie_deploy.networks.held import Held, Stage
from arllie_deploy.networks.network import Network
from arllie_deploy.networks.network_file import STAGE_NAME, TILE_NAME
from arllie_deploy.runtimes.held import HeldNetwork
from arllie_deploy.runtimes.network_graph import open_graph, weights_of

if TYPE_CHECKING:
    from onnx import ModelProto
    from torch import nn

Arrays = dict[str, NDArray[Any]]

_PREFIX = "network."
_SIDE = 256


@dataclass(frozen=True)
class HeldGraphs:
    """What goes into a file: the measured facts, and the graphs by their names."""

    facts: Held
    graphs: dict[str, bytes]


def held_graphs(network: Network, state: Arrays) -> HeldGraphs | None:
    """Those of a network; None where its system declares no held form.

    Args:
        network: the whole one.
        state: its weights, float32.

    Raises:
        CheckFailedError: if the graphs do not compute together what the network does, or a tile has no bound.
    """
    import torch

    build = getattr(import_module(network.factory.partition(":")[0]), "build_held", None)
    if build is None:
        return None
    module: Any = build(**network.arguments).eval()
    # As for the graph of whole frames: weights that are alike would become one.
    fill_with_noise(module)
    shapes = _shapes(module, network)
    models = _models(module, network, [channels for channels, _ in shapes])
    module.network.load_state_dict({name: torch.from_numpy(values) for name, values in state.items()})
    facts = _measure(network, module, models, shapes)
    graphs = {
        name: without_weights(model, network, state).SerializeToString(deterministic=True)
        for name, model in models.items()
    }
    _prove(network, facts, module, graphs, state)
    return HeldGraphs(facts, graphs)


def _shapes(module: Any, network: Network) -> list[tuple[int, int]]:
    """Channels of each map, and sides of the frame in sides of the map."""
    side = network.aligned(_SIDE)
    _, *maps = module(_zeros(network.channels, side), _zeros(module.size, 1))
    return [(found.shape[1], side // found.shape[2]) for found in maps]


def _zeros(channels: int, side: int) -> Any:
    import torch

    return torch.zeros(1, channels, side, side)


def _models(module: nn.Module, network: Network, channels: list[int]) -> dict[str, ModelProto]:
    """Tile and stages, cut out of one graph."""
    from onnx.utils import Extractor

    maps = [f"map{index}" for index in range(len(channels))]
    whole = to_plain_model(module, network, None, sum(channels), ["output", *maps])
    _drop_prefix(whole)
    extractor = Extractor(whole)
    models = {
        TILE_NAME: extractor.extract_model(["input", "values"], ["output"]),
        STAGE_NAME.format(0): extractor.extract_model(["input"], maps[:1]),
    }
    for index, (given, made) in enumerate(pairwise(maps), 1):
        models[STAGE_NAME.format(index)] = _renamed(extractor.extract_model([given, "values"], [made]), given)
    return models


def _drop_prefix(model: ModelProto) -> None:
    """Name the weights as in the network's own state."""
    for tensor in model.graph.initializer:
        tensor.name = tensor.name.removeprefix(_PREFIX)
    for node in model.graph.node:
        node.input[:] = [name.removeprefix(_PREFIX) for name in node.input]


def _renamed(model: ModelProto, given: str) -> ModelProto:
    """The same with `input` for what it is given."""
    model.graph.input[0].name = "input"
    for node in model.graph.node:
        node.input[:] = ["input" if name == given else name for name in node.input]
    return model


def _measure(network: Network, module: Any, models: dict[str, ModelProto], shapes: list[tuple[int, int]]) -> Held:
    values = _zeros(module.size, 1).double()
    double = module.double()
    reaches = [_bounded(network, reach) for reach in measure_reaches(lambda frame: double(frame, values), network)]
    module.float()
    tile, *stages = [_pixel_bytes(model, network) for model in models.values()]
    found, before, looked = [], 1, 0
    for (channels, stride), reach, size in zip(shapes, reaches[1:], stages, strict=True):
        # What the map before does not look at itself, in values of that map.
        context = -(-(reach - looked) // before)
        step = stride // before
        found.append(Stage(channels, step, -(-context // step) * step, size))
        before, looked = stride, reach
    context = -(-reaches[0] // network.alignment) * network.alignment
    return Held(context, tile, tuple(found))


def _bounded(network: Network, reach: int | None) -> int:
    if reach is None:
        raise CheckFailedError(f"{network.factory}: its held form looks at the whole frame; it must not")
    return reach


def _pixel_bytes(model: ModelProto, network: Network) -> int:
    size = network.aligned_size((_SIDE, _SIDE))
    return -(-held_bytes(model, size) // (size[0] * size[1]))


def _prove(network: Network, facts: Held, module: Any, graphs: dict[str, bytes], weights: Arrays) -> None:
    """Hold the graphs, with the means that they themselves take of a frame, to the whole network in float64."""
    import torch

    frame = night_frame(network, network.aligned_size((_SIDE, _SIDE // 2)))
    with torch.inference_mode():
        wanted = module.network.double()(torch.from_numpy(frame.astype(np.float64))).numpy()
    sessions = {
        name: open_graph(graph, weights_of(graph, weights), 1, network.weights) for name, graph in graphs.items()
    }
    opened = HeldNetwork(network, facts, 1, sessions)
    values, found, taken = np.zeros((1, facts.size, 1, 1), np.float32), frame, 0
    for index, stage in enumerate(facts.stages):
        found = opened.stage(index, found, values)
        values[:, taken : taken + stage.channels] = found.mean((2, 3), keepdims=True, dtype=np.float64)
        taken += stage.channels
    difference = float(np.abs(opened.tiles(values).infer(frame) - wanted).max())
    if not difference <= network.limits.fp32_max_abs:
        limit = f"{difference:.3g}, limit {network.limits.fp32_max_abs:g}"
        raise CheckFailedError(f"{network.name}: its held graphs differ from the module by up to {limit}")
