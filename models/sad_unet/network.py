"""The network in its training form."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import cast

import torch
from torch import Tensor, nn

from arllie_deploy.models.sad_unet.blocks import Decoder, InvertedResidual, Level, activation, doubled, smoothly_doubled
from arllie_deploy.models.sad_unet.config import SadUnetConfig

_CONTEXT_EXPANSION = 2
# Of the first kernels: from the least sensitive channel to the most sensitive one, and what their centers begin with.
_OCTAVES = 4.0
_FIRST_CENTER = 0.2
# What an affine network begins with: frame · slope · gain + offset, about as bright as a well-lit frame.
_FIRST_SLOPE = 0.6
_FIRST_OFFSET = 0.2
_COARSE_DEVIATION = 0.02


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


class Extraction(nn.Sequential):
    """What is added to the frame, from the last features: two 3×3 convolutions."""

    def __init__(self, config: SadUnetConfig) -> None:
        count = config.channels[0]
        super().__init__(
            nn.Conv2d(count, count, 3, padding=1),
            activation(config),
            nn.Conv2d(count, 3, 3, padding=1),
        )

    @property
    def last(self) -> tuple[nn.Conv2d, ...]:
        """The convolutions that what comes out is linear in, and that λ can be within."""
        return (cast("nn.Conv2d", self[2]),)

    def of(self, decoded: Sequence[Tensor], _amplified: Tensor) -> Tensor:
        """(N, 3, H, W) from the outputs of decoder stages 1 to 5."""
        result: Tensor = self(decoded[0])
        return result


class Coarse(nn.Module):
    """Three smooth maps: 1×1 convolutions of decoder stages 4 to 2, coarse to fine, each enlarged onto the next."""

    def __init__(self, config: SadUnetConfig, first: float) -> None:
        super().__init__()
        self.config = config
        self.of_stage = nn.ModuleList(nn.Conv2d(count, 3, 1) for count in reversed(config.channels[1:4]))
        for convolution in self.of_stage:
            nn.init.normal_(cast("nn.Conv2d", convolution).weight, 0.0, _COARSE_DEVIATION)
            nn.init.zeros_(cast("Tensor", cast("nn.Conv2d", convolution).bias))
        nn.init.constant_(cast("Tensor", cast("nn.Conv2d", self.of_stage[0]).bias), first)

    def forward(self, decoded: Sequence[Tensor]) -> Tensor:
        """(N, 3, H, W) from the outputs of decoder stages 1 to 5."""
        coarsest, *finer = self.of_stage
        result: Tensor = smoothly_doubled(self.config, coarsest(decoded[3]))
        for stage, convolution in zip((2, 1), finer, strict=True):
            result = smoothly_doubled(self.config, result + convolution(decoded[stage]))
        return result


class AffineExtraction(nn.Module):
    """A·y + B + `Extraction`, where A and B are smooth, so that edges and colors of the frame are kept."""

    def __init__(self, config: SadUnetConfig) -> None:
        super().__init__()
        self.config = config
        self.slope = Coarse(config, _FIRST_SLOPE / config.strength)
        self.offset = Coarse(config, _FIRST_OFFSET / config.strength)
        self.detail = Extraction(config)
        self.cleaning = Cleaning(config) if config.reduction > 1 else None
        self.denoising = Denoising(config) if config.denoising else None
        for parameter in self.detail.last[0].parameters():
            nn.init.zeros_(parameter)

    @property
    def last(self) -> tuple[nn.Conv2d, ...]:
        """As for `Extraction`."""
        coarse = (*self.slope.of_stage, *self.offset.of_stage)
        return (*self.detail.last, *cast("tuple[nn.Conv2d, ...]", coarse))

    def of_frame(self) -> Iterator[tuple[nn.Conv2d, nn.Conv2d | nn.ConvTranspose2d]]:
        """First and last convolution of each part that sees the frame."""
        if self.cleaning is not None:
            yield self.cleaning.first, self.cleaning.last
        if self.denoising is not None:
            yield cast("nn.Conv2d", self.denoising[0]), self.denoising.last

    def of(self, decoded: Sequence[Tensor], amplified: Tensor) -> Tensor:
        """(N, 3, H, W) from the outputs of decoder stages 1 to 5, and the amplified frame in its own size."""
        return self.applied(amplified, *self.maps(decoded))

    def maps(self, decoded: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
        """A and B with `Extraction`, (N, 3, H / reduction, W / reduction) each."""
        return self.slope(decoded), self.offset(decoded) + self.detail(decoded[0])

    def applied(self, amplified: Tensor, slope: Tensor, rest: Tensor) -> Tensor:
        """(N, 3, H, W) from the amplified frame and what `maps` gives."""
        for _ in range(self.config.reduction.bit_length() - 1):
            slope, rest = smoothly_doubled(self.config, slope), smoothly_doubled(self.config, rest)
        cleaned = amplified if self.cleaning is None else self.cleaning(amplified)
        if self.denoising is not None:
            cleaned = cleaned + self.denoising(amplified)
        return slope * cleaned + rest


class Cleaning(nn.Module):
    """x + two 3×3 convolutions of x, which say nothing at first."""

    def __init__(self, config: SadUnetConfig) -> None:
        super().__init__()
        self.first = nn.Conv2d(3, config.stem_channels, 3, padding=1)
        self.activation = activation(config)
        self.last = nn.Conv2d(config.stem_channels, 3, 3, padding=1)
        for parameter in self.last.parameters():
            nn.init.zeros_(parameter)

    def forward(self, x: Tensor) -> Tensor:
        """(N, 3, H, W)."""
        result: Tensor = x + self.last(self.activation(self.first(x)))
        return result


class Denoising(nn.Sequential):
    """What is added to a frame against its noise: 3×3 convolutions at half the sides, which say nothing at first."""

    def __init__(self, config: SadUnetConfig) -> None:
        count = config.stem
        between = [nn.Conv2d(count, count, 3, padding=1) for _ in range(config.denoising)]
        super().__init__(
            nn.Conv2d(3, count, 2, stride=2),
            activation(config),
            *(part for convolution in between for part in (convolution, activation(config))),
            nn.ConvTranspose2d(count, 3, 2, stride=2),
        )
        for parameter in self.last.parameters():
            nn.init.zeros_(parameter)

    @property
    def last(self) -> nn.ConvTranspose2d:
        """What the result is linear in."""
        return cast("nn.ConvTranspose2d", self[-1])


class SadUnet(nn.Module):
    """y -> clamp(y + λF(y), 0, 1): stem, five levels, bottleneck, skips, five decoder stages, feature extraction.

    Attributes:
        neutral: what the names of parts begin with that say nothing before they are trained.
    """

    neutral = ("extract.cleaning.", "extract.denoising.")

    def __init__(self, config: SadUnetConfig) -> None:
        super().__init__()
        self.config = config
        stem, channels = config.stem_channels, config.channels
        self.amplifier = Amplifier(config.gain)
        self.reduce: nn.Module = nn.Sequential(*(nn.AvgPool2d(2) for _ in range(config.reduction.bit_length() - 1)))
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
        self.extract = (Extraction if config.residual == "additive" else AffineExtraction)(config)
        self.activator = Activator(config)
        self._spread_sensitivities()

    def forward(self, y: Tensor) -> Tensor:
        """(N, 3, H, W) in [0, 1], sides multiples of 32 · reduction, to the same."""
        return self.run(y).enhanced.clamp(0.0, 1.0)

    @torch.no_grad()
    def _spread_sensitivities(self) -> None:
        """Let the first channels start with sensitivities of 1 to 16, so that dark and bright frames drive some each.

        Without it all are nearly linear in dark frames, and what depends on a frame's brightness is learned slowly.
        """
        first = cast("nn.Conv2d", self.stem[0])
        factors = 2.0 ** torch.linspace(0.0, _OCTAVES, first.out_channels)
        first.weight[:, :, 1, 1] += _FIRST_CENTER
        first.weight.mul_(factors.reshape(-1, 1, 1, 1))
        assert first.bias is not None
        first.bias.zero_()

    def run(self, y: Tensor) -> Pass:
        """The same with what training looks at."""
        decoded, levels = self.decoded(self.begun(y))
        return Pass(y + self.activator(self.extract.of(decoded, self.amplifier(y))), levels)

    def begun(self, y: Tensor) -> Tensor:
        """(N, stem, H / reduction, W / reduction): the first convolution, which is all that looks at the frame."""
        result: Tensor = self.stem[1](self.stem[0](self.reduce(self.amplifier(y))))
        return result

    def decoded(self, begun: Tensor) -> tuple[list[Tensor], tuple[Tensor, ...]]:
        """Decoder stages 1 to 5 and levels 1 to 5, from what `begun` gives."""
        outputs, x = [], self.stem[3](self.stem[2](begun))
        for level in self.levels:
            x = level(x)
            outputs.append(x)
        *levels, bottleneck = outputs
        bottleneck = self.context(bottleneck)
        skips = levels if self.skips is None else self.skips(levels, bottleneck)
        decoded: list[Tensor] = []
        x = bottleneck
        for index in reversed(range(len(skips))):
            x = self.decoders[index](x, skips[index])
            decoded.insert(0, x)
        return decoded, tuple(levels)
