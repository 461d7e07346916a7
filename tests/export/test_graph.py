from typing import Any

import numpy as np
import pytest
from support.enhancers import random_enhancer

from arllie_deploy.convolution import convolve_3x3
from arllie_deploy.epilogues import EPILOGUES
from arllie_deploy.epilogues import operators as ops
from arllie_deploy.export.graph import Convolution, build_graph


def apply(operator: Any, values: dict[str, Any]) -> Any:
    match operator:
        case Convolution(input=name):
            return convolve_3x3(values[name], operator.kernel, operator.bias)
        case ops.Sigmoid():
            return 1 / (1 + np.exp(-values[operator.input]))
        case ops.Exp():
            return np.exp(values[operator.input])
        case ops.Relu():
            return np.maximum(values[operator.input], 0)
        case ops.Add():
            return values[operator.left] + values[operator.right]
        case ops.AddConstant():
            return values[operator.input] + operator.constant
        case ops.Multiply():
            return values[operator.left] * values[operator.right]
        case ops.MultiplyConstant():
            return values[operator.input] * operator.constant
        case ops.Divide():
            return values[operator.left] / values[operator.right]
        case ops.Minimum():
            return np.minimum(values[operator.input], operator.bound)
        case ops.Clamp():
            return np.clip(values[operator.input], operator.low, operator.high)
    raise AssertionError(operator)


@pytest.mark.parametrize("epilogue", EPILOGUES)
def test_the_operators_compute_the_reference(epilogue: str) -> None:
    enhancer = random_enhancer(epilogue)
    graph = build_graph(enhancer)
    assert 1 <= len(graph.operators) <= 6
    values: dict[str, Any] = {"y": np.random.default_rng(0).random((8, 9, 3))}
    for operator in graph.operators:
        values[operator.output] = apply(operator, values)
    np.testing.assert_allclose(values[graph.output], enhancer.reference(values["y"]), atol=1e-12)


@pytest.mark.parametrize("epilogue", EPILOGUES)
def test_black_stays_finite_at_the_ends_of_the_logits(epilogue: str) -> None:
    row = EPILOGUES[epilogue]
    for u in (-1e4, 1e4):
        values: dict[str, Any] = {"y": np.zeros(1, np.float32), "u": np.full(1, u, np.float32)}
        with np.errstate(over="ignore"):
            for operator in row.operators(row.constants):
                values[operator.output] = apply(operator, values)
        assert np.isfinite(values[operator.output]).all()
