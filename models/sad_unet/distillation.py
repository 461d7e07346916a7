"""Self-attention distillation (Hou, Ma, Liu, Loy, ICCV 2019): a level mimics where the next deeper one is active.

It is a term of the loss. What runs after training does not know of it.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

from arllie_deploy.errors import ArllieError

FORMS = ("l2", "softmax")
PAIRS = ((1, 2), (2, 3), (3, 4), (4, 5))
# Of the encoder.
LEVELS = 5
# Keeps a level that is nowhere active from being divided by zero.
_LEAST_NORM = 1e-12


def attention(level: Tensor) -> Tensor:
    """Σ_c A_c², (N, C, H, W) -> (N, 1, H, W)."""
    return level.square().sum(1, keepdim=True)


def check(form: str, pairs: Sequence[tuple[int, int]], count: int = LEVELS) -> None:
    """Raise `ArllieError` on an unknown form, or a pair with a level that a network of `count` levels does not have."""
    if form not in FORMS:
        raise ArllieError(f"distillation form is {form!r}; known: {', '.join(FORMS)}")
    for learner, teacher in pairs:
        for level in (learner, teacher):
            if not 1 <= level <= count:
                there = f"the network has 1 to {count}"
                raise ArllieError(f"distillation pair {learner}<{teacher}: there is no level {level}; {there}")


def distillation(levels: Sequence[Tensor], form: str = "l2", pairs: Sequence[tuple[int, int]] = PAIRS) -> Tensor:
    """Σ over the pairs of ‖Ψ(A_m) − Ψ(A_n)‖², the mean over the pictures; only the shallow level of a pair learns.

    Args:
        levels: (N, C, H, W) of level 1, 2, …; deeper ones are smaller.
        form: Ψ: "l2" divides a map by its length. "softmax" is the original, whose mean squared error is multiplied by
            the number of pixels: without that it is thousands of times smaller and does nothing.
        pairs: (m, n), counted from 1: m mimics n.

    Raises:
        ArllieError: on a level that the network does not have, or an unknown form.
    """
    check(form, pairs, len(levels))
    total = levels[0].new_zeros(())
    for learner, teacher in pairs:
        total = total + _distance(levels[learner - 1], levels[teacher - 1].detach(), form)
    return total


def _distance(learner: Tensor, teacher: Tensor, form: str) -> Tensor:
    size = learner.shape[2:]
    wanted = functional.interpolate(attention(teacher), size=size, mode="bilinear", align_corners=False)
    a, b = attention(learner).flatten(1), wanted.flatten(1)
    if form == "softmax":
        a, b = torch.softmax(a, 1), torch.softmax(b, 1)
    else:
        a, b = functional.normalize(a, eps=_LEAST_NORM), functional.normalize(b, eps=_LEAST_NORM)
    return (a - b).square().sum(1).mean()
