"""Ranges that tensors share, so that a graph of integers needs no change of scale between two of its operators.

A QUANTIZE from integers to integers is an operator of its own, which NNAPI does not have. Without it a skip connection
has the range of what it is joined with far above: LW-ISP's first features, up to 0.3, lie beside others of up to 60.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.export.networks.saturation import before_logistic
from arllie_deploy.export.networks.tflite_graph import TfliteGraph

Found = dict[str, dict[str, NDArray[Any]]]

# Their output has the scale of their input: they move values, choose among them, or average few of them.
_MOVING = (
    "RESIZE_NEAREST_NEIGHBOR",
    "RESIZE_BILINEAR",
    "RESHAPE",
    "TRANSPOSE",
    "PAD",
    "GATHER",
    "MAX_POOL_2D",
    "AVERAGE_POOL_2D",
    "REDUCE_MAX",
)
# Their output has any scale, and what lies outside its range saturates.
_COMPUTING = ("ADD", "SUB", "MUL", "CONV_2D", "DEPTHWISE_CONV_2D", "TRANSPOSE_CONV", "FULLY_CONNECTED")
_LOGISTIC = "LOGISTIC"
_CLAMPS = ("RELU_0_TO_1", "RELU6", "RELU_N1_TO_1")


def spare_what_is_cut(graph: TfliteGraph, ranges: Found) -> None:
    """Change `ranges` so that what is clamped has the range after it: a value that a clamp cuts needs no number.

    The same before a logistic, where it has come to its limits.

    Args:
        graph: in float.
        ranges: name of a tensor -> "min" and "max".
    """
    for operator in (one for one in graph.operators if graph.kind(one) in (*_CLAMPS, _LOGISTIC)):
        source, result = int(operator.inputs[0]), int(operator.outputs[0])
        producer = graph.producer(source)
        computed = producer is not None and graph.kind(producer) in _COMPUTING
        if computed and graph.consumers(source) == [operator] and source not in graph.outputs:
            name = graph.name(source)
            cut = _flat_cut(ranges[name]) if graph.kind(operator) == _LOGISTIC else dict(ranges[graph.name(result)])
            ranges[name] = cut


def _flat_cut(found: dict[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    low, high = before_logistic(float(found["min"].min()), float(found["max"].max()))
    return {"min": np.full_like(found["min"], low), "max": np.full_like(found["max"], high)}


def share_ranges(graph: TfliteGraph, ranges: Found) -> None:
    """Change `ranges` so that what is joined or averaged has the range of the result.

    The range of a concatenation is the widest of its inputs'; NNAPI has no mean whose scale is another than its
    input's. The model's own inputs and outputs keep their ranges.

    Args:
        graph: in float.
        ranges: name of a tensor -> "min" and "max".
    """
    groups = [[*_with_sources(graph, _alike(graph, one)), *map(int, one.outputs)] for one in graph.operators]
    # One may be within another one's reach: each pass can only widen, so it ends.
    while sum(_widen(graph, ranges, group) for group in groups if len(group) > 1):
        pass


def _alike(graph: TfliteGraph, operator: Any) -> list[int]:
    """The inputs of an operator that have the scale of its output."""
    first, *others = map(int, operator.inputs)
    kind = graph.kind(operator)
    return [first, *others] if kind == "CONCATENATION" else [first] if kind == "MEAN" else []


def _widen(graph: TfliteGraph, ranges: Found, group: list[int]) -> bool:
    """Whether anything changed."""
    fixed = {*graph.inputs, *graph.outputs}
    names = [name for tensor in group if tensor not in fixed and (name := graph.name(tensor)) in ranges]
    if not names:
        return False
    low = np.min([ranges[name]["min"] for name in names], axis=0)
    high = np.max([ranges[name]["max"] for name in names], axis=0)
    changed = any((ranges[name]["min"] != low).any() or (ranges[name]["max"] != high).any() for name in names)
    for name in names:
        ranges[name] = {"min": low, "max": high}
    return changed


def _with_sources(graph: TfliteGraph, tensors: Iterable[int]) -> Iterator[int]:
    """The tensors, and behind those that were only moved what they are of."""
    for tensor in tensors:
        source = tensor
        yield source
        while (operator := graph.producer(source)) is not None and graph.kind(operator) in _MOVING:
            source = int(operator.inputs[0])
            yield source
