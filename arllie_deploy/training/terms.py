"""Differentiable terms of supervised losses: each takes two batches (N, 3, H, W) in [0, 1] and gives a scalar."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

_WINDOW, _SIGMA = 11, 1.5
_C1, _C2 = 0.01**2, 0.03**2
# Below this length a color has no direction worth learning: a quarter of an 8-bit level.
_DARK = 1e-3
_HUBER = 0.1


def l1(output: Tensor, target: Tensor) -> Tensor:
    """Mean absolute difference."""
    return (output - target).abs().mean()


def charbonnier(output: Tensor, target: Tensor) -> Tensor:
    """Mean of √(d² + 10⁻⁶), an L1 that is smooth at 0 (Charbonnier et al., ICIP 1994)."""
    return ((output - target).square() + 1e-6).sqrt().mean()


def huber(output: Tensor, target: Tensor) -> Tensor:
    """Mean of d²/2δ up to |d| = δ, of |d| − δ/2 beyond it, with δ = 0.1 (Huber, 1964, divided by δ)."""
    return functional.smooth_l1_loss(output, target, beta=_HUBER)


def log_mse(output: Tensor, target: Tensor) -> Tensor:
    """Mean over the pictures of ln(1 + MSE / 10⁻³): decibels of PSNR up to a factor, levelled off at 30 dB.

    A picture whose brightness cannot be told from the frame keeps a large error whatever is learned; here it weighs no
    more than one that can be got right.
    """
    return torch.log1p((output - target).square().mean((1, 2, 3)) / 1e-3).mean()


def dissimilarity(output: Tensor, target: Tensor) -> Tensor:
    """1 − SSIM with the window and constants of `arllie_deploy.quality.ssim`; frames of at least 11×11."""
    offsets = torch.arange(_WINDOW, dtype=output.dtype, device=output.device) - _WINDOW // 2
    weights = torch.exp(-offsets.square() / (2 * _SIGMA**2))
    weights = weights / weights.sum()

    def blur(x: Tensor) -> Tensor:
        channels = x.shape[1]
        rows = functional.conv2d(x, weights.reshape(1, 1, -1, 1).expand(channels, 1, -1, 1), groups=channels)
        return functional.conv2d(rows, weights.reshape(1, 1, 1, -1).expand(channels, 1, 1, -1), groups=channels)

    mean_x, mean_y = blur(output), blur(target)
    variance_x = blur(output * output) - mean_x.square()
    variance_y = blur(target * target) - mean_y.square()
    covariance = blur(output * target) - mean_x * mean_y
    similarity = (2 * mean_x * mean_y + _C1) * (2 * covariance + _C2)
    similarity = similarity / ((mean_x.square() + mean_y.square() + _C1) * (variance_x + variance_y + _C2))
    return 1 - similarity.mean()


def color_angle(output: Tensor, target: Tensor) -> Tensor:
    """Mean of 1 − cos of the angle between the colors of each pixel, black pixels left out of it."""
    lengths = output.norm(dim=1).clamp_min(_DARK) * target.norm(dim=1).clamp_min(_DARK)
    cosine = (output * target).sum(1) / lengths
    lit = (output.norm(dim=1) > _DARK) & (target.norm(dim=1) > _DARK)
    angles: Tensor = (1 - cosine) * lit
    return angles.mean()
