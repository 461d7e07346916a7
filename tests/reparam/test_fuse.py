from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from support.random_blocks import random_block

from arllie_deploy import ArllieError
from arllie_deploy.reparam.blocks import Block
from arllie_deploy.reparam.fuse import fuse
from arllie_deploy.reparam.structure import Cell, Structure
from arllie_deploy.reparam.weights import BlockWeights

STRUCTURE = Structure(((Cell("conv1x1", norm=True), Cell("conv3x3")), (Cell("laplacian"),)), 4)


def weights() -> BlockWeights[Any]:
    return random_block(STRUCTURE, 0, torch.float64).arrays()


def with_cell(branch: int, index: int, **changes: Any) -> BlockWeights[Any]:
    good = weights()
    branches = [list(cells) for cells in good.branches]
    branches[branch][index] = replace(branches[branch][index], **changes)
    return replace(good, branches=tuple(tuple(cells) for cells in branches))


def with_norm(**changes: Any) -> BlockWeights[Any]:
    norm = weights().branches[0][0].norm
    assert norm is not None
    return with_cell(0, 0, norm=replace(norm, **changes))


def two_spatial_cells() -> BlockWeights[Any]:
    good = weights()
    laplacian = good.branches[1][0]
    return replace(good, branches=(good.branches[0], (laplacian, laplacian)))


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        (with_norm(training=True), "branch 0 cell 0 (conv1x1): batch normalization is in training mode"),
        (with_norm(variance=np.full(4, -1.0)), "branch 0 cell 0 (conv1x1): norm variance is negative"),
        (with_norm(epsilon=np.inf), "epsilon is not positive"),
        (replace(weights(), branches=((), weights().branches[1])), "branch 0 has no cells"),
        (with_norm(mean=np.full(4, np.nan)), "branch 0 cell 0 (conv1x1): norm mean has values that are not finite"),
        (two_spatial_cells(), "branch 1 cell 1 (laplacian): a second spatial cell"),
        (with_cell(0, 1, padding_mode="reflect"), "branch 0 cell 1 (conv3x3): padding mode 'reflect'"),
        (with_cell(0, 1, kernel=np.full((3, 4, 3, 3), np.inf)), "branch 0 cell 1 (conv3x3): kernel has values"),
        (with_cell(0, 1, kernel=np.zeros((3, 5, 3, 3))), "kernel has shape (3, 5, 3, 3), expected (3, 4, 3, 3)"),
        (with_cell(0, 1, kernel=None), "branch 0 cell 1 (conv3x3): has no kernel"),
        (with_cell(1, 0, operation="conv7x7"), "branch 1 cell 0 (conv7x7): unknown operation"),
        (with_cell(1, 0, kernel=np.zeros(4)), "branch 1 cell 0 (laplacian): scale has shape (4,)"),
        (with_cell(1, 0, bias=np.array([0, np.nan, 0])), "branch 1 cell 0 (laplacian): bias has values"),
        (replace(weights(), gains=(np.array(1.0),)), "1 gains for 2 branches"),
        (replace(weights(), gains=(np.array(1.0), np.array(np.nan))), "branch 1: gain has values"),
        (
            replace(weights(), branches=(weights().branches[0][:1], weights().branches[1])),
            "branch 0 ends in 4 channels",
        ),
    ],
)
def test_refuses_and_names_the_cell(broken: BlockWeights[Any], message: str) -> None:
    with pytest.raises(ArllieError) as caught:
        fuse(broken)
    assert message in str(caught.value)


def test_a_composition_that_overflows_is_refused() -> None:
    huge = with_cell(0, 1, kernel=np.full((3, 4, 3, 3), 1e300))
    with pytest.raises(ArllieError, match="composition overflows"):
        fuse(replace(huge, gains=(np.array(1e300), np.array(1.0))))


def test_a_block_in_training_mode_is_refused() -> None:
    with pytest.raises(ArllieError, match=r"branch 0 cell 0 \(conv1x1\): batch normalization is in training mode"):
        fuse(Block(STRUCTURE).train().arrays())


def test_fusing_leaves_the_weights_as_they_are() -> None:
    given = weights()
    before: list[Any] = []
    given.map(lambda array: before.append(np.copy(array)))
    first, second = fuse(given), fuse(given)
    after: list[Any] = []
    given.map(lambda array: after.append(array))
    assert (first.kernel == second.kernel).all()
    assert (first.bias == second.bias).all()
    np.testing.assert_equal(after, before)


@pytest.mark.parametrize(
    ("operation", "kernel"),
    [
        ("skip", [[0, 0, 0], [0, 1, 0], [0, 0, 0]]),
        ("average", [[1 / 9] * 3] * 3),
        ("sobel_x", [[1, 0, -1], [2, 0, -2], [1, 0, -1]]),
        ("sobel_y", [[1, 2, 1], [0, 0, 0], [-1, -2, -1]]),
        ("laplacian", [[0, 1, 0], [1, -4, 1], [0, 1, 0]]),
    ],
)
def test_fixed_operations_have_their_textbook_kernels(operation: str, kernel: list[list[float]]) -> None:
    fused = fuse(Block(Structure(((Cell(operation),),))).arrays())
    for out, channel in np.ndindex(3, 3):
        expected = np.array(kernel) if out == channel else np.zeros((3, 3))
        np.testing.assert_allclose(fused.kernel[out, channel], expected, atol=1e-7)
