"""Random structures: what any search has to be compared with."""

from __future__ import annotations

import numpy as np

from arllie_deploy.reparam.operations import OPERATIONS
from arllie_deploy.reparam.structure import MAX_BRANCHES, MAX_CELLS, Cell, Structure


def random_structure(seed: int, mid_width: int = 16) -> Structure:
    """Number of branches, their depths, and operations that keep the one-spatial-cell rule, each drawn uniformly."""
    rng = np.random.default_rng(seed)
    return Structure(tuple(_branch(rng) for _ in range(rng.integers(1, MAX_BRANCHES + 1))), mid_width)


def _branch(rng: np.random.Generator) -> tuple[Cell, ...]:
    """Uniform over the allowed assignments of one depth: those that break the rule are drawn again."""
    names = list(OPERATIONS)
    depth = int(rng.integers(1, MAX_CELLS + 1))
    while True:
        chosen = [names[index] for index in rng.integers(len(names), size=depth)]
        if sum(OPERATIONS[name].spatial for name in chosen) <= 1:
            return tuple(Cell(name) for name in chosen)
