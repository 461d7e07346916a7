"""LIST, GSAT and resizing before LIST (Lahiri et al., IEEE TCSVT 31(4), 2021), each usable alone.

The definitions are those of the authors' code; the expansions of the names are not published.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from arllie_deploy.errors import ArllieError

SQUEEZE = 4
# TensorFlow's 0.99 and 1e-3, as torch counts them.
_MOMENTUM, _EPSILON = 0.01, 1e-3


def normalization(channels: int) -> nn.BatchNorm2d:
    """Batch normalization as the published building blocks have it inside."""
    return nn.BatchNorm2d(channels, eps=_EPSILON, momentum=_MOMENTUM)


def shuffle_channels(x: Tensor, groups: int) -> Tensor:
    """Channel i of group k becomes channel k of group i (Zhang et al., ShuffleNet, CVPR 2018).

    Written with reshapes of four dimensions and one transposition: every format has these.

    Args:
        x: (N, C, H, W).
        groups: divides C.

    Returns:
        The same shape.
    """
    count, channels, height, width = x.shape
    parts = x.reshape(count, groups, channels // groups, height * width)
    return parts.transpose(1, 2).reshape(count, channels, height, width)


class List(nn.Module):
    """s = 1×1(x) to a quarter of the channels; the result joins 1×1(s) and 1×1(depthwise 3×3(s)), half each.

    Without activations inside it is linear: one 3×3 convolution whose pointwise half is its center alone, but for the
    ring of one pixel where s, which has a bias, is padded.

    Args:
        before: channels of x, a multiple of 4.
        after: channels of the result, even.
        form: "linear" or "activated", see `Lightening`.
        padding_mode: of the depthwise convolution.

    Raises:
        ArllieError: on channels that do not divide.
    """

    def __init__(self, before: int, after: int, form: str = "linear", padding_mode: str = "zeros") -> None:
        super().__init__()
        if reason := refusal_of_list(before, after):
            raise ArllieError(f"LIST {before}→{after}: {reason}")
        inner, half, mode = before // SQUEEZE, after // 2, _torch_mode(padding_mode)
        self.squeeze = nn.Conv2d(before, inner, 1)
        self.depthwise = nn.Conv2d(inner, inner, 3, padding=1, groups=inner, padding_mode=mode)
        self.separable = nn.Conv2d(inner, half, 1)
        self.pointwise = nn.Conv2d(inner, half, 1)
        self.activated = form == "activated"
        self.squeeze_norm = normalization(inner) if self.activated else nn.Identity()
        self.norm = normalization(after) if self.activated else nn.Identity()
        # Of a linear one, for inference: what follows it, done before the halves are joined.
        self.activation: nn.Module = nn.Identity()
        _start(self)

    @property
    def halves(self) -> tuple[nn.Conv2d, nn.Conv2d]:
        """The convolutions that the result joins, in its order."""
        return (self.pointwise, self.separable) if self.activated else (self.separable, self.pointwise)

    def forward(self, x: Tensor) -> Tensor:
        """(N, before, H, W) -> (N, after, H, W)."""
        if not self.activated:
            s = self.squeeze(x)
            return torch.cat(
                [self.activation(self.separable(self.depthwise(s))), self.activation(self.pointwise(s))], 1
            )
        s = torch.relu(self.squeeze_norm(self.squeeze(x)))
        return torch.relu(self.norm(torch.cat([self.pointwise(s), self.separable(self.depthwise(s))], 1)))


class Gsat(nn.Module):
    """ReLU(x + normalized(1×1 in groups(shuffle(3×3 in groups, dilated(x))))).

    Without the shuffle no group would ever see another one.

    Args:
        channels: of x and of the result.
        dilation: of the 3×3 convolution.
        groups: of both convolutions; divides the channels. One group is neither grouped nor shuffled.
        padding_mode: of the 3×3 convolution.

    Raises:
        ArllieError: on channels that do not divide.
    """

    def __init__(self, channels: int, dilation: int = 1, groups: int = 8, padding_mode: str = "zeros") -> None:
        super().__init__()
        if channels % groups:
            raise ArllieError(f"GSAT {channels}: {channels} channels are not divisible by {groups} groups")
        self.groups = groups
        self.spatial = _dilated(channels, dilation, groups, padding_mode)
        self.mix = nn.Conv2d(channels, channels, 1, groups=groups)
        self.norm: nn.Module = normalization(channels)
        _start(self)

    def forward(self, x: Tensor) -> Tensor:
        """(N, channels, H, W) -> the same shape, not negative."""
        spread = self.spatial(x)
        if self.groups > 1:
            spread = shuffle_channels(spread, self.groups)
        return torch.relu(x + self.norm(self.mix(spread)))


class DilatedSeparable(nn.Module):
    """ReLU(x + normalized(1×1(depthwise 3×3, dilated(x)))): GSAT's place without groups and shuffle (ours).

    Args:
        channels: of x and of the result.
        dilation: of the depthwise convolution.
        padding_mode: of the depthwise convolution.
    """

    def __init__(self, channels: int, dilation: int = 1, padding_mode: str = "zeros") -> None:
        super().__init__()
        self.spatial = _dilated(channels, dilation, channels, padding_mode)
        self.mix = nn.Conv2d(channels, channels, 1)
        self.norm: nn.Module = normalization(channels)
        _start(self)

    def forward(self, x: Tensor) -> Tensor:
        """(N, channels, H, W) -> the same shape, not negative."""
        return torch.relu(x + self.norm(self.mix(self.spatial(x))))


class Enlarge(nn.Module):
    """Sides times an integer factor, bilinear on half-pixel centers (`align_corners` off) or nearest."""

    def __init__(self, factor: int = 2, sampling: str = "bilinear") -> None:
        super().__init__()
        self.factor, self.sampling = factor, sampling

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, C, factor · H, factor · W)."""
        if self.sampling == "nearest":
            return functional.interpolate(x, scale_factor=float(self.factor), mode="nearest")
        return functional.interpolate(x, scale_factor=float(self.factor), mode="bilinear", align_corners=False)


class Halve(nn.Module):
    """Half the sides, which are even.

    "bilinear" is the mean of 2×2 pixels, which is what bilinear resizing to a half is on half-pixel centers; written as
    a pooling, no format can take it for TensorFlow 1's grid, which picks every second pixel. "nearest" picks these.
    """

    def __init__(self, sampling: str = "bilinear") -> None:
        super().__init__()
        self.sampling = sampling

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, C, H / 2, W / 2)."""
        if self.sampling == "nearest":
            return x[:, :, ::2, ::2]
        mean: Tensor = functional.avg_pool2d(x, 2)
        return mean


class EnlargedList(nn.Sequential):
    """`Enlarge`, then LIST: in place of a transposed convolution, or of a convolution before a pixel shuffle.

    (N, before, H, W) -> (N, after, factor · H, factor · W).
    """

    def __init__(self, before: int, after: int, factor: int = 2, sampling: str = "bilinear", **of_list: Any) -> None:
        super().__init__(Enlarge(factor, sampling), List(before, after, **of_list))


class HalvedList(nn.Sequential):
    """`Halve`, then LIST: in place of a convolution of stride 2. (N, before, H, W) -> (N, after, H / 2, W / 2)."""

    def __init__(self, before: int, after: int, sampling: str = "bilinear", **of_list: Any) -> None:
        super().__init__(Halve(sampling), List(before, after, **of_list))


LIGHT = (List, Gsat, DilatedSeparable, EnlargedList, HalvedList)


def is_activated(module: nn.Module) -> bool:
    """Whether a module ends with a normalization and an activation of its own: none should follow it."""
    last = module[-1] if isinstance(module, (EnlargedList, HalvedList)) else module
    return isinstance(last, (Gsat, DilatedSeparable)) or (isinstance(last, List) and last.activated)


def refusal_of_list(before: int, after: int) -> str:
    """Why there is no LIST of these channels; "" if there is one."""
    if before % SQUEEZE:
        return f"{before} channels of its input are not divisible by {SQUEEZE}"
    return f"{after} channels of its output are odd" if after % 2 else ""


def _dilated(channels: int, dilation: int, groups: int, padding_mode: str) -> nn.Conv2d:
    mode = _torch_mode(padding_mode)
    return nn.Conv2d(channels, channels, 3, padding=dilation, dilation=dilation, groups=groups, padding_mode=mode)


def _torch_mode(name: str) -> Any:
    """A name as torch's type, which is the literal names."""
    return name


def _start(module: nn.Module) -> None:
    """The published first weights: Xavier, biases 0."""
    for part in module.modules():
        if isinstance(part, nn.Conv2d):
            nn.init.xavier_uniform_(part.weight)
            if part.bias is not None:
                nn.init.zeros_(part.bias)
