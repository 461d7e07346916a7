"""What a convolution becomes, or why it stays: pure rules, the first one that fits counts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from torch import nn

from arllie_deploy.models.light_modules.modules import (
    DilatedSeparable,
    EnlargedList,
    Gsat,
    HalvedList,
    List,
    refusal_of_list,
)
from arllie_deploy.models.light_modules.options import Lightening
from arllie_deploy.models.light_modules.tracing import Call, Shuffled

# Strided and transposed convolutions of larger kernels are kept, as those of 5×5 are.
_LARGEST_RESAMPLER = 4


@dataclass(frozen=True)
class Replacement:
    """What a convolution becomes.

    Attributes:
        text: for the report.
        make: builds it, with its first weights.
    """

    text: str
    make: Callable[[], nn.Module]


@dataclass(frozen=True)
class Seen:
    """A convolution with what a pass over the example showed of it.

    Attributes:
        layer: the module.
        call: its calls; None if its `forward` is never called.
        shuffled: what makes pixels of its output; None if nothing does.
        elsewhere: why the other places where its weights or its pixel shuffle are used forbid a replacement, or "".
    """

    layer: nn.Module
    call: Call | None
    shuffled: Shuffled | None = None
    elsewhere: str = ""


def described(layer: Any) -> str:
    """Such as "3×3 64→128, stride 2"."""
    text = f"{'×'.join(map(str, layer.kernel_size))} {layer.in_channels}→{layer.out_channels}"
    if layer.transposed:
        text = f"transposed {text}"
    for name in ("stride", "dilation"):
        values = getattr(layer, name)
        if set(values) != {1}:
            text += f", {name} {values[0] if len(set(values)) == 1 else '×'.join(map(str, values))}"
    return text if layer.groups == 1 else f"{text}, {layer.groups} groups"


def replacement(seen: Seen, options: Lightening) -> Replacement | str:
    """What stands in the place of a convolution that may be replaced, or why none can."""
    layer: Any = seen.layer
    if reason := _strange(layer) or seen.elsewhere:
        return reason
    if seen.call is None:
        return "it is never called on the example: its weights may be used directly"
    if layer.groups > 1:
        return "it is grouped already"
    if seen.shuffled is not None:
        return _sub_pixel(layer, seen.call, seen.shuffled, options)
    if layer.transposed:
        return _enlarged(layer, seen.call, options)
    if layer.stride != (1, 1):
        return _halved(layer, seen.call, options)
    if layer.kernel_size != (3, 3):
        return f"its kernel is {'×'.join(map(str, layer.kernel_size))}"
    if seen.call.inputs != seen.call.outputs:
        return "its padding changes the sides"
    return _list(layer, options) if layer.dilation == (1, 1) else _dilated(layer, options)


def _strange(layer: nn.Module) -> str:
    """Why a layer may compute something else than its class says; "" if it does not."""
    if type(layer) not in (nn.Conv2d, nn.ConvTranspose2d):
        return f"it is a {type(layer).__name__}, neither a Conv2d nor a ConvTranspose2d"
    if layer._forward_hooks or layer._forward_pre_hooks:
        return "it has hooks, which may change what it computes"
    return ""


def _list(layer: nn.Conv2d, options: Lightening) -> Replacement | str:
    before, after, mode = layer.in_channels, layer.out_channels, layer.padding_mode
    text = f"LIST {before}→{after}"
    return refusal_of_list(before, after) or Replacement(text, lambda: List(before, after, options.form, mode))


def _dilated(layer: nn.Conv2d, options: Lightening) -> Replacement | str:
    channels, dilation, mode, groups = layer.in_channels, layer.dilation[0], layer.padding_mode, options.groups
    if layer.out_channels != channels:
        return f"it is dilated and changes the channels from {channels} to {layer.out_channels}"
    if layer.dilation != (dilation, dilation):
        return "its dilation differs between rows and columns"
    if options.dilated == "separable":
        text = f"separable {channels}, dilation {dilation}"
        return Replacement(text, lambda: DilatedSeparable(channels, dilation, mode))
    if channels % groups:
        return f"{channels} channels are not divisible by {groups} groups"
    text = f"GSAT {channels}, {groups} groups, dilation {dilation}"
    return Replacement(text, lambda: Gsat(channels, dilation, groups, mode))


def _halved(layer: nn.Conv2d, call: Call, options: Lightening) -> Replacement | str:
    before, after, mode = layer.in_channels, layer.out_channels, layer.padding_mode
    if layer.stride != (2, 2) or layer.dilation != (1, 1):
        return "its stride is not 2, or it is dilated, too"
    if reason := _resampler(layer):
        return reason
    if any(tuple(2 * side for side in now) != then for then, now in zip(call.inputs, call.outputs, strict=True)):
        return "it does not halve the sides of the example"
    make = lambda: HalvedList(before, after, options.sampling, form=options.form, padding_mode=mode)  # noqa: E731 - named like a function below
    return refusal_of_list(before, after) or Replacement(f"{options.sampling} /2, LIST {before}→{after}", make)


def _enlarged(layer: Any, call: Call, options: Lightening) -> Replacement | str:
    if layer.stride != (2, 2) or layer.dilation != (1, 1):
        return "its stride is not 2, or it is dilated, too"
    if reason := _resampler(layer):
        return reason
    if any(tuple(2 * side for side in then) != now for then, now in zip(call.inputs, call.outputs, strict=True)):
        return "it does not double the sides of the example"
    return _enlarging(layer.in_channels, layer.out_channels, 2, options, layer.padding_mode)


def _sub_pixel(layer: Any, call: Call, shuffled: Shuffled, options: Lightening) -> Replacement | str:
    if layer.transposed or layer.kernel_size != (3, 3) or layer.stride != (1, 1) or layer.dilation != (1, 1):
        return "its output becomes pixels and it is no plain 3×3 convolution"
    if shuffled.module is None:
        return "its output becomes pixels in a function; an nn.PixelShuffle could be taken out"
    if not shuffled.plain:
        return "its output becomes pixels after more than activations, or is used elsewhere, too"
    if call.inputs != call.outputs:
        return "its padding changes the sides"
    factor = shuffled.factor
    return _enlarging(layer.in_channels, layer.out_channels // factor**2, factor, options, layer.padding_mode)


def _enlarging(before: int, after: int, factor: int, options: Lightening, mode: str) -> Replacement | str:
    def make() -> nn.Module:
        return EnlargedList(before, after, factor, options.sampling, form=options.form, padding_mode=mode)

    return refusal_of_list(before, after) or Replacement(f"{options.sampling} ×{factor}, LIST {before}→{after}", make)


def _resampler(layer: Any) -> str:
    sides = layer.kernel_size
    fits = all(2 <= side <= _LARGEST_RESAMPLER for side in sides)
    return "" if fits else f"its kernel is {'×'.join(map(str, sides))}, too small or too large for a resizing"
