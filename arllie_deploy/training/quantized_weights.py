"""Symmetric integer weights, one scale per output channel: weight = integer · scale."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

LARGEST = {"int8": 127, "int16": 32767}


@dataclass(frozen=True)
class IntegerWeights:
    """`integers` (outputs, inputs, 3, 3) in [−largest, largest] as int32; `scales` (outputs,) float32, positive."""

    integers: NDArray[np.int32]
    scales: NDArray[np.float32]

    @property
    def kernel(self) -> NDArray[np.float32]:
        """The float32 values; quantizing them once more gives the same integers."""
        products = self.integers * self.scales.astype(np.float64)[:, None, None, None]
        return products.astype(np.float32)


def quantize(kernel: NDArray[np.float32], weights: str) -> IntegerWeights:
    """Round a kernel (outputs, inputs, 3, 3) to the grid of `weights`, a key of `LARGEST`.

    The scale of a channel is its largest magnitude / `LARGEST`, as in TFLite's quantization specification; a channel of
    zeros has the scale 1.
    """
    largest = LARGEST[weights]
    peaks = np.abs(kernel.astype(np.float64)).max(axis=(1, 2, 3))
    scales = (peaks / largest).astype(np.float32)
    scales[scales == 0] = 1.0
    integers = np.rint(kernel / scales.astype(np.float64)[:, None, None, None])
    return IntegerWeights(np.clip(integers, -largest, largest).astype(np.int32), scales)


def fake_quantize(kernel: Tensor, weights: str) -> Tensor:
    """The values of `quantize`; the gradient passes straight through (Bengio et al., arXiv 1308.3432)."""
    grid = torch.from_numpy(quantize(kernel.detach().cpu().numpy(), weights).kernel).to(kernel.device)
    return grid + (kernel - kernel.detach())  # exactly the grid, because the difference is exactly 0


def fake_levels(frame: Tensor) -> Tensor:
    """Values of [0, 1] rounded half up to the 256 levels of an 8-bit frame; the gradient passes straight through."""
    return (frame.detach() * 255 + 0.5).floor() / 255 + (frame - frame.detach())
