"""Forms of a network in several graphs, cut out of the one graph of a wrapped network, measured and proven."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.errors import CheckFailedError
from arllie_deploy.export.networks.frames import night_frame
from arllie_deploy.export.networks.graph import fill_with_noise, without_weights
from arllie_deploy.networks.graph_costs import held_bytes
from arllie_deploy.networks.network import Network
from arllie_deploy.runtimes.network_graph import open_graph, weights_of

if TYPE_CHECKING:
    from onnx import ModelProto
    from torch import Tensor

Arrays = dict[str, NDArray[Any]]
Float32 = NDArray[np.float32]
Facts = TypeVar("Facts")

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


def pixel_bytes(model: ModelProto, network: Network) -> int:
    """As `Figures.pixel_bytes`, per pixel of what the graph is given."""
    size = network.aligned_size((SIDE, SIDE))
    return -(-held_bytes(model, size) // (size[0] * size[1]))


def bounded(network: Network, form: str, reach: int | None) -> int:
    """A reach; `CheckFailedError` if a form looks at the whole frame, which it must not."""
    if reach is None:
        raise CheckFailedError(f"{network.factory}: its {form} form looks at the whole frame; it must not")
    return reach


@dataclass(frozen=True)
class FormGraphs(Generic[Facts]):
    """What goes into a file: the measured facts, and the graphs without their weights, by their names."""

    facts: Facts
    graphs: dict[str, bytes]


@dataclass(frozen=True)
class Form(Generic[Facts]):
    """A form of a network in several graphs.

    Attributes:
        name: in messages.
        builder: of its module, a function beside the network's factory; it gives None where the network has no such
            form. The module's part `network` is the network.
        models: the graphs of the module, by their names.
        measure: what a frame's parts need, of the module with its weights and of the graphs.
        run: what the graphs make together of a frame, by onnxruntime's sessions.
    """

    name: str
    builder: str
    models: Callable[[Any, Network], dict[str, ModelProto]]
    measure: Callable[[Any, Network, Mapping[str, ModelProto]], Facts]
    run: Callable[[Network, Facts, Mapping[str, Any], Float32], Float32]


def form_graphs(form: Form[Facts], network: Network, state: Arrays) -> FormGraphs[Facts] | None:
    """Those of a network; None where its system declares no such form, or not with its arguments.

    Args:
        form: which.
        network: the whole one.
        state: its weights, float32.

    Raises:
        CheckFailedError: if the graphs do not compute together what the network does, or a tile has no bound.
    """
    import torch

    build = getattr(import_module(network.factory.partition(":")[0]), form.builder, None)
    module: Any = None if build is None else build(**network.arguments)
    if module is None:
        return None
    # As for the graph of whole frames: weights that are alike would become one.
    fill_with_noise(module.eval())
    models = form.models(module, network)
    module.network.load_state_dict({name: torch.from_numpy(values) for name, values in state.items()})
    facts = form.measure(module, network, models)
    graphs = {
        name: without_weights(model, network, state).SerializeToString(deterministic=True)
        for name, model in models.items()
    }
    sessions = {name: open_graph(graph, weights_of(graph, state), 1, network.weights) for name, graph in graphs.items()}
    frame = night_frame(network, network.aligned_size((SIDE, SIDE // 2)))
    _refuse_difference(network, form.name, module.network, frame, form.run(network, facts, sessions, frame))
    return FormGraphs(facts, graphs)


def _refuse_difference(network: Network, form: str, whole: Any, frame: Float32, found: Float32) -> None:
    """Raise `CheckFailedError` if what the graphs made of a frame is not what the network makes in float64."""
    import torch

    with torch.inference_mode():
        wanted: Tensor = whole.double()(torch.from_numpy(frame.astype(np.float64)))
    difference = float(np.abs(found - wanted.numpy()).max())
    if not difference <= network.limits.fp32_max_abs:
        limit = f"{difference:.3g}, limit {network.limits.fp32_max_abs:g}"
        raise CheckFailedError(f"{network.name}: its {form} graphs differ from the module by up to {limit}")
