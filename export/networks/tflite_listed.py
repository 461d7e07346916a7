"""Operators that no delegate's list has, written as ones that are on the lists and compute the same."""

from __future__ import annotations

from typing import Any

import numpy as np

from arllie_deploy.export.networks.tflite_graph import TfliteGraph

_OF_CONVOLUTION = (
    "padding",
    "strideW",
    "strideH",
    "dilationWFactor",
    "dilationHFactor",
    "fusedActivationFunction",
)


def with_listed_operators(model: bytes) -> bytes:
    """A float32 model without SLICE and without depthwise convolutions of one channel to many.

    The converter gives all convolutions of a model the version of those in groups, which is on no list: the others get
    their own.
    """
    graph = TfliteGraph(model)
    for place, operator in enumerate(graph.operators):
        if graph.kind(operator) == "SLICE":
            graph.operators[place] = _strided(graph, operator)
        elif graph.kind(operator) == "DEPTHWISE_CONV_2D" and _is_plain(graph, operator):
            graph.operators[place] = _plain(graph, operator)
        elif graph.kind(operator) == "CONV_2D" and not _is_grouped(graph, operator):
            graph.set_version(operator, 1)
    return graph.to_bytes()


def _strided(graph: TfliteGraph, operator: Any) -> Any:
    source, begin, _ = (int(index) for index in operator.inputs)
    result = int(operator.outputs[0])
    first = graph.constant(begin)
    end = (first + np.array(graph.shape(result))).astype(np.int32)
    name = graph.name(result)
    ends = [graph.add_constant(f"{name};{what}", values) for what, values in (("end", end), ("step", end * 0 + 1))]
    return graph.make("STRIDED_SLICE", 1, [source, begin, *ends], result, "StridedSliceOptions")


def _is_plain(graph: TfliteGraph, operator: Any) -> bool:
    """Whether it sees one channel: a convolution as any other."""
    source, filters = (int(index) for index in operator.inputs[:2])
    return graph.shape(source)[3] == 1 and graph.shape(filters)[3] > 1


def _is_grouped(graph: TfliteGraph, operator: Any) -> bool:
    source, filters = (int(index) for index in operator.inputs[:2])
    return graph.shape(source)[3] != graph.shape(filters)[3]


def _plain(graph: TfliteGraph, operator: Any) -> Any:
    source, filters, *bias = (int(index) for index in operator.inputs)
    moved = np.ascontiguousarray(graph.constant(filters).transpose(3, 1, 2, 0))
    given = [source, graph.add_constant(graph.name(filters) + ";plain", moved), *bias]
    values = {name: getattr(operator.builtinOptions, name) for name in _OF_CONVOLUTION}
    return graph.make("CONV_2D", 1, given, int(operator.outputs[0]), "Conv2DOptions", **values)
