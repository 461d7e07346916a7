"""Gains for a frame whose camera did not say them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from arllie_deploy.errors import ArllieError
from arllie_deploy.raw.frame import Gains, RawFrame
from arllie_deploy.raw.packing import pack

# Of the range: cells with a pixel beyond are dark noise, or cut off.
_LOWEST, _HIGHEST = 0.01, 0.98
# With fewer cells than this share the mean says nothing about the light.
_FEWEST = 0.001


def gray_world(frame: RawFrame) -> Gains:
    """The gains under which the frame is gray on average (Buchsbaum, J. Franklin Institute 310(1), 1980).

    The mean is taken over the 2×2 cells all of whose pixels lie between 1 % and 98 % of the range.

    Args:
        frame: its own gains and its color matrix are not looked at.

    Returns:
        Gains of red, green (1) and blue.

    Raises:
        ArllieError: if there are hardly any such cells.
    """
    planes = pack(replace(frame, white_balance=(1.0, 1.0, 1.0)))
    kept = ((planes > _LOWEST) & (planes < _HIGHEST)).all(axis=0)
    if kept.mean() < _FEWEST:
        raise ArllieError("hardly a pixel is between black and white, so no white balance can be found; give one")
    red, first, second, blue = (float(plane[kept].mean(dtype=np.float64)) for plane in planes)
    green = (first + second) / 2.0
    return green / red, 1.0, green / blue
