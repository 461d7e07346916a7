from typing import Any

import numpy as np
import pytest
from support.enhancers import random_enhancer

from arllie_deploy.epilogues import EPILOGUES
from arllie_deploy.export.evaluate import apply, evaluate
from arllie_deploy.export.graph import build_graph


@pytest.mark.parametrize("epilogue", EPILOGUES)
def test_the_operators_compute_the_reference(epilogue: str) -> None:
    enhancer = random_enhancer(epilogue)
    graph = build_graph(enhancer)
    assert 1 <= len(graph.operators) <= 6
    y = np.random.default_rng(0).random((8, 9, 3))
    np.testing.assert_allclose(evaluate(graph, y)[graph.output], enhancer.reference(y), atol=1e-12)


@pytest.mark.parametrize("epilogue", EPILOGUES)
def test_black_stays_finite_at_the_ends_of_the_logits(epilogue: str) -> None:
    row = EPILOGUES[epilogue]
    for u in (-1e4, 1e4):
        values: dict[str, Any] = {"y": np.zeros(1), "u": np.full(1, u)}
        for operator in row.operators(row.constants):
            values[operator.output] = apply(operator, values)
        assert np.isfinite(values[operator.output]).all()
