"""Where QNN gives up: it takes a graph as a whole, and its message names no operator."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from arllie_deploy.runtimes.qnn import left_to_processor

if TYPE_CHECKING:
    from onnx import ModelProto, NodeProto

_MOVED_TO_INTEGERS = ("QuantizeLinear", "DequantizeLinear")


def first_unbuilt(path: Path) -> str:
    """The node of an .onnx with QDQ pairs with which QNN can no longer build the graph: "Kind (name)".

    All nodes before it are built with it; alone, each of them may well be built.

    Args:
        path: a graph that QNN cannot build as a whole.
    """
    import onnx

    model = onnx.shape_inference.infer_shapes(onnx.load(path))
    nodes = [node for node in model.graph.node if node.op_type not in _MOVED_TO_INTEGERS]
    with tempfile.TemporaryDirectory(prefix="arllie-qnn-") as scratch:
        part = Path(scratch) / "part.onnx"
        found = nodes[first_failing(len(nodes), lambda last: _is_built(model, nodes[: last + 1], part))]
    return f"{found.op_type} ({found.name})"


def first_failing(count: int, works: Callable[[int], bool]) -> int:
    """The least index that does not work, if all before it do; the last one is known not to, and is not tried."""
    low, high = 0, count - 1
    while low < high:
        middle = (low + high) // 2
        low, high = (middle + 1, high) if works(middle) else (low, middle)
    return low


def _is_built(model: ModelProto, nodes: Sequence[NodeProto], part: Path) -> bool:
    """Whether QNN builds these nodes, the first ones of a graph, by themselves."""
    from onnx import save
    from onnx.utils import Extractor

    inputs = [value.name for value in model.graph.input]
    save(Extractor(model).extract_model(inputs, open_ends(model, nodes)), part)
    try:
        left_to_processor(part)
    except RuntimeError:
        return False
    return True


def open_ends(model: ModelProto, nodes: Sequence[NodeProto]) -> list[str]:
    """What the nodes give that none of them looks at: where that is rounded, the integers.

    QNN builds no operator with integers on one side alone.

    Args:
        model: with QDQ pairs, or without.
        nodes: of it, without those pairs.
    """
    makers = {name: node for node in model.graph.node for name in node.output}

    def unrounded(name: str) -> str:
        while name in makers and makers[name].op_type in _MOVED_TO_INTEGERS:
            name = makers[name].input[0]
        return name

    seen = {unrounded(name) for node in nodes for name in node.input}
    given = [name for node in nodes for name in node.output if name not in seen]
    integers = {node.input[0]: node.output[0] for node in model.graph.node if node.op_type == "QuantizeLinear"}
    results = {value.name for value in model.graph.output}
    return [name if name in results else integers.get(name, name) for name in given]
