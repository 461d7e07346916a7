"""Frames as float32 tensors in an engine's layout, and back."""

from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from arllie_deploy.runtimes.base import Layout


def to_tensor(frame: NDArray[Any], layout: Layout) -> NDArray[np.float32]:
    """An integer or float frame (height, width, 3) as (1, 3, h, w) or (1, h, w, 3) float32; integers become [0, 1]."""
    scale = np.iinfo(frame.dtype).max if frame.dtype.kind == "u" else 1
    if layout == "NCHW":
        return np.ascontiguousarray(np.moveaxis(frame, 2, 0)[None], np.float32) / np.float32(scale)
    return np.ascontiguousarray(frame[None], np.float32) / np.float32(scale)


def from_tensor(tensor: NDArray[np.float32], layout: Layout) -> NDArray[np.float32]:
    """The tensor's only frame as (height, width, 3), a view."""
    return np.moveaxis(tensor[0], 0, 2) if layout == "NCHW" else tensor[0]


def to_integers(tensor: NDArray[np.float32], layout: Layout, dtype: DTypeLike) -> NDArray[Any]:
    """A tensor of [0, 1] as an integer frame, rounded half up.

    16-bit values are computed in float64: float32 cannot hold 65535 · z + 0.5 exactly.
    """
    values: NDArray[Any] = tensor.astype(np.float32 if np.dtype(dtype) == np.uint8 else np.float64)
    values *= np.iinfo(dtype).max
    values += 0.5
    return np.ascontiguousarray(from_tensor(values.astype(dtype), layout))
