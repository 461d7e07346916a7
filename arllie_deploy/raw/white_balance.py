"""Gains for a frame whose camera did not say them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.errors import ArllieError
from arllie_deploy.raw.frame import Gains, Levels
from arllie_deploy.raw.packing import mirrored

# Of the range: cells with a pixel beyond are dark noise, or cut off.
_LOWEST, _HIGHEST = 0.01, 0.98
# With fewer cells than this share the mean says nothing about the light.
_FEWEST = 0.001


def gray_world(mosaic: NDArray[np.uint16], pattern: str, black: Levels, white: float) -> Gains:
    """The gains under which the frame is gray on average (Buchsbaum, J. Franklin Institute 310(1), 1980).

    The mean is taken over the 2×2 cells all of whose pixels lie between 1 % and 98 % of the range.

    Args:
        mosaic: (height, width) uint16 with even sides.
        pattern: one of `PATTERNS`.
        black: as in `RawFrame`.
        white: as in `RawFrame`.

    Returns:
        Gains of red, green (1) and blue.

    Raises:
        ArllieError: if there are hardly any such cells.
    """
    cells = mirrored(mosaic, pattern)
    planes = [cells[row::2, column::2] for row in (0, 1) for column in (0, 1)]
    lows = [level + _LOWEST * (white - level) for level in black]
    highs = [level + _HIGHEST * (white - level) for level in black]
    kept = np.ones(planes[0].shape, bool)
    for plane, low, high in zip(planes, lows, highs, strict=True):
        kept &= (plane > low) & (plane < high)
    if kept.mean() < _FEWEST:
        raise ArllieError("hardly a pixel is between black and white, so no white balance can be found; give one")
    red, first, second, blue = (float(plane[kept].mean()) - level for plane, level in zip(planes, black, strict=True))
    green = (first + second) / 2.0
    return green / red, 1.0, green / blue
