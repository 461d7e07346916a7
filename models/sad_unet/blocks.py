"""The parts of the network in their training form, with batch normalization beside the convolutions."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from arllie_deploy.models.sad_unet.config import SadUnetConfig


class AxialDepthwise(nn.Module):
    """x + 1×3(x) + 3×1(x), each convolution of its own channel, x on the grid of the stride (ULite's axial form).

    The sum is one 3×3 depthwise convolution with a cross-shaped kernel, which is how it is computed.
    """

    def __init__(self, channels: int, stride: int) -> None:
        super().__init__()
        self.row = nn.Parameter(torch.empty(channels, 1, 1, 3))
        self.column = nn.Parameter(torch.empty(channels, 1, 3, 1))
        for part in (self.row, self.column):
            nn.init.kaiming_uniform_(part, a=5**0.5)
        self.channels, self.stride = channels, stride

    def kernel(self) -> Tensor:
        """(channels, 1, 3, 3), zero in the corners."""
        identity = self.row.new_zeros(3, 3)
        identity[1, 1] = 1.0
        return functional.pad(self.row, (0, 0, 1, 1)) + functional.pad(self.column, (1, 1)) + identity

    def forward(self, x: Tensor) -> Tensor:
        """(N, channels, H, W) -> (N, channels, ⌈H / stride⌉, ⌈W / stride⌉)."""
        return functional.conv2d(x, self.kernel(), stride=self.stride, padding=1, groups=self.channels)


class PlainDepthwise(nn.Module):
    """A 3×3 depthwise convolution."""

    def __init__(self, channels: int, stride: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(channels, 1, 3, 3))
        nn.init.kaiming_uniform_(self.weight, a=5**0.5)
        self.channels, self.stride = channels, stride

    def kernel(self) -> Tensor:
        """(channels, 1, 3, 3)."""
        return self.weight

    def forward(self, x: Tensor) -> Tensor:
        """(N, channels, H, W) -> (N, channels, ⌈H / stride⌉, ⌈W / stride⌉)."""
        return functional.conv2d(x, self.weight, stride=self.stride, padding=1, groups=self.channels)


Depthwise = AxialDepthwise | PlainDepthwise


def depthwise(config: SadUnetConfig, channels: int, stride: int = 1) -> Depthwise:
    """The depthwise convolution of the configuration, without bias."""
    return (AxialDepthwise if config.depthwise == "axial" else PlainDepthwise)(channels, stride)


def activation(config: SadUnetConfig) -> nn.Module:
    """The activation of the configuration."""
    return nn.ReLU6() if config.activation == "relu6" else nn.ReLU()


def doubled(config: SadUnetConfig, x: Tensor) -> Tensor:
    """Twice the sides."""
    if config.upsampling == "nearest":
        return functional.interpolate(x, scale_factor=2.0, mode="nearest")
    return functional.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=False)


def smoothly_doubled(config: SadUnetConfig, x: Tensor) -> Tensor:
    """Twice the sides of a map that a frame is multiplied by, or that is added to it.

    Nearest neighbors alone would show as blocks in the picture. A mean over what there is of 3×3 makes them nearly what
    bilinear interpolation gives (thirds in place of quarters), borders too, by an operator that every delegate has.
    """
    x = doubled(config, x)
    if config.upsampling == "bilinear":
        return x
    return functional.avg_pool2d(x, 3, stride=1, padding=1, count_include_pad=False)


class InvertedResidual(nn.Module):
    """1×1 to `expansion` times the channels, depthwise, 1×1 back (Sandler et al., CVPR 2018), each normalized.

    The shortcut is there iff nothing changes size.
    """

    def __init__(self, config: SadUnetConfig, before: int, after: int, stride: int, expansion: int) -> None:
        super().__init__()
        hidden = before * expansion
        self.expand = nn.Conv2d(before, hidden, 1, bias=False)
        self.expand_norm = nn.BatchNorm2d(hidden)
        self.depthwise = depthwise(config, hidden, stride)
        self.depthwise_norm = nn.BatchNorm2d(hidden)
        self.project = nn.Conv2d(hidden, after, 1, bias=False)
        self.project_norm = nn.BatchNorm2d(after)
        self.activation = activation(config)
        self.activated = config.projection == "activated"
        self.shortcut = stride == 1 and before == after

    def forward(self, x: Tensor) -> Tensor:
        """(N, before, H, W) -> (N, after, H / stride, W / stride)."""
        y: Tensor = self.activation(self.expand_norm(self.expand(x)))
        y = self.activation(self.depthwise_norm(self.depthwise(y)))
        y = self.project_norm(self.project(y))
        if self.activated:
            y = self.activation(y)
        return x + y if self.shortcut else y


class Level(nn.Sequential):
    """Two inverted residual blocks; the first one changes size and channels."""

    def __init__(self, config: SadUnetConfig, before: int, after: int, stride: int) -> None:
        first = InvertedResidual(config, before, after, stride, config.expansion if stride > 1 else 1)
        super().__init__(first, InvertedResidual(config, after, after, 1, config.expansion))


class Decoder(nn.Module):
    """Twice the sides of the deeper stage, joined with the skip, to the channels of the skip."""

    def __init__(self, config: SadUnetConfig, deeper: int, channels: int) -> None:
        super().__init__()
        self.config = config
        self.reduce = nn.Conv2d(deeper + channels, channels, 1, bias=False)
        self.depthwise = depthwise(config, channels)
        self.depthwise_norm = nn.BatchNorm2d(channels)
        self.project = nn.Conv2d(channels, channels, 1)
        self.activation = activation(config)

    def forward(self, deeper: Tensor, skip: Tensor) -> Tensor:
        """`deeper` at half the sides of `skip`; the result is as large as `skip`."""
        x = self.reduce(torch.cat([doubled(self.config, deeper), skip], 1))
        result: Tensor = self.activation(self.project(self.depthwise_norm(self.depthwise(x))))
        return result
