"""A network that resizes, by the rule that it is told."""

import torch
from torch import nn
from torch.nn import functional


class Resized(nn.Module):
    """Twice the sides; and, as further channels, half of them, each value as a square of four by four."""

    def __init__(self, *, align_corners: bool) -> None:
        super().__init__()
        self.mixed = nn.Conv2d(3, 3, 1)
        self.align_corners = align_corners

    def forward(self, frame: torch.Tensor) -> torch.Tensor:
        values = self.mixed(frame)
        double, half = (
            functional.interpolate(values, scale_factor=factor, mode="bilinear", align_corners=self.align_corners)
            for factor in (2.0, 0.5)
        )
        return torch.cat([double, functional.interpolate(half, scale_factor=4.0, mode="nearest")], 1)


def resized(align_corners: bool) -> nn.Module:
    return Resized(align_corners=align_corners)
