from itertools import product

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from arllie_deploy.reparam.operations import OPERATIONS
from arllie_deploy.reparam.structure import Cell, Structure
from arllie_deploy.search.cell_choice import NAMES, best_operations, operation_probabilities, position_probabilities

SHAPES = st.tuples(st.integers(0, 2**32 - 1), st.integers(1, 3), st.sampled_from([0.01, 1.0, 30.0]))


def drawn(seed: int, cells: int, scale: float) -> NDArray[np.float64]:
    return np.random.default_rng(seed).normal(0, scale, (cells, len(NAMES)))


def allowed(cells: int) -> list[tuple[int, ...]]:
    """Every assignment that keeps the rule, by enumeration."""
    spatial = [OPERATIONS[name].spatial for name in NAMES]
    return [one for one in product(range(len(NAMES)), repeat=cells) if sum(spatial[index] for index in one) <= 1]


def weight(logits: NDArray[np.float64], assignment: tuple[int, ...]) -> float:
    return float(sum(row[index] for row, index in zip(logits, assignment, strict=True)))


@settings(deadline=None)
@given(SHAPES)
def test_every_choice_is_a_valid_branch(shape: tuple[int, int, float]) -> None:
    branch = best_operations(drawn(*shape))
    Structure((tuple(Cell(name) for name in branch),))
    assert sum(OPERATIONS[name].spatial for name in branch) <= 1


@settings(max_examples=25, deadline=None)
@given(SHAPES)
def test_the_choice_is_the_likeliest_of_all_allowed_ones(shape: tuple[int, int, float]) -> None:
    logits = drawn(*shape)
    chosen = tuple(NAMES.index(name) for name in best_operations(logits))
    assert weight(logits, chosen) == pytest.approx(max(weight(logits, one) for one in allowed(len(logits))), abs=1e-9)


@pytest.mark.parametrize("cells", [1, 2, 3])
def test_probabilities_are_those_of_enumerating_all_allowed_assignments(cells: int) -> None:
    logits = np.random.default_rng(cells).normal(0, 2, (cells, len(NAMES)))
    every = allowed(cells)
    weights = np.exp([weight(logits, one) for one in every])
    weights /= weights.sum()
    marginals, positions = np.zeros(logits.shape), np.zeros(cells + 1)
    for one, probability in zip(every, weights, strict=True):
        places = [place + 1 for place, index in enumerate(one) if OPERATIONS[NAMES[index]].spatial]
        positions[places[0] if places else 0] += probability
        for place, index in enumerate(one):
            marginals[place, index] += probability
    tensor = torch.from_numpy(logits)
    np.testing.assert_allclose(position_probabilities(tensor).numpy(), positions, atol=1e-12)
    np.testing.assert_allclose(operation_probabilities(tensor).numpy(), marginals, atol=1e-12)


def test_equal_logits_choose_no_spatial_cell() -> None:
    assert best_operations(np.zeros((2, len(NAMES)))) == ("conv1x1", "conv1x1")
