"""Graphs cut out of the one graph of a wrapped network, and what is measured of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.errors import CheckFailedError
from arllie_deploy.export.networks.frames import night_frame
from arllie_deploy.export.networks.graph import without_weights
from arllie_deploy.networks.graph_costs import held_bytes
from arllie_deploy.networks.network import Network
from arllie_deploy.runtimes.network_graph import open_graph, weights_of

if TYPE_CHECKING:
    from onnx import ModelProto
    from torch import Tensor

Arrays = dict[str, NDArray[Any]]
Float32 = NDArray[np.float32]

#: Sides of the frames that are measured.
SIDE = 256
_PREFIX = "network."


@dataclass(frozen=True)
class Cut:
    """One graph: from `given` and, where it looks at them, `values` to `made`."""

    given: str
    made: str
    values: bool = True


def cut(whole: ModelProto, cuts: Mapping[str, Cut]) -> dict[str, ModelProto]:
    """Each by its name; what it is given is called `input`, its weights are named as in the network's own state.

    Args:
        whole: the graph of a module whose part `network` is the network.
        cuts: by their names.
    """
    from onnx.utils import Extractor

    for tensor in whole.graph.initializer:
        tensor.name = tensor.name.removeprefix(_PREFIX)
    for node in whole.graph.node:
        node.input[:] = [name.removeprefix(_PREFIX) for name in node.input]
    extractor = Extractor(whole)
    return {name: _renamed(extractor.extract_model(*_ends(each)), each.given) for name, each in cuts.items()}


def _ends(each: Cut) -> tuple[list[str], list[str]]:
    return [each.given, *(["values"] if each.values else [])], [each.made]


def _renamed(model: ModelProto, given: str) -> ModelProto:
    model.graph.input[0].name = "input"
    for node in model.graph.node:
        node.input[:] = ["input" if name == given else name for name in node.input]
    return model


def serialized(models: Mapping[str, ModelProto], network: Network, state: Arrays) -> dict[str, bytes]:
    """The graphs without the weights."""
    return {
        name: without_weights(model, network, state).SerializeToString(deterministic=True)
        for name, model in models.items()
    }


def pixel_bytes(model: ModelProto, network: Network) -> int:
    """As `Figures.pixel_bytes`, per pixel of what the graph is given."""
    size = network.aligned_size((SIDE, SIDE))
    return -(-held_bytes(model, size) // (size[0] * size[1]))


def bounded(network: Network, form: str, reach: int | None) -> int:
    """A reach; `CheckFailedError` if a form looks at the whole frame, which it must not."""
    if reach is None:
        raise CheckFailedError(f"{network.factory}: its {form} form looks at the whole frame; it must not")
    return reach


def sessions(network: Network, graphs: Mapping[str, bytes], weights: Arrays) -> dict[str, Any]:
    """onnxruntime's, by the graphs' names."""
    return {name: open_graph(graph, weights_of(graph, weights), 1, network.weights) for name, graph in graphs.items()}


def proof_frame(network: Network) -> Float32:
    """What the graphs are held to the network on."""
    return night_frame(network, network.aligned_size((SIDE, SIDE // 2)))


def refuse_difference(network: Network, form: str, whole: Any, frame: Float32, found: Float32) -> None:
    """Raise `CheckFailedError` if what the graphs made of the proof frame is not what the network makes in float64."""
    import torch

    with torch.inference_mode():
        wanted: Tensor = whole.double()(torch.from_numpy(frame.astype(np.float64)))
    difference = float(np.abs(found - wanted.numpy()).max())
    if not difference <= network.limits.fp32_max_abs:
        limit = f"{difference:.3g}, limit {network.limits.fp32_max_abs:g}"
        raise CheckFailedError(f"{network.name}: its {form} graphs differ from the module by up to {limit}")
