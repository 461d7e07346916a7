"""The graph of a network without its weights, which onnxruntime is given when it opens a network's file (ADR 13)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.errors import CheckFailedError
from arllie_deploy.export.networks.module import build_module
from arllie_deploy.export.networks.onnx import to_plain_model
from arllie_deploy.networks.network import Network

if TYPE_CHECKING:
    from onnx import ModelProto, TensorProto
    from torch import nn

# Marks a weight as to be given; it is the name of no file.
_LOCATION = "weights"
_MOST_BYTES = 200_000


def weightless_graph(network: Network) -> ModelProto:
    """The graph for every size, the data of each weight left out; the same for all weights of a structure.

    Raises:
        ArllieError: if the network cannot be written for every size.
        CheckFailedError: if a weight does not reach the graph as it is, or the rest of it is too large.
    """
    import torch

    module = build_module(network)
    fill_with_noise(module)
    model = to_plain_model(module, network, None)
    weights = {name: values.numpy() for name, values in module.state_dict().items() if values.dtype == torch.float32}
    _undo_reshapes(model, weights)
    found = {tensor.name: tensor for tensor in model.graph.initializer if tensor.name in weights}
    lost = [name for name, values in weights.items() if name not in found or not _holds(found[name], values)]
    if lost:
        raise CheckFailedError(
            f"{network.factory}: {lost[0]} (of {len(lost)}) does not reach the graph as it is; the module must use its "
            "weights without arithmetic on them"
        )
    return without_weights(model, network, weights)


def without_weights(model: ModelProto, network: Network, weights: Collection[str]) -> ModelProto:
    """The same graph, the data of the named weights left out.

    Raises:
        CheckFailedError: if the rest of it is too large.
    """
    for tensor in model.graph.initializer:
        if tensor.name in weights:
            _leave_out(tensor)
    size = len(model.SerializeToString())
    if size > _MOST_BYTES:
        raise CheckFailedError(f"{network.factory}: the graph without weights has {size} bytes, limit {_MOST_BYTES}")
    return model


def fill_with_noise(module: nn.Module) -> None:
    """Give every float of a module a seeded value of its own, so that no two weights are alike."""
    import torch

    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for values in module.state_dict().values():
            if values.is_floating_point():
                values.copy_(torch.rand(values.shape, generator=generator) + 0.5)


def _undo_reshapes(model: ModelProto, weights: Mapping[str, NDArray[Any]]) -> None:
    """Write down how a weight comes to another shape where the exporter has computed it, as it does for PReLU."""
    from onnx import helper, numpy_helper

    there = {tensor.name for tensor in model.graph.initializer}
    for tensor in list(model.graph.initializer):
        values = numpy_helper.to_array(tensor)
        names = [name for name in weights.keys() - there if np.array_equal(weights[name].ravel(), values.ravel())]
        if tensor.name in weights or not names:
            continue
        shape = numpy_helper.from_array(np.array(values.shape, np.int64), f"{tensor.name}.shape")
        model.graph.node.insert(0, helper.make_node("Reshape", [names[0], shape.name], [tensor.name]))
        tensor.CopyFrom(numpy_helper.from_array(weights[names[0]], names[0]))
        model.graph.initializer.append(shape)


def _holds(tensor: TensorProto, values: NDArray[Any]) -> bool:
    from onnx import numpy_helper

    return np.array_equal(numpy_helper.to_array(tensor), values)


def _leave_out(tensor: TensorProto) -> None:
    from onnx import TensorProto as Kinds

    for field in ("raw_data", "float_data"):
        tensor.ClearField(field)
    tensor.data_location = Kinds.EXTERNAL
    entry = tensor.external_data.add()
    entry.key, entry.value = "location", _LOCATION
