"""Pictures and their reductions, to train and score super-resolution."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.frames import to_frame
from arllie_deploy.training.data import Planes, to_planes
from arllie_deploy.training.network_data import resized

#: Sides of a picture in sides of its reduction.
FACTOR = 4


def reduced(frame: NDArray[Any]) -> NDArray[Any]:
    """A quarter of the sides by cubic interpolation.

    The kernel (a = −0.5) is widened by the factor, as in Pillow and in MATLAB's imresize; rounded to the type.

    Args:
        frame: (height, width, 3) uint8 or uint16; sides are multiples of 4.

    Returns:
        (height / 4, width / 4, 3) of the same type.
    """
    height, width = (side // FACTOR for side in frame.shape[:2])
    return to_frame(np.clip(resized(frame, (height, width)), 0.0, 1.0), frame.dtype)


def smaller_planes(frame: NDArray[Any], rng: np.random.Generator) -> tuple[Planes, Planes]:
    """The reduction of a frame and the frame.

    Args:
        frame: as of `reduced`.
        rng: not needed.

    Returns:
        (3, height / 4, width / 4) and (3, height, width).
    """
    del rng
    return to_planes([reduced(frame)])[0], to_planes([frame])[0]
