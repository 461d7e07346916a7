"""Runs a Graph in numpy, value by value: what calibration observes."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.convolution import convolve_3x3
from arllie_deploy.epilogues import operators as ops
from arllie_deploy.epilogues.logistic import logistic
from arllie_deploy.export.graph import Convolution, Graph

Float64 = NDArray[np.float64]


def evaluate(graph: Graph, y: Float64) -> dict[str, Float64]:
    """Every value of the graph for a frame `y` (height, width, 3) in [0, 1], by name; float64."""
    values = {"y": y}
    for operator in graph.operators:
        values[operator.output] = apply(operator, values)
    return values


def apply(operator: Convolution | ops.Operator, values: Mapping[str, Float64]) -> Float64:
    """The result of one operator, given the values that it reads."""
    match operator:
        case Convolution():
            return convolve_3x3(values[operator.input], operator.kernel, operator.bias)
        case ops.Sigmoid():
            return logistic(values[operator.input])
        case ops.Exp():
            return np.exp(np.minimum(values[operator.input], 700.0))  # finite
        case ops.Relu():
            return np.maximum(values[operator.input], 0.0)
        case ops.Add():
            return values[operator.left] + values[operator.right]
        case ops.Multiply():
            return values[operator.left] * values[operator.right]
        case ops.Divide():
            return values[operator.left] / values[operator.right]
        case ops.AddConstant():
            return values[operator.input] + operator.constant
        case ops.MultiplyConstant():
            return values[operator.input] * operator.constant
        case ops.Minimum():
            return np.minimum(values[operator.input], operator.bound)
        case ops.Clamp():
            return values[operator.input].clip(operator.low, operator.high)
