"""DnCNN, SRResNet and the completion network of GLCIC: written down as baselines, and lightened by the converter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn

from arllie_deploy.models.light_modules.config import LightModulesConfig
from arllie_deploy.models.light_modules.fill import SmoothFill
from arllie_deploy.models.light_modules.lighten import KEEP, lighten
from arllie_deploy.models.light_modules.modules import Enlarge, is_activated

_DILATIONS = (2, 4, 8, 16)


@dataclass(frozen=True)
class Pass:
    """What training looks at.

    Attributes:
        enhanced: (N, colors, scale · H, scale · W), not clamped, so that what is too bright still has a gradient.
        levels: none.
    """

    enhanced: Tensor
    levels: tuple[Tensor, ...] = ()


class Layer(nn.Module):
    """A convolution or what stands in its place, its normalization and its activation, each of which may be nothing."""

    def __init__(self, conv: nn.Module, norm: nn.Module | None = None, activation: nn.Module | None = None) -> None:
        super().__init__()
        self.conv = conv
        self.norm = norm or nn.Identity()
        self.activation = activation or nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        """(N, before, H, W) -> (N, after, H', W')."""
        result: Tensor = self.activation(self.norm(self.conv(x)))
        return result


class LightModulesNetwork(nn.Module):
    """Frames in [0, 1] to the same: what the networks of the three tasks share."""

    def __init__(self, config: LightModulesConfig) -> None:
        super().__init__()
        self.config = config

    def forward(self, y: Tensor) -> Tensor:
        """(N, channels, H, W) in [0, 1] -> (N, colors, scale · H, scale · W) in [0, 1]."""
        return self.run(y).enhanced.clamp(0.0, 1.0)

    def run(self, y: Tensor) -> Pass:
        """The same with what training looks at."""
        raise NotImplementedError

    def _activation(self) -> nn.Module:
        prelu = self.config.task == "super-resolution" and self.config.activation == "published"
        return nn.PReLU() if prelu else nn.ReLU()


class Denoiser(LightModulesNetwork):
    """y − f(y): f finds the noise by 3×3 layers of 64 channels."""

    def __init__(self, config: LightModulesConfig) -> None:
        super().__init__(config)
        count, colors = config.scaled(64), config.colors
        self.layers = nn.Sequential(
            Layer(_conv(colors, count, bias=False), None, nn.ReLU()),
            *(Layer(_conv(count, count, bias=False), nn.BatchNorm2d(count), nn.ReLU()) for _ in range(config.depth)),
            Layer(_conv(count, colors, bias=False)),
        )

    def run(self, y: Tensor) -> Pass:
        """(N, colors, H, W)."""
        return Pass(y - self.layers(y))


class Residual(nn.Module):
    """x + normalized 3×3(activated normalized 3×3(x))."""

    def __init__(self, count: int, activation: nn.Module) -> None:
        super().__init__()
        self.first = Layer(_conv(count, count), nn.BatchNorm2d(count), activation)
        self.second = Layer(_conv(count, count), nn.BatchNorm2d(count))

    def forward(self, x: Tensor) -> Tensor:
        """The same shape."""
        result: Tensor = x + self.second(self.first(x))
        return result


class SuperResolver(LightModulesNetwork):
    """9×9, residual blocks with a shortcut around them, two doublings of the sides, 9×9."""

    def __init__(self, config: LightModulesConfig) -> None:
        super().__init__(config)
        count = config.scaled(64)
        self.first = Layer(nn.Conv2d(3, count, 9, padding=4), None, self._activation())
        self.blocks = nn.Sequential(*(Residual(count, self._activation()) for _ in range(config.depth)))
        self.joined = Layer(_conv(count, count), nn.BatchNorm2d(count))
        self.doublings = nn.Sequential(*(self._doubling(count) for _ in range(2)))
        self.last = Layer(nn.Conv2d(count, 3, 9, padding=4))
        self.shortcut = None if config.shortcut == "none" else Enlarge(config.scale, config.shortcut)

    def run(self, y: Tensor) -> Pass:
        """(N, 3, H, W) -> (N, 3, 4H, 4W)."""
        first = self.first(y)
        features = first + self.joined(self.blocks(first))
        result: Tensor = self.last(self.doublings(features))
        return Pass(result if self.shortcut is None else result + self.shortcut(y))

    def _doubling(self, count: int) -> Layer:
        """The convolution may be separable; the pixel shuffle stands where a normalization does elsewhere."""
        wide: nn.Module = _conv(count, 4 * count)
        if self.config.sampling == "separable":
            wide = nn.Sequential(nn.Conv2d(count, count, 3, padding=1, groups=count), nn.Conv2d(count, 4 * count, 1))
        return Layer(wide, nn.PixelShuffle(2), self._activation())


class Completer(LightModulesNetwork):
    """Fills a picture where its mask is 1; elsewhere it stays as it is."""

    def __init__(self, config: LightModulesConfig) -> None:
        super().__init__(config)
        a, b, c, last = (config.scaled(count) for count in (64, 128, 256, 32))
        convolutions = (
            nn.Conv2d(config.channels, a, 5, padding=2),
            *(_conv(a, b, stride=2), _conv(b, b), _conv(b, c, stride=2), _conv(c, c), _conv(c, c)),
            *(nn.Conv2d(c, c, 3, padding=dilation, dilation=dilation) for dilation in _DILATIONS),
            *(_conv(c, c), _conv(c, c)),
            *(nn.ConvTranspose2d(c, b, 4, stride=2, padding=1), _conv(b, b)),
            *(nn.ConvTranspose2d(b, a, 4, stride=2, padding=1), _conv(a, last)),
        )
        self.layers = nn.Sequential(
            *(Layer(conv, nn.BatchNorm2d(conv.out_channels), nn.ReLU()) for conv in convolutions),
            Layer(_conv(last, config.colors), None, nn.Sigmoid() if config.shortcut == "none" else None),
        )
        self.fill = None if config.shortcut == "none" else SmoothFill()
        if self.fill is not None:
            # A training begins with the smooth picture.
            nn.init.zeros_(cast("nn.Conv2d", self.layers[-1].conv).weight)

    def run(self, y: Tensor) -> Pass:
        """(N, colors + 1, H, W): picture and mask. What the picture has in the hole is not looked at."""
        picture, mask = y[:, :-1], y[:, -1:]
        weight = 1.0 - mask
        known = picture * weight
        if self.fill is None:
            return Pass(known + mask * self.layers(torch.cat([known, mask], 1)))
        guess = known + mask * self.fill(known, weight)
        return Pass(guess + mask * self.layers(torch.cat([guess, mask], 1)))


_BASELINES = {"denoising": Denoiser, "super-resolution": SuperResolver, "inpainting": Completer}


def build(config: LightModulesConfig) -> LightModulesNetwork:
    """The training network with its first weights, which torch's generator decides.

    A light one is its baseline, lightened; what has its own normalization and activation is followed by no other ones.
    """
    network = _BASELINES[config.task](config)
    if config.convolutions == "full":
        return network
    keep = (*KEEP, "doublings.*") if config.sampling in ("shuffle", "separable") else KEEP
    example = torch.zeros(1, config.channels, config.minimum, config.minimum)
    light = cast("LightModulesNetwork", lighten(network, keep, config.lightening, example).network)
    for layer in light.modules():
        if isinstance(layer, Layer) and is_activated(layer.conv):
            layer.norm, layer.activation = nn.Identity(), nn.Identity()
    return light


def _conv(before: int, after: int, stride: int = 1, bias: bool = True) -> nn.Conv2d:
    return nn.Conv2d(before, after, 3, stride=stride, padding=1, bias=bias)
