from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from support.enhancers import random_adaptive

from arllie_deploy import conditioning
from arllie_deploy.adaptive import arrays_of
from arllie_deploy.conditioning import Conditioned, Head, hidden_layer, output_layer
from arllie_deploy.statistics import COUNT

forms = pytest.mark.parametrize("form", ["curve", "plain", "basis"])
any_statistics = arrays(np.float64, (COUNT,), elements=st.floats(-1e6, 1e6))


def condition(form: str, statistics: Any, xp: Any, size: float = 0.3) -> Conditioned:
    convert = (lambda array: torch.from_numpy(array.astype(np.float64))) if xp is torch else np.float64
    head = Head(**{k: convert(v) for k, v in arrays_of(random_adaptive(form, size=size).head).items()})
    return output_layer(head, hidden_layer(head, statistics), xp)


@forms
def test_numpy_and_torch_compute_the_same(form: str) -> None:
    statistics = np.random.default_rng(0).normal(size=(5, COUNT))
    ours, theirs = condition(form, statistics, np), condition(form, torch.from_numpy(statistics), torch)
    for name in ("kernel", "bias", "gain", "knee"):
        if getattr(ours, name) is not None:
            np.testing.assert_allclose(getattr(theirs, name).numpy(), getattr(ours, name), atol=1e-6)


@forms
@given(statistics=any_statistics, size=st.sampled_from([0.1, 1.0, 30.0]))
def test_whatever_the_statistics_no_gain_is_negative_and_no_color_flips(
    form: str, statistics: Any, size: float
) -> None:
    made = condition(form, statistics[None], np, size)
    mixing = made.kernel[0].sum((-2, -1))
    own = np.diagonal(mixing)
    slack = 1e-9 * np.abs(made.kernel).max()
    assert (own >= conditioning.LEAST_DIAGONAL - slack).all()
    others = mixing - np.diag(own)
    assert (np.abs(others) <= conditioning.LARGEST_CROSSTALK * own[:, None] + slack).all()
    assert (mixing.sum(1) >= 0.2 * own - 2 * slack).all()
    assert (np.abs(made.bias) <= conditioning.LARGEST_BIAS).all()
    if form == "curve":
        assert 0.75 <= made.gain[0] <= 3.0
        assert 0.0625 <= made.knee[0] <= 4.0


def test_statistics_far_out_count_as_three_deviations() -> None:
    far, edge = np.full((1, COUNT), 1e9), random_adaptive().head
    at_edge = (edge.mean + 3 * edge.deviation).astype(np.float64)[None]
    np.testing.assert_allclose(condition("curve", far, np).kernel, condition("curve", at_edge, np).kernel, atol=1e-6)


@forms
def test_within_bounds_the_head_is_a_plain_perceptron(form: str) -> None:
    """A small head around a kernel that mixes little: nothing is bounded, the kernel is what the last layer says."""
    model = random_adaptive(form, size=0.01)
    head = {k: v.astype(np.float64) for k, v in arrays_of(model.head).items()}
    identity = np.zeros((3, 3, 3, 3))
    identity[[0, 1, 2], [0, 1, 2], 1, 1] = 2.0
    if form == "basis":
        head["basis"][0] = identity
        head["output_bias"][:3] = 1.0
    else:
        head["output_bias"][:81] += identity.ravel()
    statistics = head["mean"] + 0.5 * head["deviation"]
    hidden = np.maximum(head["hidden_weight"] @ np.full(COUNT, 0.5) + head["hidden_bias"], 0)
    outputs = head["output_weight"] @ hidden + head["output_bias"]
    if form == "basis":
        expected = sum(outputs[3 * k : 3 * k + 3, None, None, None] * head["basis"][k] for k in range(2))
    else:
        expected = outputs[:81].reshape(3, 3, 3, 3)
    made = output_layer(Head(**head), hidden_layer(Head(**head), statistics[None]), np)
    np.testing.assert_allclose(made.kernel[0], expected, atol=1e-12)
