import numpy as np
import pytest
from support.adaptive_exports import outputs, random_basis_model, session, shipped, wild_statistics
from support.enhancers import random_adaptive

from arllie_deploy.adaptive import AdaptiveEnhancer
from arllie_deploy.export.adaptive.frame_graph import weights_of
from arllie_deploy.export.adaptive.head import head_model

pytest.importorskip("onnx", reason="onnx is not installed")

MODELS = {
    "curve": random_adaptive("curve"),
    "plain": random_adaptive("plain"),
    "two kernels": random_adaptive("basis"),
    "four kernels": random_basis_model(4),
    "arllie-adaptive": shipped("arllie-adaptive"),
    "arllie-adaptive-int": shipped("arllie-adaptive-int"),
}


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
def test_it_gives_what_the_model_conditions_on(model: AdaptiveEnhancer) -> None:
    opened = session(head_model(model))
    for seed in range(60):
        statistics = (model.head.mean + wild_statistics(seed)).astype(np.float32)
        given = outputs(opened, statistics=statistics)
        wanted = weights_of(model.condition(statistics.astype(np.float64)))
        assert set(given) == set(wanted)
        for name, value in wanted.items():
            assert given[name].shape == value.shape
            np.testing.assert_allclose(given[name], value, rtol=0, atol=1e-5 * np.abs(value).max())


def test_the_statistics_used_here_reach_every_bound() -> None:
    """Otherwise the test above would not tell a head without bounds from one with them."""
    model = MODELS["curve"]
    made = [model.condition(model.head.mean + wild_statistics(seed)) for seed in range(60)]
    diagonals = np.array([np.diag(each.kernel.sum((2, 3))) for each in made])
    gains = np.array([each.constants["gain"] for each in made])
    assert np.isclose(diagonals, 0.05, atol=1e-6).any()
    assert np.isclose(gains, 3.0).any()
    assert np.isclose(gains, 0.75).any()
