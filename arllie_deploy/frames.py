"""A frame is an array (height, width, 3), RGB, uint8 or uint16; a tensor is the same in floats of [0, 1]."""

from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from arllie_deploy.errors import ArllieError

COLOR, VALUE_RANGE = "RGB", (0.0, 1.0)
FRAME_DTYPES: tuple[np.dtype[Any], ...] = (np.dtype(np.uint8), np.dtype(np.uint16))


def check_tensor(y: NDArray[Any], channels: int = 3) -> None:
    """Raise `ArllieError` unless `y` is (height ≥ 1, width ≥ 1, channels)."""
    if y.ndim != 3 or y.shape[2] != channels or 0 in y.shape:
        raise ArllieError(f"a frame has shape (height, width, {channels}), got {y.shape}")


def check_frame(frame: NDArray[Any], channels: int = 3) -> None:
    """Raise `ArllieError` unless `frame` is (height ≥ 1, width ≥ 1, channels) and uint8 or uint16."""
    check_tensor(frame, channels)
    if frame.dtype not in FRAME_DTYPES:
        raise ArllieError(f"a frame is uint8 or uint16, got {frame.dtype}")


def to_unit(frame: NDArray[Any]) -> NDArray[np.float64]:
    """An integer frame as float64 in [0, 1]: value / 255 or value / 65535."""
    return frame.astype(np.float64) / np.iinfo(frame.dtype).max


def to_frame(z: NDArray[np.floating], dtype: DTypeLike) -> NDArray[Any]:
    """Values of [0, 1] as integers, rounded half up: floor(max · z + 0.5)."""
    frame: NDArray[Any] = np.floor(z * float(np.iinfo(dtype).max) + 0.5).astype(dtype)
    return frame
