"""The graphs of a network's held form (`networks/held.py`), for its file."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from arllie_deploy.export.networks.context import measure_reaches
from arllie_deploy.export.networks.cut import SIDE, Cut, Float32, Form, bounded, cut, pixel_bytes
from arllie_deploy.export.networks.onnx import to_plain_model
from arllie_deploy.networks.held import Held, Stage
from arllie_deploy.networks.network import Network
from arllie_deploy.networks.network_file import STAGE_NAME, TILE_NAME
from arllie_deploy.runtimes.held import HeldNetwork

if TYPE_CHECKING:
    from onnx import ModelProto


def _shapes(module: Any, network: Network) -> list[tuple[int, int]]:
    """Channels of each map, and sides of the frame in sides of the map."""
    side = network.aligned(SIDE)
    _, *maps = module(_zeros(network.channels, side), _zeros(module.size, 1))
    return [(found.shape[1], side // found.shape[2]) for found in maps]


def _zeros(channels: int, side: int) -> Any:
    import torch

    return torch.zeros(1, channels, side, side)


def _models(module: Any, network: Network) -> dict[str, ModelProto]:
    """Tile and stages."""
    channels = [channels for channels, _ in _shapes(module, network)]
    maps = [f"map{index}" for index in range(len(channels))]
    whole = to_plain_model(module, network, None, (sum(channels), None), ["output", *maps])
    cuts = {TILE_NAME: Cut("input", "output"), STAGE_NAME.format(0): Cut("input", maps[0], values=False)}
    cuts |= {STAGE_NAME.format(index): Cut(given, made) for index, (given, made) in enumerate(pairwise(maps), 1)}
    return cut(whole, cuts)


def _measure(module: Any, network: Network, models: Mapping[str, ModelProto]) -> Held:
    shapes, values = _shapes(module, network), _zeros(module.size, 1).double()
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


def _run(network: Network, facts: Held, sessions: Mapping[str, Any], frame: Float32) -> Float32:
    """With the means that the graphs themselves take of the frame."""
    opened = HeldNetwork(network, facts, 1, sessions)
    values, found, taken = np.zeros((1, facts.size, 1, 1), np.float32), frame, 0
    for index, stage in enumerate(facts.stages):
        found = opened.stage(index, found, values)
        values[:, taken : taken + stage.channels] = found.mean((2, 3), keepdims=True, dtype=np.float64)
        taken += stage.channels
    return opened.tiles(values).infer(frame)


HELD = Form("held", "build_held", _models, _measure, _run)
