"""The network in its training form."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor, nn

from arllie_deploy.models.sad_unet.blocks import Decoder, InvertedResidual, Level, activation, doubled
from arllie_deploy.models.sad_unet.config import SadUnetConfig

_CONTEXT_EXPANSION = 2


@dataclass(frozen=True)
class Pass:
    """What training looks at.

    Attributes:
        enhanced: (N, 3, H, W), not clamped, so that what is too bright still has a gradient.
        levels: outputs of levels 1 to 5 of the encoder.
    """

    enhanced: Tensor
    levels: tuple[Tensor, ...]


class PyramidSkips(nn.Module):
    """P_k = 1×1(E_k) + twice the sides of 1×1(P_{k+1}), from the bottleneck P_6 to P_1 (Lin et al., CVPR 2017)."""

    def __init__(self, config: SadUnetConfig) -> None:
        super().__init__()
        self.config = config
        channels = config.channels
        self.lateral = nn.ModuleList(nn.Conv2d(count, count, 1) for count in channels[:-1])
        self.top_down = nn.ModuleList(nn.Conv2d(deeper, count, 1) for count, deeper in pairwise(channels))

    def forward(self, levels: list[Tensor], bottleneck: Tensor) -> list[Tensor]:
        """The skips of levels 1 to 5."""
        skips: list[Tensor] = []
        deeper = bottleneck
        for index in reversed(range(len(levels))):
            deeper = self.lateral[index](levels[index]) + doubled(self.config, self.top_down[index](deeper))
            skips.insert(0, deeper)
        return skips


class Activator(nn.Module):
    """λF."""

    def __init__(self, config: SadUnetConfig) -> None:
        super().__init__()
        self.strength: Tensor | float = config.strength
        if config.activator == "learned":
            self.strength = nn.Parameter(torch.tensor(config.strength))

    def forward(self, features: Tensor) -> Tensor:
        """The same shape."""
        return self.strength * features


class Amplifier(nn.Module):
    """The frame times a fixed gain."""

    def __init__(self, gain: float) -> None:
        super().__init__()
        self.gain = gain

    def forward(self, y: Tensor) -> Tensor:
        """The same shape."""
        return self.gain * y


class SadUnet(nn.Module):
    """y -> clamp(y + λF(y), 0, 1): stem, five levels, bottleneck, skips, five decoder stages, feature extraction."""

    def __init__(self, config: SadUnetConfig) -> None:
        super().__init__()
        self.config = config
        stem, channels = config.stem_channels, config.channels
        self.amplifier = Amplifier(config.gain)
        self.stem = nn.Sequential(
            nn.Conv2d(3, stem, 3, padding=1),
            activation(config),
            nn.Conv2d(stem, stem, 3, padding=1),
            activation(config),
        )
        before = (stem, *channels[:-1])
        self.levels = nn.ModuleList(
            Level(config, before[index], channels[index], 1 if index == 0 else 2) for index in range(len(channels))
        )
        deepest = channels[-1]
        self.context = nn.Sequential(
            *(InvertedResidual(config, deepest, deepest, 1, _CONTEXT_EXPANSION) for _ in range(config.context))
        )
        self.skips = PyramidSkips(config) if config.skip == "fpn" else None
        self.decoders = nn.ModuleList(Decoder(config, deeper, count) for count, deeper in pairwise(channels))
        self.extract = nn.Sequential(
            nn.Conv2d(channels[0], channels[0], 3, padding=1),
            activation(config),
            nn.Conv2d(channels[0], 3, 3, padding=1),
        )
        self.activator = Activator(config)

    def forward(self, y: Tensor) -> Tensor:
        """(N, 3, H, W) in [0, 1], sides multiples of 32, to the same."""
        return self.run(y).enhanced.clamp(0.0, 1.0)

    def run(self, y: Tensor) -> Pass:
        """The same with what training looks at."""
        outputs, x = [], self.stem(self.amplifier(y))
        for level in self.levels:
            x = level(x)
            outputs.append(x)
        *levels, bottleneck = outputs
        bottleneck = self.context(bottleneck)
        skips = levels if self.skips is None else self.skips(levels, bottleneck)
        x = bottleneck
        for index in reversed(range(len(skips))):
            x = self.decoders[index](x, skips[index])
        return Pass(y + self.activator(self.extract(x)), tuple(levels))
