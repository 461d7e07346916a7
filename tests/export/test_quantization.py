from typing import Any, get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.enhancers import random_enhancer

from arllie_deploy.epilogues import operators as ops
from arllie_deploy.export.graph import Convolution, Graph, build_graph
from arllie_deploy.export.quantization import (
    ActivationType,
    IntegerConvolution,
    Observed,
    affine_for,
    best_rounding,
    quantize,
    round_compensated,
)

finite = st.floats(-1e3, 1e3, allow_subnormal=False)
types = st.sampled_from(get_args(ActivationType))


def observed(graph: Graph, **ranges: tuple[float, float]) -> Observed:
    values = {operator.output: (-1.0, 1.0) for operator in graph.operators}
    return Observed({**values, **ranges}, np.eye(28))


@given(finite, finite, types)
def test_a_reading_covers_its_range_and_zero_exactly(a: float, b: float, dtype: ActivationType) -> None:
    low, high = min(a, b), max(a, b)
    reading = affine_for(low, high, dtype)
    step = reading.scale
    assert reading.low <= min(low, 0.0) + step
    assert reading.high >= max(high, 0.0) - step
    assert reading.quantize(np.zeros(1))[0] == reading.zero_point


@given(st.floats(-1.0, 1.0), types)
def test_rounding_loses_at_most_half_a_step(value: float, dtype: ActivationType) -> None:
    reading = affine_for(-1.0, 1.0, dtype)
    integer = int(reading.quantize(np.array([value]))[0])
    # One step more where the range's end does not fall on an integer.
    assert abs(reading.scale * (integer - reading.zero_point) - value) <= 1.01 * reading.scale


def test_the_frame_is_exactly_the_bytes() -> None:
    reading = affine_for(0.0, 1.0, "int8")
    assert (reading.zero_point, reading.scale) == (-128, 1 / 255)
    assert reading.quantize(np.arange(256) / 255).tolist() == list(range(-128, 128))


def test_what_saturation_does_already_is_dropped() -> None:
    plain = build_graph(random_enhancer("plain"))
    integers = quantize(plain, observed(plain, u=(-3.0, 5.0)), "int8")
    assert [type(operator) for operator in integers.operators] == [IntegerConvolution]
    assert integers.output == "z"
    assert (integers.values["z"].low, integers.values["z"].high) == pytest.approx((0.0, 1.0))
    direct = build_graph(random_enhancer("direct"))
    integers = quantize(direct, observed(direct, u=(-3.0, 3.0), exponential=(0.0, 20.0)), "int8")
    kinds = [type(operator) for operator in integers.operators]
    assert kinds == [IntegerConvolution, ops.Exp, ops.Multiply, ops.Add]


def test_a_clamp_at_zero_that_integers_do_not_reach_becomes_the_convolutions_relu() -> None:
    plain = build_graph(random_enhancer("plain"))
    convolution, *rest = quantize(plain, observed(plain, u=(-3.0, 5.0)), "int16").operators
    assert isinstance(convolution, IntegerConvolution)
    assert convolution.relu
    assert rest == []


def test_the_gain_ends_at_its_bound() -> None:
    enhancer = random_enhancer("direct")
    graph = build_graph(enhancer)
    wide = observed(graph, u=(-3.0, 20.0), exponential=(0.0, 1e9))
    highest = quantize(graph, wide, "uint8").values["lift"].high
    assert highest == pytest.approx(1 / enhancer.constants["epsilon"] - 1)


def test_an_operator_with_a_bound_that_saturation_cannot_give_is_an_error() -> None:
    convolution = Convolution(np.ones((3, 3, 3, 3), np.float32), np.zeros(3, np.float32))
    graph = Graph((convolution, ops.AddConstant("u", 1.0, "v"), ops.Clamp("v", 0.0, 1.0, "z")))
    with pytest.raises(ValueError, match="only a convolution can end in a ReLU"):
        quantize(graph, observed(graph), "int16")


def test_compensated_rounding_loses_less_than_plain_rounding_on_what_it_was_made_for() -> None:
    random = np.random.default_rng(0)
    # Neighboring pixels are nearly equal.
    inputs = random.normal(0.5, 0.2, (2000, 1)) + random.normal(0.0, 0.01, (2000, 28))
    inputs[:, -1] = 1.0
    weights = random.normal(0.0, 1.0, 28)
    scale = np.abs(weights).max() / 127

    def loss(values: Any) -> float:
        return float(np.mean((inputs @ values - inputs @ weights) ** 2))

    compensated = round_compensated(weights, scale, inputs.T @ inputs / 2000)
    compensated[:-1] *= scale
    plain = np.append(np.rint(weights[:-1] / scale) * scale, weights[-1])
    assert loss(compensated) < 0.1 * loss(plain)


@given(st.integers(0, 50))
def test_rounded_weights_are_integers_of_seven_bits_and_a_sign(seed: int) -> None:
    random = np.random.default_rng(seed)
    weights = random.normal(0.0, 10.0, 28)
    rounded = round_compensated(weights, np.abs(weights[:-1]).max() / 127, np.diag(random.uniform(0, 1, 28)))
    assert (np.rint(rounded[:-1]) == rounded[:-1]).all()
    assert np.abs(rounded[:-1]).max() <= 127


def test_a_flat_calibration_does_no_harm() -> None:
    black = np.zeros((28, 28))
    black[-1, -1] = 1.0
    weights = np.linspace(-1.0, 1.0, 28)
    scale, rounded = best_rounding(weights, black)
    assert np.isfinite(rounded).all()
    assert np.abs(rounded[:-1] * scale - weights[:-1]).max() <= 0.51 * scale


@given(st.integers(0, 20))
def test_a_searched_scale_never_loses_more_than_the_narrowest(seed: int) -> None:
    random = np.random.default_rng(seed)
    weights, inputs = random.normal(0.0, 1.0, 28), random.uniform(0.0, 1.0, (500, 1)) + random.normal(0, 0.1, (500, 28))
    moment = inputs.T @ inputs / 500 + 1e-6 * np.eye(28)

    def loss(scale: float, rounded: Any) -> float:
        error = np.append(scale * rounded[:-1], rounded[-1]) - weights
        return float(error @ moment @ error)

    narrowest = np.abs(weights[:-1]).max() / 127
    assert loss(*best_rounding(weights, moment)) <= 1.05 * loss(
        narrowest, round_compensated(weights, narrowest, moment)
    )


def test_logarithms_that_the_exponential_rounds_to_nothing_are_not_told_apart() -> None:
    graph = build_graph(random_enhancer("direct"))
    reading = quantize(graph, observed(graph, u=(-50.0, 3.0), exponential=(0.0, np.exp(3.0))), "int8").values["u"]
    assert np.exp(reading.low) == pytest.approx(np.exp(3.0) / 255 / 2, rel=0.05)
