"""From what was made of a raw frame to a picture for people and files."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from arllie_deploy.pictures.orientation import upright
from arllie_deploy.pictures.picture import Picture
from arllie_deploy.raw.frame import RawFrame


def picture_of(pixels: NDArray[Any], frame: RawFrame) -> Picture:
    """A picture turned upright.

    Args:
        pixels: (height, width, 3) uint8 or uint16, sRGB, as the sensor of `frame` saw it; what `develop` gives.
        frame: whose orientation it has.
    """
    return Picture(upright(pixels, frame.orientation))
