"""Where QNN gives up: it takes a graph as a whole, and its message names no operator."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from arllie_deploy.runtimes.qnn import left_to_processor

if TYPE_CHECKING:
    from onnx import ModelProto

_MOVED_TO_INTEGERS = ("QuantizeLinear", "DequantizeLinear")


def first_unbuilt(path: Path) -> str:
    """The node of an .onnx with QDQ pairs with which QNN can no longer build the graph: "Kind (name)".

    What a node looks at is built with it; alone, each of them may well be built.

    Args:
        path: a graph that QNN cannot build as a whole.
    """
    import onnx

    model = onnx.shape_inference.infer_shapes(onnx.load(path))
    nodes = [node for node in model.graph.node if node.op_type not in _MOVED_TO_INTEGERS]
    ends = [list(_ends(model, list(node.output))) for node in nodes]
    with tempfile.TemporaryDirectory(prefix="arllie-qnn-") as scratch:
        part = Path(scratch) / "part.onnx"
        found = nodes[first_failing(len(nodes), lambda index: _is_built(model, ends[index], part))]
    return f"{found.op_type} ({found.name})"


def first_failing(count: int, works: Callable[[int], bool]) -> int:
    """The least index that does not work, if all before it do; the last one is known not to, and is not tried."""
    low, high = 0, count - 1
    while low < high:
        middle = (low + high) // 2
        low, high = (middle + 1, high) if works(middle) else (low, middle)
    return low


def _ends(model: ModelProto, outputs: list[str]) -> Iterator[str]:
    """Where a node's results are integers, those; QNN builds no operator with integers on one side alone."""
    graph = model.graph
    kept = {value.name for value in graph.output}
    for output in outputs:
        rounded = [one.output[0] for one in graph.node if one.op_type == "QuantizeLinear" and one.input[0] == output]
        yield output if output in kept or not rounded else rounded[0]


def _is_built(model: ModelProto, outputs: list[str], part: Path) -> bool:
    from onnx import save
    from onnx.utils import Extractor

    inputs = [value.name for value in model.graph.input]
    save(Extractor(model).extract_model(inputs, outputs), part)
    try:
        left_to_processor(part)
    except RuntimeError:
        return False
    return True
