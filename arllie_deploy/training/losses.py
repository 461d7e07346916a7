"""The table of losses. Each takes the frame, the network's output and, where it is supervised, the wanted frame."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from arllie_deploy.errors import ArllieError
from arllie_deploy.training import terms
from arllie_deploy.training.network import Output
from arllie_deploy.training.recipe import LossRecipe

# ITU-R BT.601, full range: Y, Cb, Cr of R, G, B in [0, 1].
_YCBCR = ((0.299, 0.587, 0.114), (-0.168736, -0.331264, 0.5), (0.5, -0.418688, -0.081312))
_WINDOW = 5


@dataclass(frozen=True)
class Loss:
    """One row: `function(low, output, high, recipe)` is a scalar; `high` is None where `supervised` is false."""

    name: str
    supervised: bool
    function: Callable[[Tensor, Output, Tensor | None, LossRecipe], Tensor]


def _supervised(distance: Callable[[Tensor, Tensor], Tensor]) -> Callable[..., Tensor]:
    """`distance` to the wanted frame, plus the terms that the recipe weighs."""

    def function(low: Tensor, output: Output, high: Tensor | None, recipe: LossRecipe) -> Tensor:
        assert high is not None
        loss = distance(output.enhanced, high)
        if recipe.ssim:
            loss = loss + recipe.ssim * terms.dissimilarity(output.enhanced, high)
        if recipe.color_angle:
            loss = loss + recipe.color_angle * terms.color_angle(output.enhanced, high)
        return loss

    return function


def _fidelity_smoothness(low: Tensor, output: Output, high: Tensor | None, recipe: LossRecipe) -> Tensor:
    """α·MSE(x, y) + Σ over 24 neighbors of mean(w·|x(p) − x(p + o)|) (SCI, Ma et al., CVPR 2022, eq. 5-6).

    w = exp(−|g(p) − g(p + o)|² / 2σ²) with g the YCbCr values of the frame: smooth where the frame is, free at edges.
    """
    if output.illumination is None:
        raise ArllieError("this epilogue has no illumination map; use loss l1 or the epilogue residual or direct")
    illumination = output.illumination
    matrix = torch.tensor(_YCBCR, dtype=low.dtype, device=low.device)
    guide = torch.einsum("oc,nchw->nohw", matrix, low)
    smoothness = low.new_zeros(())
    for dy, dx in _half_window():
        weight = torch.exp(-_difference(guide, dy, dx).square().sum(1, keepdim=True) / (2 * recipe.sigma**2))
        # Each unordered pair of pixels is met once here and counts twice in the sum over 24 offsets.
        smoothness = smoothness + 2 * (weight * _difference(illumination, dy, dx).abs()).sum(1).mean()
    return recipe.alpha * (illumination - low).square().mean() + smoothness


def _half_window() -> list[tuple[int, int]]:
    reach = _WINDOW // 2
    return [(dy, dx) for dy in range(reach + 1) for dx in range(-reach, reach + 1) if (dy, dx) > (0, 0)]


def _difference(x: Tensor, dy: int, dx: int) -> Tensor:
    """x(p + o) − x(p) wherever both lie in the frame; dy ≥ 0."""
    height, width = x.shape[2:]
    left, right = max(-dx, 0), width - max(dx, 0)
    return x[:, :, dy:, left + dx : right + dx] - x[:, :, : height - dy, left:right]


LOSSES = {
    row.name: row
    for row in (
        Loss("l1", supervised=True, function=_supervised(terms.l1)),
        Loss("charbonnier", supervised=True, function=_supervised(terms.charbonnier)),
        Loss("huber", supervised=True, function=_supervised(terms.huber)),
        Loss("log-mse", supervised=True, function=_supervised(terms.log_mse)),
        Loss("fidelity-smoothness", supervised=False, function=_fidelity_smoothness),
    )
}


def find_loss(name: str) -> Loss:
    """The row of a loss; raises `ArllieError` with the known names."""
    if name not in LOSSES:
        raise ArllieError(f"loss.name is {name!r}; known: {', '.join(LOSSES)}")
    return LOSSES[name]
