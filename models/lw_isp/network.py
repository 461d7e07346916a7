"""The network in its training form; the names are those of the layer table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from arllie_deploy.models.lw_isp.blocks import (
    FineGrainedAttention,
    GlobalLayers,
    Layer,
    Layers,
    SharedUpsample,
    convolution,
    mean_of,
)
from arllie_deploy.models.lw_isp.config import LwIspConfig

#: What distillation compares, from deep to shallow.
LEVELS = ("d6", "d7", "d8", "d9")


@dataclass(frozen=True)
class Pass:
    """What training and tiling look at.

    Attributes:
        enhanced: (N, 3, scale · H, scale · W), not clamped; a residual may leave [0, 1].
        levels: d6 to d9, at 1/8, 1/4, 1/2 and all of the input's sides.
        maps: the five maps that the network takes the mean of: after the poolings, at 1/2, 1/4, 1/8 and 1/16 of the
            sides, and d5, at 1/16.
    """

    enhanced: Tensor
    levels: tuple[Tensor, ...]
    maps: tuple[Tensor, ...]


class Last(nn.Module):
    """From the gated feature to three channels, at twice the sides where the head wants it."""

    def __init__(self, config: LwIspConfig, channels: int) -> None:
        super().__init__()
        block = config.scale == 2 and config.last == "block"
        self.u4 = SharedUpsample(channels, channels, config) if block else None
        self.shuffles = config.scale == 2 and not block
        if self.shuffles and config.last == "conv1":
            self.d10 = nn.Conv2d(channels, 12, 1)
        else:
            self.d10 = convolution(config, channels, 12 if self.shuffles else 3)

    def forward(self, x: Tensor) -> Tensor:
        """(N, channels, H, W) -> (N, 3, scale · H, scale · W), any number."""
        result: Tensor = self.d10(x if self.u4 is None else self.u4(x))
        return functional.pixel_shuffle(result, 2) if self.shuffles else result


class LwIsp(nn.Module):
    """y -> RGB in [0, 1]: four poolings with attention, a global vector, shared upsampling, a gate.

    The sides of y are multiples of 16 and at least 32.
    """

    def __init__(self, config: LwIspConfig) -> None:
        super().__init__()
        self.config = config
        a, b, c, d, deep = config.channels
        self.d0 = Layer(config, config.input_channels, a)
        self.d1 = Layers(config, a, a)
        self.a1, self.a2, self.a3, self.a4 = (FineGrainedAttention(count, config) for count in (a, b, c, d))
        self.d2, self.d3, self.d4 = (Layers(config, count, count) for count in (b, c, d))
        self.d5 = Layer(config, deep, deep)
        self.d6: nn.Module = GlobalLayers(config, d, deep)
        self.u1, self.u2, self.u3 = (SharedUpsample(*pair, config) for pair in ((d, c), (c, b), (b, a)))
        self.d7, self.d8 = Layer(config, 2 * c, c), Layer(config, 2 * b, b)
        self.all_shortcuts = config.shortcuts == "all"
        self.d9 = Layer(config, 2 * a if self.all_shortcuts else a, a)
        self.last = Last(config, a)

    def forward(self, y: Tensor) -> Tensor:
        """(N, input channels, H, W) in [0, 1] -> (N, 3, scale · H, scale · W) in [0, 1]."""
        return self.bounded(self.run(y).enhanced)

    def bounded(self, enhanced: Tensor) -> Tensor:
        """In [0, 1], where a sigmoid is without a clamp."""
        return enhanced.clamp(0.0, 1.0) if self.config.head == "denoising" else enhanced

    def run(self, y: Tensor, held: Sequence[Tensor | None] = (None,) * 5) -> Pass:
        """The same with what training and tiling look at.

        Args:
            y: as for `forward`.
            held: the five means (N, C, 1, 1) of the frame that y is a part of, in the order of `Pass.maps`; None where
                y's own is meant.
        """
        (d0, d1, d2, d3, d4, d5), maps = self.down(y, held[:-1])
        d6 = self.d6(d4, mean_of(d5) if held[-1] is None else held[-1])
        d7 = self.d7(torch.cat([self.u1(d4, d6), d3], 1))
        d8 = self.d8(torch.cat([self.u2(d3, d7), d2], 1))
        u3 = self.u3(d2, d8)
        d9 = self.d9(torch.cat([u3, d1], 1) if self.all_shortcuts else u3)
        return Pass(self._head(y, d0 * d9 if self.all_shortcuts else d9), (d6, d7, d8, d9), tuple(maps))

    def down(self, y: Tensor, held: Sequence[Tensor | None]) -> tuple[list[Tensor], list[Tensor]]:
        """d0, d1, … and the maps, as far as the attentions are given: one more map than there are means.

        Args:
            y: as for `forward`.
            held: up to four means, as for `run`.
        """
        d0 = self.d0(y)
        features, maps = [d0, self.d1(d0)], []
        stages = ((self.a1, self.d2), (self.a2, self.d3), (self.a3, self.d4), (self.a4, self.d5))
        for (attention, layers), mean in zip(stages, held, strict=False):
            maps.append(functional.max_pool2d(features[-1], 2))
            features.append(layers(attention(maps[-1], mean)))
        maps.append(features[-1] if len(held) == len(stages) else functional.max_pool2d(features[-1], 2))
        return features, maps

    def _head(self, y: Tensor, feature: Tensor) -> Tensor:
        result: Tensor = self.last(feature)
        return y + result if self.config.head == "denoising" else torch.sigmoid(result)
