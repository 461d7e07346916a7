"""How far a runtime's frame is from the model's definition beyond rounding, at the border and away from it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.quality.parity import compare
from arllie_deploy.quality.ranges import data_range


def border_error(output: NDArray[Any], reference: NDArray[np.float64]) -> float:
    """The largest error in the ring of one pixel, in levels of the frame's type beyond the half level of rounding.

    Args:
        output: (height, width, 3) uint8 or uint16.
        reference: the same shape, in [0, 1], not rounded.

    Returns:
        0 for a frame that is the reference, rounded in whatever way.
    """
    return _beyond_rounding(compare(*_in_levels(output, reference)).border_max_abs)


def interior_error(output: NDArray[Any], reference: NDArray[np.float64]) -> float:
    """As `border_error`, away from the ring; 0 where there is no interior."""
    return _beyond_rounding(compare(*_in_levels(output, reference)).interior_max_abs)


def _in_levels(output: NDArray[Any], reference: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    return output.astype(np.float64), reference * data_range(output.dtype)


def _beyond_rounding(levels: float) -> float:
    return max(levels - 0.5, 0.0)
