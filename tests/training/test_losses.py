import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from arllie_deploy import ArllieError
from arllie_deploy.training.losses import find_loss
from arllie_deploy.training.network import Output
from arllie_deploy.training.recipe import LossRecipe

UNSUPERVISED = LossRecipe("fidelity-smoothness", alpha=1.5, sigma=0.1)


def by_definition(low: NDArray[np.float64], illumination: NDArray[np.float64], recipe: LossRecipe) -> float:
    """α·MSE + Σ over the 24 offsets of a 5×5 window of the mean over all pixels with a neighbor there, as loops."""
    height, width = low.shape[1:]
    y = 0.299 * low[0] + 0.587 * low[1] + 0.114 * low[2]
    guide = np.stack([y, (low[2] - y) / 1.772, (low[0] - y) / 1.402])
    total = recipe.alpha * float(np.mean((illumination - low) ** 2))
    for dy in range(-2, 3):
        for dx in range(-2, 3):
            terms = []
            for row in range(height):
                for column in range(width):
                    r, c = row + dy, column + dx
                    if (dy, dx) == (0, 0) or not (0 <= r < height and 0 <= c < width):
                        continue
                    weight = np.exp(-np.sum((guide[:, row, column] - guide[:, r, c]) ** 2) / (2 * recipe.sigma**2))
                    terms.append(weight * np.abs(illumination[:, row, column] - illumination[:, r, c]).sum())
            total += float(np.mean(terms)) if terms else 0.0
    return total


def test_fidelity_and_smoothness_follow_their_definition() -> None:
    rng = np.random.default_rng(0)
    low, illumination = rng.random((3, 6, 7)), rng.random((3, 6, 7))
    tensors = (torch.from_numpy(array)[None] for array in (low, illumination))
    frame, map_ = tensors
    value = find_loss("fidelity-smoothness").function(frame, Output(frame, map_), None, UNSUPERVISED)
    assert value.item() == pytest.approx(by_definition(low, illumination, UNSUPERVISED), rel=1e-5)


def test_smoothness_vanishes_for_a_constant_map() -> None:
    frame = torch.full((1, 3, 8, 8), 0.25)
    value = find_loss("fidelity-smoothness").function(frame, Output(frame, frame + 0.5), None, UNSUPERVISED)
    assert value.item() == pytest.approx(1.5 * 0.25)


def test_the_unsupervised_loss_needs_an_illumination() -> None:
    frame = torch.zeros(1, 3, 8, 8)
    with pytest.raises(ArllieError, match="no illumination map"):
        find_loss("fidelity-smoothness").function(frame, Output(frame, None), None, UNSUPERVISED)


def test_l1_is_the_mean_absolute_difference() -> None:
    low, high = torch.zeros(1, 3, 2, 2), torch.full((1, 3, 2, 2), 0.25)
    assert find_loss("l1").function(low, Output(low, None), high, LossRecipe("l1")).item() == 0.25


def test_an_unknown_loss_is_named() -> None:
    with pytest.raises(ArllieError, match=r"loss\.name is 'l3'; known: l1"):
        find_loss("l3")
