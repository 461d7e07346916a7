"""The convolutional part of AlexNet in plain numpy: the features that LPIPS compares."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from arllie_deploy.errors import ArllieError

Float32 = NDArray[np.float32]

# Below this side a pooling window has nothing left to look at.
SMALLEST_SIDE = 31
# The most values that the patches of one matrix product hold, 64 MB.
_MOST_VALUES = 1 << 24


@dataclass(frozen=True)
class Layer:
    """A convolution followed by a ReLU.

    Attributes:
        shape: of its kernel: rows, columns, input channels, output channels.
        stride: in both directions.
        padding: zeros on every side.
        pooled: whether a 3×3 maximum with stride 2 comes before it.
    """

    shape: tuple[int, int, int, int]
    stride: int
    padding: int
    pooled: bool


# Krizhevsky, "One weird trick for parallelizing convolutional neural networks", arXiv 1404.5997, as torchvision has it.
LAYERS = (
    Layer((11, 11, 3, 64), 4, 2, pooled=False),
    Layer((5, 5, 64, 192), 1, 2, pooled=True),
    Layer((3, 3, 192, 384), 1, 1, pooled=True),
    Layer((3, 3, 384, 256), 1, 1, pooled=False),
    Layer((3, 3, 256, 256), 1, 1, pooled=False),
)


def features(x: Float32, kernels: Sequence[Float32], biases: Sequence[Float32]) -> list[Float32]:
    """The activations after each of the five ReLUs.

    Args:
        x: (height ≥ 31, width ≥ 31, 3), normalized as the network was trained.
        kernels: one of each layer's shape.
        biases: one of each layer's output channels.

    Returns:
        Five arrays (height, width, channels).

    Raises:
        ArllieError: if a side is too short.
    """
    if min(x.shape[:2]) < SMALLEST_SIDE:
        size = f"{SMALLEST_SIDE}×{SMALLEST_SIDE}"
        raise ArllieError(f"LPIPS needs at least {size} pixels and the frame has {x.shape[1]}×{x.shape[0]}; use psnr")
    found = []
    for layer, kernel, bias in zip(LAYERS, kernels, biases, strict=True):
        x = np.maximum(_convolve(_pool(x) if layer.pooled else x, layer, kernel, bias), 0.0)
        found.append(x)
    return found


def _convolve(x: Float32, layer: Layer, kernel: Float32, bias: Float32) -> Float32:
    side, _, channels, out = layer.shape
    padded = np.pad(x, ((layer.padding,) * 2, (layer.padding,) * 2, (0, 0)))
    windows = sliding_window_view(padded, (side, side), (0, 1))[:: layer.stride, :: layer.stride]
    height, width = windows.shape[:2]
    matrix = kernel.transpose(2, 0, 1, 3).reshape(-1, out)
    result = np.empty((height, width, out), np.float32)
    step = max(1, _MOST_VALUES // (width * channels * side * side))
    for top in range(0, height, step):
        patches = windows[top : top + step]
        result[top : top + step] = (patches.reshape(-1, matrix.shape[0]) @ matrix).reshape(-1, width, out)
    return result + bias


def _pool(x: Float32) -> Float32:
    """The maximum of each 3×3 window, every second one in both directions."""
    height, width = (x.shape[0] - 3) // 2 + 1, (x.shape[1] - 3) // 2 + 1
    pooled = x[: 2 * height - 1 : 2, : 2 * width - 1 : 2]
    for row in range(3):
        for column in range(3):
            pooled = np.maximum(pooled, x[row : row + 2 * height - 1 : 2, column : column + 2 * width - 1 : 2])
    return pooled
