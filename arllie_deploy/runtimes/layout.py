"""Frames as the tensors that an engine takes, and back."""

from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from arllie_deploy.runtimes.base import IntegerTensors, Layout, OpenedModel


def tensor_for(opened: OpenedModel, frame: NDArray[np.uint8]) -> NDArray[Any]:
    """A frame (height, width, 3) as the tensor that `infer` of this model takes."""
    return frame[None] if isinstance(opened, IntegerTensors) else to_tensor(frame, opened.layout)


def values_of(opened: OpenedModel, tensor: NDArray[Any]) -> NDArray[np.float32]:
    """What `infer` of this model gave, as (height, width, 3) float32 in [0, 1]."""
    if isinstance(opened, IntegerTensors):
        values: NDArray[np.float32] = np.divide(tensor[0], np.float32(255), dtype=np.float32)
        return values
    return from_tensor(tensor, opened.layout)


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
