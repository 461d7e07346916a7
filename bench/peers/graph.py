"""Writes a peer as ONNX: NCHW, any size, float32, seeded random weights."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from arllie_deploy.bench.peers.base import Peer

if TYPE_CHECKING:
    from onnx import ModelProto, NodeProto, TensorProto

# As the exporter writes: read by onnxruntime 1.12 and later.
_OPSET, _IR_VERSION = 17, 8
_SEED = 0
# Beginning of an initializer's name: trained numbers, which are counted, and all others, which are not.
TRAINED, FIXED = "trained", "fixed"
_BIAS_DEVIATION = 0.01


@dataclass(frozen=True)
class Value:
    """A tensor of the graph, (1, channels, height, width)."""

    name: str
    channels: int


@dataclass(frozen=True)
class Kernel:
    """The weights of one convolution, which several nodes may share."""

    weight: str
    bias: str
    outputs: int
    side: int
    groups: int


@dataclass(frozen=True)
class Normalization:
    """Scale and shift of one batch normalization, with its fixed statistics."""

    names: tuple[str, str, str, str]


class GraphWriter:
    """Collects nodes and initializers.

    Args:
        seed: of the weights, which keep the size of a value about the same from layer to layer.
    """

    def __init__(self, seed: int) -> None:
        self._random = np.random.default_rng(seed)
        self.nodes: list[NodeProto] = []
        self.initializers: list[TensorProto] = []

    def kernel(self, inputs: int, outputs: int, side: int = 3, groups: int = 1) -> Kernel:
        """New weights of a convolution with `inputs` channels in and `outputs` out."""
        fan_in = inputs // groups * side * side
        weight = self._random.normal(0, 1 / math.sqrt(fan_in), (outputs, inputs // groups, side, side))
        bias = self._random.normal(0, _BIAS_DEVIATION, outputs)
        return Kernel(self._store(TRAINED, weight), self._store(TRAINED, bias), outputs, side, groups)

    def normalization(self, channels: int) -> Normalization:
        """New scale and shift; mean 0 and variance 1 are statistics."""
        ones, zeros = np.ones(channels), np.zeros(channels)
        trained = (self._store(TRAINED, ones), self._store(TRAINED, zeros))
        return Normalization((*trained, self._store(FIXED, zeros), self._store(FIXED, ones)))

    def trained(self, shape: Sequence[int], around: float) -> str:
        """New trained numbers near a value."""
        return self._store(TRAINED, self._random.normal(around, _BIAS_DEVIATION, shape))

    def fixed(self, value: ArrayLike, dtype: type[np.generic] = np.float32) -> str:
        """A constant of the architecture."""
        return self._store(FIXED, np.asarray(value), dtype)

    def convolve(self, source: Value, kernel: Kernel, dilation: int = 1) -> Value:
        """A convolution with stride 1 and zero padding that keeps the size."""
        border = kernel.side // 2 * dilation
        name = self.node(
            "Conv",
            source.name,
            kernel.weight,
            kernel.bias,
            kernel_shape=[kernel.side] * 2,
            pads=[border] * 4,
            dilations=[dilation] * 2,
            group=kernel.groups,
        )
        return Value(name, kernel.outputs)

    def conv(self, source: Value, outputs: int, side: int = 3, *, groups: int = 1, dilation: int = 1) -> Value:
        """A convolution with weights of its own."""
        return self.convolve(source, self.kernel(source.channels, outputs, side, groups), dilation)

    def normalize(self, source: Value, normalization: Normalization) -> Value:
        """Batch normalization as at inference, which engines fold into the convolution before it."""
        return Value(self.node("BatchNormalization", source.name, *normalization.names), source.channels)

    def apply(self, kind: str, source: Value, *others: Value | str, **attributes: Any) -> Value:
        """A node that keeps the number of channels; a string names an initializer."""
        names = [other if isinstance(other, str) else other.name for other in others]
        return Value(self.node(kind, source.name, *names, **attributes), source.channels)

    def clamp(self, source: Value, low: float, high: float) -> Value:
        """`source` limited to [low, high]."""
        return self.apply("Clip", source, self.fixed(low), self.fixed(high))

    def concatenate(self, *sources: Value) -> Value:
        """The channels of all, in order."""
        name = self.node("Concat", *(source.name for source in sources), axis=1)
        return Value(name, sum(source.channels for source in sources))

    def node(self, kind: str, *inputs: str, **attributes: Any) -> str:
        """Any node with one output; its name."""
        from onnx import helper

        name = f"{kind.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [name], name=name, **attributes))
        return name

    def _store(self, sort: str, value: NDArray[Any], dtype: type[np.generic] = np.float32) -> str:
        from onnx import numpy_helper

        name = f"{sort}_{len(self.initializers)}"
        self.initializers.append(numpy_helper.from_array(value.astype(dtype), name))
        return name


def to_model(peer: Peer) -> ModelProto:
    """The peer's graph: `input` and `output` are (1, 3, height, width) float32; the same bytes every time."""
    from onnx import TensorProto, checker, helper

    writer = GraphWriter(_SEED)
    result = peer.build(writer, Value("input", 3))
    writer.nodes.append(helper.make_node("Identity", [result.name], ["output"], name="output"))

    def value(name: str) -> Any:
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 3, "height", "width"])

    graph = helper.make_graph(
        writer.nodes, f"peer_{peer.name}", [value("input")], [value("output")], writer.initializers, peer.label
    )
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=_IR_VERSION, producer_name="arllie-deploy"
    )
    checker.check_model(model, full_check=True)
    return model


def count_parameters(model: ModelProto) -> int:
    """Trained numbers of a peer's graph."""
    return sum(math.prod(each.dims) for each in model.graph.initializer if each.name.startswith(TRAINED))
