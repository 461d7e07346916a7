"""The parts of the network. `FineGrainedAttention` and `SharedUpsample` can be used in any other one, too."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from arllie_deploy.models.lw_isp.config import LwIspConfig, reduced

_SLOPE = 0.2
_REFERENCE = LwIspConfig()


def activation(config: LwIspConfig) -> nn.Module:
    """The activation of the configuration."""
    return nn.LeakyReLU(_SLOPE) if config.activation == "leaky" else nn.ReLU()


def convolution(config: LwIspConfig, before: int, after: int) -> nn.Conv2d:
    """A 3×3 convolution with the padding of the configuration: sides stay as they are."""
    mode: Any = config.padding  # torch's type is the literal names
    return nn.Conv2d(before, after, 3, padding=1, padding_mode=mode)


def mean_of(x: Tensor) -> Tensor:
    """(N, C, H, W) -> (N, C, 1, 1)."""
    return x.mean((2, 3), keepdim=True)


class Layer(nn.Module):
    """A 3×3 convolution and the activation."""

    def __init__(self, config: LwIspConfig, before: int, after: int) -> None:
        super().__init__()
        self.conv = convolution(config, before, after)
        self.activation = activation(config)

    def forward(self, x: Tensor) -> Tensor:
        """(N, before, H, W) -> (N, after, H, W)."""
        result: Tensor = self.activation(self.conv(x))
        return result


class Layers(nn.Sequential):
    """Two of them."""

    def __init__(self, config: LwIspConfig, before: int, after: int) -> None:
        super().__init__(Layer(config, before, after), Layer(config, after, after))


class ChannelAttention(nn.Module):
    """σ(W₂·ReLU(W₁·mean)): how much each channel counts (Woo et al., ECCV 2018, of the mean alone)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.reduce = nn.Conv2d(channels, reduced(channels), 1)
        self.expand = nn.Conv2d(reduced(channels), channels, 1)

    def forward(self, mean: Tensor) -> Tensor:
        """(N, channels, 1, 1) -> the same shape, in (0, 1)."""
        return torch.sigmoid(self.expand(torch.relu(self.reduce(mean))))


class SpatialAttention(nn.Module):
    """σ(5×5 of two maps that sum up the channels): how much each pixel counts; zero padding, no bias."""

    def __init__(self, channels: int, config: LwIspConfig = _REFERENCE) -> None:
        super().__init__()
        self.summary = nn.Conv2d(channels, 2, 1) if config.summary == "learned" else None
        self.conv = nn.Conv2d(2, 1, 5, padding=2, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """(N, channels, H, W) -> (N, 1, H, W), in (0, 1)."""
        if self.summary is None:
            maps = torch.cat([x.amax(1, keepdim=True), x.mean(1, keepdim=True)], 1)
        else:
            maps = self.summary(x)
        return torch.sigmoid(self.conv(maps))


class FineGrainedAttention(nn.Module):
    """p -> [p + p·CA(p) ; p + p·SA(p)]: twice the channels, by channel and by spatial attention.

    It looks at the whole of p by one mean per channel, and otherwise two pixels far.

    Args:
        channels: of p.
        config: what is seen of the channels of a pixel; its other fields do not matter.
    """

    def __init__(self, channels: int, config: LwIspConfig = _REFERENCE) -> None:
        super().__init__()
        self.channel = ChannelAttention(channels)
        self.spatial = SpatialAttention(channels, config)

    def forward(self, p: Tensor, mean: Tensor | None = None) -> Tensor:
        """(N, channels, H, W) -> (N, 2 · channels, H, W).

        Args:
            p: what a pooling gives.
            mean: (N, channels, 1, 1), of the frame that p is a part of; None: of p itself.
        """
        seen = mean_of(p) if mean is None else mean
        return torch.cat([p + p * self.channel(seen), p + p * self.spatial(p)], 1)


class SharedUpsample(nn.Module):
    """x -> a 3×3 layer, twice the sides, a 3×3 layer; the same weights for the decoder's and the encoder's feature.

    With "shuffle" the first layer gives four times the channels, and is activated before they become pixels.

    Args:
        before: channels of a feature.
        after: channels of the result.
        config: padding, activation and doubling; its other fields do not matter.
    """

    def __init__(self, before: int, after: int, config: LwIspConfig = _REFERENCE) -> None:
        super().__init__()
        self.shuffles = config.doubling == "shuffle"
        self.wide = Layer(config, before, 4 * after if self.shuffles else after)
        self.fine = Layer(config, after, after)

    def forward(self, *features: Tensor) -> Tensor:
        """Σ U(feature): each (N, before, H, W) -> (N, after, 2H, 2W).

        The activations make it another function than U of the sum.
        """
        return _sum(self._doubled(feature) for feature in features)

    def _doubled(self, x: Tensor) -> Tensor:
        wide = self.wide(x)
        if self.shuffles:
            wide = functional.pixel_shuffle(wide, 2)
        else:
            wide = functional.interpolate(wide, scale_factor=2.0, mode="nearest")
        result: Tensor = self.fine(wide)
        return result


class GlobalLayers(nn.Module):
    """d6: two layers over d4 beside a vector of the whole frame, which is the same at every pixel.

    It goes on beyond the frame's border, where d4 is padded; with reflection there is no other way.
    """

    def __init__(self, config: LwIspConfig, local: int, deep: int) -> None:
        super().__init__()
        self.vector = nn.Linear(deep, local)
        self.first = convolution(config, 2 * local, local)
        self.activation = activation(config)
        self.second = Layer(config, local, local)

    def forward(self, d4: Tensor, mean: Tensor) -> Tensor:
        """(N, local, H, W) and (N, deep, 1, 1) -> (N, local, H, W)."""
        vector = torch.relu(self.vector(mean.flatten(1)))[:, :, None, None]
        padded = functional.pad(d4, (1, 1, 1, 1), "reflect" if self.first.padding_mode == "reflect" else "constant")
        beside = torch.cat([padded, vector.expand(-1, -1, *padded.shape[2:])], 1)
        result: Tensor = self.second(self.activation(functional.conv2d(beside, self.first.weight, self.first.bias)))
        return result


def _sum(values: Iterable[Tensor]) -> Tensor:
    first, *others = values
    for other in others:
        first = first + other
    return first
