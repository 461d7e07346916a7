"""Brightness of color frames, as gray benchmarks and super-resolution's figures take it (ITU-R BT.601)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.frames import to_frame, to_unit

_WEIGHTS = np.array([0.299, 0.587, 0.114])
# Of levels of 255: black is 16, white 235.
_BLACK, _SPAN = 16.0, 219.0


def gray(frame: NDArray[Any]) -> NDArray[Any]:
    """0.299 R + 0.587 G + 0.114 B, rounded.

    Args:
        frame: (height, width, 3) uint8 or uint16.

    Returns:
        (height, width, 1) of the same type; a frame with three equal channels gives these.
    """
    return to_frame(to_unit(frame) @ _WEIGHTS[:, None], frame.dtype)


def video_luma(frame: NDArray[Any]) -> NDArray[np.float64]:
    """Y of Y'CbCr in video range, not rounded, which super-resolution is scored on.

    Args:
        frame: (height, width, 3) uint8 or uint16.

    Returns:
        (height, width, 1) in [16 / 255, 235 / 255].
    """
    levels: NDArray[np.float64] = _BLACK + _SPAN * (to_unit(frame) @ _WEIGHTS[:, None])
    return levels / 255.0
