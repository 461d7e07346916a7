"""The graphs of a network's held form (`networks/held.py`), measured and proven, for its file."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

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
from arllie_deploy.networks.held import Held, Stage
from arllie_deploy.networks.network import Network
from arllie_deploy.networks.network_file import STAGE_NAME, TILE_NAME
from arllie_deploy.runtimes.held import HeldNetwork

if TYPE_CHECKING:
    from onnx import ModelProto
    from torch import nn


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
    graphs = serialized(models, network, state)
    _prove(network, facts, module, graphs, state)
    return HeldGraphs(facts, graphs)


def _shapes(module: Any, network: Network) -> list[tuple[int, int]]:
    """Channels of each map, and sides of the frame in sides of the map."""
    side = network.aligned(SIDE)
    _, *maps = module(_zeros(network.channels, side), _zeros(module.size, 1))
    return [(found.shape[1], side // found.shape[2]) for found in maps]


def _zeros(channels: int, side: int) -> Any:
    import torch

    return torch.zeros(1, channels, side, side)


def _models(module: nn.Module, network: Network, channels: list[int]) -> dict[str, ModelProto]:
    """Tile and stages."""
    maps = [f"map{index}" for index in range(len(channels))]
    whole = to_plain_model(module, network, None, (sum(channels), None), ["output", *maps])
    cuts = {TILE_NAME: Cut("input", "output"), STAGE_NAME.format(0): Cut("input", maps[0], values=False)}
    cuts |= {STAGE_NAME.format(index): Cut(given, made) for index, (given, made) in enumerate(pairwise(maps), 1)}
    return cut(whole, cuts)


def _measure(network: Network, module: Any, models: dict[str, ModelProto], shapes: list[tuple[int, int]]) -> Held:
    values = _zeros(module.size, 1).double()
    double = module.double()
    found = measure_reaches(lambda frame: double(frame, values), network)
    reaches = [bounded(network, "held", reach) for reach in found]
    module.float()
    tile, *sizes = [pixel_bytes(model, network) for model in models.values()]
    stages, before, looked = [], 1, 0
    for (channels, stride), reach, size in zip(shapes, reaches[1:], sizes, strict=True):
        # What the map before does not look at itself, in values of that map.
        context = -(-(reach - looked) // before)
        step = stride // before
        stages.append(Stage(channels, step, -(-context // step) * step, size))
        before, looked = stride, reach
    context = -(-reaches[0] // network.alignment) * network.alignment
    return Held(context, tile, tuple(stages))


def _prove(network: Network, facts: Held, module: Any, graphs: dict[str, bytes], weights: Arrays) -> None:
    """Hold the graphs, with the means that they themselves take of a frame, to the whole network in float64."""
    frame = proof_frame(network)
    opened = HeldNetwork(network, facts, 1, sessions(network, graphs, weights))
    values, found, taken = np.zeros((1, facts.size, 1, 1), np.float32), frame, 0
    for index, stage in enumerate(facts.stages):
        found = opened.stage(index, found, values)
        values[:, taken : taken + stage.channels] = found.mean((2, 3), keepdims=True, dtype=np.float64)
        taken += stage.channels
    refuse_difference(network, "held", module.network, frame, opened.tiles(values).infer(frame))
