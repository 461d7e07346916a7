"""The graph of the mixed filters in the project's words, and in ONNX."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.epilogues.operators import Add, Clamp, Multiply
from arllie_deploy.export.adaptive.mixing import Mixing
from arllie_deploy.export.adaptive.nodes import Nodes

if TYPE_CHECKING:
    from onnx import ModelProto


@dataclass(frozen=True, eq=False)
class Filters:
    """output = kernel ∗ input, no bias: stride 1, `kernel` (out, in, n, n), zero padding (n − 1) / 2."""

    kernel: NDArray[np.float32]
    input: str
    output: str


@dataclass(frozen=True, eq=False)
class MixedGraph:
    """Operators in order of execution; `y` is the frame in [0, 1], the last one's output is the result.

    Attributes:
        operators: as they run.
        factors: value that is an input beside the frame -> its channels; it is the same at every pixel.
    """

    operators: tuple[Multiply | Filters | Add | Clamp, ...]
    factors: Mapping[str, int]


def mixed_graph(mixing: Mixing) -> MixedGraph:
    """The graph z = clamp(sum ∗ (scales · (filters ∗ (exposure · y))) + offsets, 0, 1).

    The sum over the filters of an output channel is a 1×1 convolution with constants: every accelerator has one, and it
    adds before it rounds.
    """
    count = len(mixing.filters)
    total = np.zeros((3, count, 1, 1), np.float32)
    total[np.arange(count) % 3, np.arange(count), 0, 0] = np.repeat(1.0 / mixing.magnified, 3)
    return MixedGraph(
        (
            Multiply("y", "exposure", "exposed"),
            Filters(mixing.filters.astype(np.float32), "exposed", "responses"),
            Multiply("responses", "scales", "scaled"),
            Filters(total, "scaled", "mixed"),
            Add("mixed", "offsets", "u"),
            Clamp("u", 0.0, 1.0, "z"),
        ),
        {"exposure": 1, "scales": count, "offsets": 3},
    )


def mixed_model(graph: MixedGraph) -> ModelProto:
    """The graph in ONNX, float32: `input` (1, 3, height, width), factors (1, channels, 1, 1) -> `output`."""
    nodes = Nodes()
    last = graph.operators[-1].output
    names = {"y": "input", last: "output"}

    def name(value: str) -> str:
        return names.get(value, value)

    for operator in graph.operators:
        output = name(operator.output)
        match operator:
            case Multiply() | Add():
                kind = "Mul" if isinstance(operator, Multiply) else "Add"
                nodes.add(kind, name(operator.left), name(operator.right), output=output)
            case Filters():
                side = operator.kernel.shape[2]
                shape = {"kernel_shape": [side, side], "pads": [side // 2] * 4}
                nodes.add("Conv", name(operator.input), nodes.constant(operator.kernel), output=output, **shape)
            case Clamp():
                bounds = (nodes.constant(operator.low), nodes.constant(operator.high))
                nodes.add("Clip", name(operator.input), *bounds, output=output)
    frame: tuple[Any, Sequence[int | str]] = (np.float32, [1, 3, "height", "width"])
    given = {factor: (np.float32, [1, channels, 1, 1]) for factor, channels in graph.factors.items()}
    return nodes.model("mixed_filters", {"input": frame, **given}, {"output": frame})
