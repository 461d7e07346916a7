"""Pictures with a hole, to train and score inpainting."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.training.data import Planes, to_planes

#: Least and most pixels of a hole's sides.
SIDES = (12, 32)


def draw_hole(size: tuple[int, int], rng: np.random.Generator) -> NDArray[np.bool_]:
    """A rectangle somewhere in a frame, both of its sides uniform between those of `SIDES`.

    Args:
        size: (height, width); a hole is at most half of each side.
        rng: gives the sides, then the place.

    Returns:
        (height, width), True within the rectangle.
    """
    sides = [min(int(rng.integers(SIDES[0], SIDES[1] + 1)), length // 2) for length in size]
    top, left = (int(rng.integers(length - side + 1)) for length, side in zip(size, sides, strict=True))
    hole = np.zeros(size, np.bool_)
    hole[top : top + sides[0], left : left + sides[1]] = True
    return hole


def with_hole(picture: Planes, hole: NDArray[np.bool_]) -> Planes:
    """What a network of inpainting is given: (3, height, width) -> (4, height, width).

    The picture is black in the hole; the last channel is the mask, 1 where it is to be filled.
    """
    return np.concatenate([np.where(hole, np.float32(0.0), picture), hole[None].astype(np.float32)])


def holed_planes(frame: NDArray[Any], rng: np.random.Generator) -> tuple[Planes, Planes]:
    """The frame with one hole, beside its mask, and the whole frame.

    Args:
        frame: (height, width, 3) uint8 or uint16.
        rng: of `draw_hole`.

    Returns:
        (4, height, width) and (3, height, width).
    """
    picture = to_planes([frame])[0]
    return with_hole(picture, draw_hole(frame.shape[:2], rng)), picture
