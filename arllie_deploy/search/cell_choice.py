"""The distribution over the operations of one branch under the rule that at most one cell looks at neighbors.

Every cell has a logit per operation. Of all assignments of operations to cells, those that keep the rule have the
probability ∝ exp(sum of their logits). Given which cell is the spatial one (or that none is), the cells are
independent, so sums and maxima over all assignments need only one term per position.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from arllie_deploy.reparam.operations import OPERATIONS

NAMES = tuple(OPERATIONS)
SPATIAL = tuple(index for index, name in enumerate(NAMES) if OPERATIONS[name].spatial)
POINTWISE = tuple(index for index, name in enumerate(NAMES) if not OPERATIONS[name].spatial)


def position_probabilities(logits: Tensor) -> Tensor:
    """How likely it is that no cell is spatial, or the first, and so on.

    Args:
        logits: (cells, operations).

    Returns:
        (cells + 1,), summing to 1: index 0 is "no spatial cell".
    """
    spatial = logits[:, SPATIAL].logsumexp(1)
    pointwise = logits[:, POINTWISE].logsumexp(1)
    everywhere = pointwise.sum()
    return torch.cat([everywhere.reshape(1), everywhere - pointwise + spatial]).softmax(0)


def operation_probabilities(logits: Tensor) -> Tensor:
    """The marginal of each cell, (cells, operations), each row summing to 1."""
    at = position_probabilities(logits)[1:]
    result = torch.empty_like(logits)
    result[:, SPATIAL] = at[:, None] * logits[:, SPATIAL].softmax(1)
    result[:, POINTWISE] = (1 - at)[:, None] * logits[:, POINTWISE].softmax(1)
    return result


def best_operations(logits: NDArray[np.float64]) -> tuple[str, ...]:
    """The most likely assignment that keeps the rule; among equals the one with no spatial cell, then the first.

    Args:
        logits: (cells, operations), finite.
    """
    best_spatial = [max(SPATIAL, key=lambda index: row[index]) for row in logits]
    best_pointwise = [max(POINTWISE, key=lambda index: row[index]) for row in logits]
    gains = [
        row[spatial] - row[point] for row, spatial, point in zip(logits, best_spatial, best_pointwise, strict=True)
    ]
    position = int(np.argmax(gains))
    chosen = list(best_pointwise)
    if gains[position] > 0:
        chosen[position] = best_spatial[position]
    return tuple(NAMES[index] for index in chosen)
