"""The three tiers as mixtures of candidates. Each is again a block, so it composes to one 3×3 kernel and bias.

Candidates are mixed in kernel space: a sum of linear maps weighted by probabilities is a linear map, and one
convolution per step evaluates it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import replace
from typing import Self, TypeVar

import numpy as np
import torch
from torch import Tensor, nn

from arllie_deploy.reparam.blocks import Block, LinearCell
from arllie_deploy.reparam.compose import compose
from arllie_deploy.reparam.structure import CHANNELS, MAX_BRANCHES, MAX_CELLS, Cell, Structure
from arllie_deploy.reparam.weights import BlockWeights, CellWeights
from arllie_deploy.search.cell_choice import (
    NAMES,
    best_operations,
    operation_probabilities,
    position_probabilities,
)
from arllie_deploy.search.mixed_cell import MixedCell

T = TypeVar("T")

# The cells of a branch before the cell tier: the width tier's branches are its first two.
DEFAULT_CHAIN = ("conv1x1", "conv3x3", "conv1x1")
_DEFAULT_DEPTH = 2
# Small differences to begin with, as RUAS draws them.
_LOGIT_SCALE = 1e-3


class Tier(nn.Module, ABC):
    """A mixture of candidates: `logits` are what is searched, every other parameter is a network weight."""

    name: str
    logits: nn.Parameter

    @abstractmethod
    def mixture(self) -> BlockWeights[Tensor]:
        """The candidates' weights, each branch's gain times its probability."""

    @abstractmethod
    def probabilities(self) -> dict[str, list[float]]:
        """What is decided (a title) -> the probabilities of its candidates, in the order of `candidates`."""

    @abstractmethod
    def candidates(self) -> tuple[str, ...]:
        """The names of the candidates of each decision."""

    def network_weights(self) -> list[nn.Parameter]:
        """Every parameter except the logits."""
        return [parameter for name, parameter in self.named_parameters() if name != "logits"]

    def composed(self) -> tuple[Tensor, Tensor]:
        """Kernel (3, 3, 3, 3) and bias (3,) of the mixture, differentiable."""
        return compose(self.mixture(), lambda value: torch.as_tensor(value, dtype=self.logits.dtype))

    def begun_with(self) -> Self:
        """A frozen copy of the network weights as they are now, under the same logits."""
        copy = deepcopy(self).requires_grad_(False)
        copy.logits = self.logits
        return copy


class WidthTier(Tier):
    """How many branches: softmax over 1 … 4; branch n is in the mixture as far as at least n branches are likely.

    Args:
        mid_width: of the default branches, 1×1 → 3×3.
    """

    name = "width"

    def __init__(self, mid_width: int) -> None:
        super().__init__()
        chain = tuple(Cell(operation) for operation in DEFAULT_CHAIN[:_DEFAULT_DEPTH])
        self.block = Block(Structure((chain,) * MAX_BRANCHES, mid_width))
        self.logits = nn.Parameter(_LOGIT_SCALE * torch.randn(MAX_BRANCHES))

    def mixture(self) -> BlockWeights[Tensor]:
        """All branches, the later ones less and less likely."""
        at_least = self.logits.softmax(0).flip(0).cumsum(0).flip(0)
        weights = self.block.weights()
        return replace(weights, gains=tuple(g * p for g, p in zip(weights.gains, at_least, strict=True)))

    def probabilities(self) -> dict[str, list[float]]:
        """Of each number of branches."""
        return {"branches": self.logits.detach().softmax(0).tolist()}

    def candidates(self) -> tuple[str, ...]:
        """Numbers of branches."""
        return tuple(str(number) for number in range(1, MAX_BRANCHES + 1))

    def decide(self) -> int:
        """The most likely number of branches."""
        return int(self.logits.argmax()) + 1


class DepthTier(Tier):
    """How many cells in each branch: softmax over the prefixes of 1×1 → 3×3 → 1×1.

    Every prefix has a last cell of its own, which ends in 3 channels; the cells before it are shared (the
    sink-connecting space of TF-NAS, Hu et al., ECCV 2020).

    Args:
        branches: how many, as the width tier decided.
        mid_width: channels between cells.
    """

    name = "depth"

    def __init__(self, branches: int, mid_width: int) -> None:
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(CHANNELS))
        self.gains = nn.Parameter(torch.full((branches,), branches**-0.5))
        inputs = (CHANNELS, *(mid_width for _ in DEFAULT_CHAIN[1:]))
        cells = [Cell(operation) for operation in DEFAULT_CHAIN]
        pairs = list(zip(cells, inputs, strict=True))
        self.inner = _grid([[LinearCell(*pair, mid_width) for pair in pairs[:-1]] for _ in range(branches)])
        self.last = _grid([[LinearCell(*pair, CHANNELS) for pair in pairs] for _ in range(branches)])
        self.logits = nn.Parameter(_LOGIT_SCALE * torch.randn(branches, MAX_CELLS))

    def mixture(self) -> BlockWeights[Tensor]:
        """Every prefix of every branch."""
        probabilities = self.logits.softmax(1)
        gains, chains = [], []
        for number, (inner, last) in enumerate(zip(_rows(self.inner), _rows(self.last), strict=True)):
            for depth in range(MAX_CELLS):
                gains.append(self.gains[number] * probabilities[number, depth])
                chains.append((*(cell.weights() for cell in inner[:depth]), last[depth].weights()))
        return BlockWeights(self.bias, tuple(gains), tuple(chains))

    def probabilities(self) -> dict[str, list[float]]:
        """Of each depth, per branch."""
        rows = self.logits.detach().softmax(1).tolist()
        return {f"branch {number + 1}": row for number, row in enumerate(rows)}

    def candidates(self) -> tuple[str, ...]:
        """Numbers of cells."""
        return tuple(str(number) for number in range(1, MAX_CELLS + 1))

    def decide(self) -> tuple[int, ...]:
        """The most likely depth of each branch."""
        return tuple(int(depth) + 1 for depth in self.logits.argmax(1))


class CellTier(Tier):
    """Which operation in each cell, at most one spatial cell in a branch (see `cell_choice`).

    All operations of a cell have the channels of the deepest one: 3 → mid → … → 3. An operation that keeps its
    channels passes the first ones on; in a chain without residual convolutions that is what it does in the structure on
    its own, but for the biases of a fixed mask in the further channels: another constant, which the block's bias holds
    too.

    Args:
        depths: cells of each branch, as the depth tier decided.
        mid_width: channels between cells.
    """

    name = "cell"

    def __init__(self, depths: Sequence[int], mid_width: int) -> None:
        super().__init__()
        self.depths = tuple(depths)
        self.bias = nn.Parameter(torch.zeros(CHANNELS))
        self.gains = nn.Parameter(torch.full((len(depths),), len(depths) ** -0.5))
        self.cells = nn.ModuleList(
            MixedCell(CHANNELS if place == 0 else mid_width, CHANNELS if place == depth - 1 else mid_width)
            for depth in depths
            for place in range(depth)
        )
        self.logits = nn.Parameter(_LOGIT_SCALE * torch.randn(sum(depths), len(NAMES)))

    def mixture(self) -> BlockWeights[Tensor]:
        """Every branch once per position of its spatial cell, and once without one."""
        gains: list[Tensor] = []
        chains: list[tuple[CellWeights[Tensor], ...]] = []
        mixed = [cell.mixed(row) for cell, row in zip(self._cells(), self.logits, strict=True)]
        logits = self._per_branch(self.logits)
        for gain, cells, rows in zip(self.gains, self._per_branch(mixed), logits, strict=True):
            for position, probability in enumerate(position_probabilities(rows)):
                gains.append(gain * probability)
                chains.append(tuple(cell[place + 1 == position] for place, cell in enumerate(cells)))
        return BlockWeights(self.bias, tuple(gains), tuple(chains))

    def probabilities(self) -> dict[str, list[float]]:
        """Of each operation, per cell."""
        rows = [operation_probabilities(rows) for rows in self._per_branch(self.logits.detach())]
        return {
            f"branch {number + 1} cell {place + 1}": row.tolist()
            for number, branch in enumerate(rows)
            for place, row in enumerate(branch)
        }

    def candidates(self) -> tuple[str, ...]:
        """Operations."""
        return NAMES

    def decide(self) -> tuple[tuple[str, ...], ...]:
        """The most likely operations that keep the rule, per branch."""
        return tuple(best_operations(rows.double().numpy()) for rows in self._per_branch(self.logits.detach()))

    def _cells(self) -> list[MixedCell]:
        return [cell for cell in self.cells if isinstance(cell, MixedCell)]

    def _per_branch(self, rows: T) -> list[T]:
        ends = np.cumsum(self.depths)
        return [rows[end - depth : end] for end, depth in zip(ends, self.depths, strict=True)]  # type: ignore[index]  # lists and tensors


def _grid(rows: Sequence[Sequence[LinearCell]]) -> nn.ModuleList:
    return nn.ModuleList(nn.ModuleList(row) for row in rows)


def _rows(grid: nn.ModuleList) -> list[list[LinearCell]]:
    return [[cell for cell in row if isinstance(cell, LinearCell)] for row in grid if isinstance(row, nn.ModuleList)]
