"""Which layers an int8 form is lost in: one layer at a time is quantized, the others stay in float32.

A simulation in torch, and therefore the same for every format: a layer's weights are rounded to int8 per output
channel, its input to int8 in the range that it keeps on the calibration frames, as the formats' int8 forms do.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.export.calibration import widen
from arllie_deploy.export.networks.module import run_module
from arllie_deploy.quality.parity import compare

if TYPE_CHECKING:
    import torch
    from torch import nn

Frames = Sequence[NDArray[np.float32]]


def layer_sensitivity(module: nn.Module, frames: Frames, percentile: float) -> list[tuple[str, float]]:
    """Every layer with weights by its name, with the PSNR of the output when it alone is int8; the worst first.

    Args:
        module: float32, in eval mode; unchanged afterwards.
        frames: (1, channels, height, width); ranges are taken from all of them, and the first two are judged.
        percentile: as in `Calibration`.
    """
    layers = {name: layer for name, layer in module.named_modules() if _has_kernel(layer)}
    ranges = _input_ranges(module, layers, frames, percentile)
    exact = [run_module(module, frame) for frame in frames[:2]]
    found = []
    for name in ranges:
        with _Quantized(layers[name], ranges[name]):
            outputs = [run_module(module, frame) for frame in frames[:2]]
        found.append((name, min(map(_psnr, outputs, exact))))
    return sorted(found, key=lambda entry: entry[1])


def describe_worst(sensitivity: Sequence[tuple[str, float]], count: int = 5) -> str:
    """The most sensitive layers in one line."""
    return ", ".join(f"{name} {psnr:.1f} dB" for name, psnr in sensitivity[:count])


def _has_kernel(layer: nn.Module) -> bool:
    weight = getattr(layer, "weight", None)
    return weight is not None and weight.ndim >= 2


def _input_ranges(
    module: nn.Module, layers: dict[str, nn.Module], frames: Frames, percentile: float
) -> dict[str, tuple[float, float]]:
    ranges: dict[str, tuple[float, float]] = {}

    def observer(name: str) -> Callable[..., None]:
        def note(_: nn.Module, inputs: tuple[torch.Tensor, ...]) -> None:
            ranges.setdefault(name, (0.0, 0.0))
            widen(ranges, name, inputs[0].numpy(), percentile)

        return note

    hooks = [layer.register_forward_pre_hook(observer(name)) for name, layer in layers.items()]
    for frame in frames:
        run_module(module, frame)
    for hook in hooks:
        hook.remove()
    return ranges


class _Quantized:
    """While it is entered, one layer computes as in int8."""

    def __init__(self, layer: nn.Module, input_range: tuple[float, float]) -> None:
        self._layer, self._range = layer, input_range

    def __enter__(self) -> None:
        low, high = self._range
        scale = max(high - low, 1e-12) / 255.0
        zero_point = round(-128.0 - low / scale)

        def round_input(_: nn.Module, inputs: tuple[torch.Tensor, ...]) -> tuple[Any, ...]:
            numbers = (inputs[0] / scale + zero_point).round().clamp(-128, 127)
            return ((numbers - zero_point) * scale, *inputs[1:])

        self._weight: Any = self._layer.weight.data
        self._hook = self._layer.register_forward_pre_hook(round_input)
        self._layer.weight.data = _rounded_weights(self._layer)

    def __exit__(self, *_: object) -> None:
        self._hook.remove()
        self._layer.weight.data = self._weight


def _rounded_weights(layer: nn.Module) -> Any:
    """Per output channel, whose axis a transposed convolution has second."""
    weight: Any = layer.weight.data
    axis = 1 if getattr(layer, "transposed", False) else 0
    others = [other for other in range(weight.ndim) if other != axis]
    scale = weight.abs().amax(others, keepdim=True).clamp(min=1e-12) / 127.0
    return (weight / scale).round() * scale


def _psnr(output: NDArray[Any], exact: NDArray[Any]) -> float:
    parity = compare(np.moveaxis(output[0], 0, 2), np.moveaxis(exact[0], 0, 2).astype(np.float64))
    return parity.psnr_db if math.isfinite(parity.max_abs) else -math.inf
