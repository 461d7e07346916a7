"""Ranges that tensors must share for a graph of integers to need no change of scale between two of its operators.

A QUANTIZE from integers to integers is an operator of its own, which NNAPI does not have.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.export.networks.tflite_graph import TfliteGraph

Found = dict[str, dict[str, NDArray[Any]]]

# Their output has the scale of their input: they move values.
_MOVING = ("RESIZE_NEAREST_NEIGHBOR", "RESIZE_BILINEAR", "RESHAPE", "TRANSPOSE", "PAD", "GATHER", "MAX_POOL_2D")
# Their output has any scale, and what lies outside its range saturates.
_COMPUTING = ("ADD", "SUB", "MUL", "CONV_2D", "DEPTHWISE_CONV_2D", "TRANSPOSE_CONV", "FULLY_CONNECTED")
_CLAMPS = ("RELU_0_TO_1", "RELU6", "RELU_N1_TO_1")


def share_ranges(graph: TfliteGraph, ranges: Found) -> None:
    """Change `ranges` so that inputs of a concatenation have its range, and what is clamped the range after the clamp.

    The range of a concatenation is the widest of its inputs' anyway; a value that a clamp cuts needs no number. The
    model's own inputs and outputs keep their ranges.

    Args:
        graph: in float.
        ranges: name of a tensor -> "min" and "max".
    """
    for clamp in (one for one in graph.operators if graph.kind(one) in _CLAMPS):
        source, result = int(clamp.inputs[0]), int(clamp.outputs[0])
        producer = graph.producer(source)
        computed = producer is not None and graph.kind(producer) in _COMPUTING
        if computed and graph.consumers(source) == [clamp] and source not in graph.outputs:
            ranges[graph.name(source)] = dict(ranges[graph.name(result)])
    joined = [one for one in graph.operators if graph.kind(one) == "CONCATENATION"]
    # One may be within another one's reach: each pass can only widen, so it ends.
    while sum(_widen(graph, ranges, one) for one in joined):
        pass


def _widen(graph: TfliteGraph, ranges: Found, concatenation: Any) -> bool:
    """Whether anything changed."""
    group = [*_with_sources(graph, concatenation), *map(int, concatenation.outputs)]
    fixed = {*graph.inputs, *graph.outputs}
    names = [name for tensor in group if tensor not in fixed and (name := graph.name(tensor)) in ranges]
    low = np.min([ranges[name]["min"] for name in names], axis=0)
    high = np.max([ranges[name]["max"] for name in names], axis=0)
    changed = any((ranges[name]["min"] != low).any() or (ranges[name]["max"] != high).any() for name in names)
    for name in names:
        ranges[name] = {"min": low, "max": high}
    return changed


def _with_sources(graph: TfliteGraph, concatenation: Any) -> Iterator[int]:
    """The inputs, and behind those that were only moved what they are of."""
    for tensor in map(int, concatenation.inputs):
        source = tensor
        yield source
        while (operator := graph.producer(source)) is not None and graph.kind(operator) in _MOVING:
            source = int(operator.inputs[0])
            yield source
