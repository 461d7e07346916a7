from collections.abc import Sequence

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from arllie_deploy.reparam.compose import compose
from arllie_deploy.reparam.operations import OPERATIONS
from arllie_deploy.reparam.structure import Cell, Structure
from arllie_deploy.reparam.weights import BlockWeights, CellWeights
from arllie_deploy.search.cell_choice import NAMES, POINTWISE, SPATIAL
from arllie_deploy.search.mixed_cell import MixedCell
from arllie_deploy.search.tiers import CellTier, DepthTier, Tier, WidthTier

SURE = 200.0
PLAIN_CHAINS = [name for name in NAMES if not OPERATIONS[name].residual]


def composed(tier: Tier) -> tuple[Tensor, Tensor]:
    with torch.no_grad():
        return tier.composed()


def set_logits(tier: Tier, *places: tuple[int, ...]) -> None:
    with torch.no_grad():
        tier.logits.zero_()
        for place in places:
            tier.logits[place] = SURE


def randomize(tier: Tier) -> None:
    """No bias or gain keeps its initial value, so that none can be left out unseen."""
    with torch.no_grad():
        for parameter in tier.network_weights():
            parameter.normal_()


@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_a_sure_width_is_the_block_of_that_many_branches(number: int) -> None:
    torch.manual_seed(number)
    tier = WidthTier(mid_width=5)
    randomize(tier)
    set_logits(tier, (number - 1,))
    weights = tier.block.weights()
    alone = BlockWeights(weights.bias, weights.gains[:number], weights.branches[:number])
    for mixed, expected in zip(composed(tier), compose(alone, lambda a: torch.as_tensor(a).float()), strict=True):
        torch.testing.assert_close(mixed, expected.detach(), rtol=1e-4, atol=1e-5)
    assert tier.decide() == number
    assert tier.probabilities()["branches"][number - 1] == pytest.approx(1.0)


def test_a_sure_depth_is_a_chain_of_that_many_cells() -> None:
    torch.manual_seed(0)
    tier = DepthTier(branches=3, mid_width=4)
    randomize(tier)
    set_logits(tier, (0, 0), (1, 1), (2, 2))
    assert tier.decide() == (1, 2, 3)
    chains = tier.mixture().branches
    kept = [chains[3 * number + depth] for number, depth in enumerate(range(3))]
    assert [len(chain) for chain in kept] == [1, 2, 3]
    alone = BlockWeights(tier.bias, tuple(tier.gains), tuple(kept))
    for mixed, expected in zip(composed(tier), compose(alone, lambda a: torch.as_tensor(a).float()), strict=True):
        torch.testing.assert_close(mixed, expected.detach(), rtol=1e-4, atol=1e-5)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.sampled_from(PLAIN_CHAINS), min_size=1, max_size=3), st.integers(0, 99))
def test_sure_operations_are_the_structure_on_its_own(names: list[str], seed: int) -> None:
    if sum(OPERATIONS[name].spatial for name in names) > 1:
        names = [name if index == 0 else "skip" for index, name in enumerate(names)]
    torch.manual_seed(seed)
    tier = CellTier([len(names)], mid_width=4)
    randomize(tier)
    set_logits(tier, *((place, NAMES.index(name)) for place, name in enumerate(names)))
    assert tier.decide() == (tuple(names),)
    structure = Structure((tuple(Cell(name) for name in names),), 4)
    cells = [cell for cell in tier.cells if isinstance(cell, MixedCell)]
    _silence_channels_beyond(cells, structure)
    alone = BlockWeights(tier.bias, tuple(tier.gains), (_cut_out(cells, structure),))
    for mixed, expected in zip(composed(tier), compose(alone, lambda a: torch.as_tensor(a).float()), strict=True):
        torch.testing.assert_close(mixed, expected.detach(), rtol=1e-4, atol=1e-4)


def _silence_channels_beyond(cells: Sequence[MixedCell], structure: Structure) -> None:
    """A fixed mask that is mixed with wider operations has biases in channels that the structure does not have."""
    with torch.no_grad():
        for width, cell in zip(structure.widths(0)[1:], cells, strict=True):
            for part in (cell.spatial, cell.pointwise):
                part.biases[:, width:] = 0.0


def _cut_out(cells: Sequence[MixedCell], structure: Structure) -> tuple[CellWeights[Tensor], ...]:
    """The weights of the structure's own cells, with the channels that it has."""
    widths, found = structure.widths(0), []
    for place, (cell, mixed) in enumerate(zip(structure.branches[0], cells, strict=True)):
        row, index = OPERATIONS[cell.operation], NAMES.index(cell.operation)
        inputs, outputs = widths[place], widths[place + 1]
        group, part = (SPATIAL, mixed.spatial) if row.spatial else (POINTWISE, mixed.pointwise)
        learned = [i for i in group if OPERATIONS[NAMES[i]].learned]
        fixed = [i for i in group if not OPERATIONS[NAMES[i]].learned]
        if row.learned:
            kernel = part.kernels[learned.index(index), :outputs, :inputs]
            rows, columns = ((slice(None) if n == kernel.shape[2] else slice(1, 2)) for n in row.window)
            bias = part.biases[learned.index(index), :outputs]
            found.append(CellWeights(cell.operation, kernel[:, :, rows, columns], bias))
        elif row.spatial:
            assert part.scales is not None
            bias = part.biases[len(learned) + fixed.index(index), :outputs]
            found.append(CellWeights(cell.operation, part.scales[fixed.index(index), :outputs], bias))
        else:
            found.append(CellWeights(cell.operation, None, None))
    return tuple(found)


def test_a_residual_operation_adds_what_it_gets() -> None:
    for name in ("resconv1x1", "resconv3x3"):
        tier = CellTier([1], mid_width=4)
        with torch.no_grad():
            for parameter in tier.network_weights():
                parameter.zero_()
            tier.gains.fill_(1.0)
        set_logits(tier, (0, NAMES.index(name)))
        kernel = np.zeros((3, 3, 3, 3), np.float32)
        kernel[:, :, 1, 1] = np.eye(3)
        torch.testing.assert_close(composed(tier)[0], torch.from_numpy(kernel))


@pytest.mark.parametrize("tier", [WidthTier(4), DepthTier(2, 4), CellTier([1, 3], 4)])
def test_probabilities_of_each_decision_sum_to_one(tier: Tier) -> None:
    for row in tier.probabilities().values():
        assert len(row) == len(tier.candidates())
        assert sum(row) == pytest.approx(1.0, abs=1e-5)


@pytest.mark.parametrize("tier", [WidthTier(4), DepthTier(2, 4), CellTier([2, 3], 4)])
def test_the_beginning_is_kept_while_the_weights_move_and_shares_the_logits(tier: Tier) -> None:
    start = tier.begun_with()
    before = composed(start)
    torch.testing.assert_close(before, composed(tier))
    randomize(tier)
    torch.testing.assert_close(before, composed(start))
    with torch.no_grad():
        tier.logits.normal_()
    torch.testing.assert_close(start.logits, tier.logits)
    assert all(parameter is not tier.logits for parameter in tier.network_weights())


@pytest.mark.parametrize("tier", [WidthTier(4), DepthTier(2, 4), CellTier([1, 2, 3], 4)])
def test_every_weight_and_every_logit_has_a_gradient(tier: Tier) -> None:
    randomize(tier)
    kernel, bias = tier.composed()
    gradients = torch.autograd.grad(kernel.square().sum() + bias.square().sum(), [tier.logits, *tier.network_weights()])
    assert all(gradient.abs().max() > 0 for gradient in gradients)
