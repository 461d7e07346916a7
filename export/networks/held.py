"""The graphs of a network's held form, proven and measured, for its file.

A factory's module that has a `build_held` beside it declares that its network looks at whole frames through means
alone. What is stored of that is measured: how far a tile and each stage look, how many channels and which size the maps
have.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.errors import CheckFailedError
from arllie_deploy.export.networks.context import measure_context
from arllie_deploy.export.networks.frames import night_frame
from arllie_deploy.export.networks.graph import without_weights
from arllie_deploy.export.networks.onnx import to_plain_model
from arllie_deploy.networks.graph_costs import held_bytes
from arllie_deploy.networks.held import Held, HeldForm, Stage
from arllie_deploy.networks.network import Network
from arllie_deploy.networks.network_file import STAGE_NAME, TILE_NAME
from arllie_deploy.runtimes.network_graph import open_graph, weights_of

if TYPE_CHECKING:
    import torch
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
    """Those of a network; None where its factory has no held form.

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
    form: HeldForm = build(**network.arguments)
    form.network.load_state_dict({name: torch.from_numpy(values) for name, values in state.items()})
    maps = _maps(form, network)
    given = [network, *(_given(network, found.shape[1]) for found in maps[:-1])]
    models = [
        to_plain_model(form.tile, network, None, ("values", sum(found.shape[1] for found in maps))),
        to_plain_model(form.stages[0], network, None),
        *(
            to_plain_model(stage, facts, None, ("mean", facts.channels))
            for stage, facts in zip(form.stages[1:], given[1:], strict=True)
        ),
    ]
    names = [TILE_NAME, *(STAGE_NAME.format(index) for index in range(len(maps)))]
    graphs = {}
    for name, model in zip(names, models, strict=True):
        _drop_prefix(model)
        graphs[name] = without_weights(model, network, state).SerializeToString(deterministic=True)
    _prove(network, form, graphs, state)
    return HeldGraphs(_measure(network, form, models, given, maps), graphs)


def _given(network: Network, channels: int) -> Network:
    """A stage's input as the facts of a network."""
    return replace(network, channels=channels, scale=1, alignment=2, minimum=4)


def _maps(form: HeldForm, network: Network) -> list[torch.Tensor]:
    """The maps of a small black frame, each held by the means before."""
    import torch

    side = network.aligned(2 * network.minimum)
    found: list[torch.Tensor] = []
    with torch.inference_mode():
        for stage in form.stages:
            taken = (found[-1], _mean(found[-1])) if found else (torch.zeros(1, network.channels, side, side),)
            found.append(stage(*taken))
    return found


def _mean(found: torch.Tensor) -> torch.Tensor:
    return found.mean((2, 3), keepdim=True)


def _drop_prefix(model: ModelProto) -> None:
    """Name the weights as in the network's own state."""
    for tensor in model.graph.initializer:
        tensor.name = tensor.name.removeprefix(_PREFIX)
    for node in model.graph.node:
        node.input[:] = [name.removeprefix(_PREFIX) for name in node.input]


def _measure(
    network: Network, form: HeldForm, models: list[ModelProto], given: list[Network], maps: list[torch.Tensor]
) -> Held:
    import torch

    for module in (form.tile, *form.stages):
        module.double()
    values = torch.zeros(1, sum(found.shape[1] for found in maps), 1, 1, dtype=torch.float64)
    sides = [network.aligned(2 * network.minimum), *(found.shape[2] for found in maps)]
    stages = []
    for index, (stage, facts) in enumerate(zip(form.stages, given, strict=True)):
        stride = sides[index] // sides[index + 1]
        aligned = replace(facts, scale=1, alignment=stride, minimum=4 * stride)
        context = _bounded(network, measure_context(_with_zeros(stage, index, facts.channels), aligned, stride))
        stages.append(Stage(maps[index].shape[1], stride, context, _pixel_bytes(models[1 + index], network)))
    context = _bounded(network, measure_context(lambda frame: form.tile(frame, values), network))
    return Held(context, _pixel_bytes(models[0], network), tuple(stages))


def _with_zeros(stage: nn.Module, index: int, channels: int) -> Any:
    import torch

    mean = torch.zeros(1, channels, 1, 1, dtype=torch.float64)
    return stage if index == 0 else lambda given: stage(given, mean)


def _bounded(network: Network, context: int | None) -> int:
    if context is None:
        raise CheckFailedError(f"{network.factory}: its held form looks at the whole frame; it must not")
    return context


def _pixel_bytes(model: ModelProto, network: Network) -> int:
    size = network.aligned_size((_SIDE, _SIDE))
    return -(-held_bytes(model, size) // (size[0] * size[1]))


def _prove(network: Network, form: HeldForm, graphs: dict[str, bytes], weights: Arrays) -> None:
    """Hold the graphs, with the means that they themselves take of a frame, to the whole network in float64."""
    import torch

    frame = night_frame(network, network.aligned_size((_SIDE, _SIDE // 2)))
    with torch.inference_mode():
        wanted = form.network.double()(torch.from_numpy(frame.astype(np.float64))).numpy()
    form.network.float()
    sessions = [open_graph(graph, weights_of(graph, weights), 1, network.weights) for graph in graphs.values()]
    means: list[NDArray[np.float32]] = []
    found = frame
    for session in sessions[1:]:
        found = session.run(None, {"input": found, **({"mean": means[-1]} if means else {})})[0]
        means.append(found.mean((2, 3), keepdims=True, dtype=np.float64).astype(np.float32))
    output = sessions[0].run(None, {"input": frame, "values": np.concatenate(means, 1)})[0]
    difference = float(np.abs(output - wanted).max())
    if not difference <= network.limits.fp32_max_abs:
        limit = f"{difference:.3g}, limit {network.limits.fp32_max_abs:g}"
        raise CheckFailedError(f"{network.name}: its held graphs differ from the module by up to {limit}")
