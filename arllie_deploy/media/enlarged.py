"""What goes with a picture whose sides a network multiplies: its transparency, and the sides that its metadata say."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.errors import ArllieError
from arllie_deploy.pictures.codec import MOST_PIXELS
from arllie_deploy.pictures.exif import upright_exif
from arllie_deploy.pictures.picture import Metadata, Picture

# What EXIF and JPEG count in.
_LONGEST_SIDE = 65535
# tiff:ImageWidth="40" and <exif:PixelYDimension>30</exif:PixelYDimension>
_XMP_SIDE = re.compile(rb"""((?:tiff:Image|exif:Pixel)(Width|X|Length|Y)(?:Dimension)?(?:>|\s*=\s*["'])\s*)\d+""")


def enlarged(picture: Picture, scale: int) -> Picture:
    """The picture of so many times the sides, its pixels still to be made; the picture itself at 1.

    Transparency is enlarged bilinearly on half-pixel centers. The resolution in pixels per inch stays: the picture is
    printed larger.

    Args:
        picture: as it was read.
        scale: at least 1.

    Raises:
        ArllieError: if a picture of such sides would not be read again.
    """
    if scale == 1:
        return picture
    width, height = (scale * side for side in picture.size)
    if max(width, height) > _LONGEST_SIDE or width * height > MOST_PIXELS:
        limits = f"sides up to {_LONGEST_SIDE} and {MOST_PIXELS:,} pixels are written"
        raise ArllieError(f"{scale} times the sides would be {width}×{height}; {limits}: give a part of the picture")
    pixels = np.broadcast_to(np.zeros(1, picture.pixels.dtype), (height, width, 3))
    alpha = None if picture.alpha is None else enlarge_plane(picture.alpha, scale)
    return Picture(pixels, alpha, _of_sides(picture.metadata, width, height))


def enlarge_plane(plane: NDArray[Any], factor: int) -> NDArray[Any]:
    """Bilinear on half-pixel centers, rounded half up, in integers.

    Args:
        plane: (height, width) uint8 or uint16.
        factor: 1 to 16.

    Returns:
        (factor · height, factor · width) of the same dtype.
    """
    height, width = plane.shape
    wide = np.pad(plane, 1, mode="edge").astype(np.uint32)
    result = np.empty((factor * height, factor * width), plane.dtype)
    for row in range(factor):
        (top, of_top), (bottom, of_bottom) = _taps(row, factor)
        mixed = of_top * wide[top : top + height] + of_bottom * wide[bottom : bottom + height]
        for column in range(factor):
            (left, of_left), (right, of_right) = _taps(column, factor)
            total = of_left * mixed[:, left : left + width] + of_right * mixed[:, right : right + width]
            result[row::factor, column::factor] = (total + 2 * factor**2) // (4 * factor**2)
    return result


def _taps(phase: int, factor: int) -> tuple[tuple[int, int], tuple[int, int]]:
    """The two places, in a line continued by one, that a phase lies between, and their weights in 1/(2 · factor)."""
    shift = 2 * phase + 1 - factor
    first = 0 if shift < 0 else 1
    of_second = shift % (2 * factor)
    return (first, 2 * factor - of_second), (first + 1, of_second)


def _of_sides(metadata: Metadata, width: int, height: int) -> Metadata:
    sides = {b"Width": width, b"X": width, b"Length": height, b"Y": height}

    def said(found: re.Match[bytes]) -> bytes:
        return found[1] + b"%d" % sides[found[2]]

    exif = upright_exif(metadata.exif, width, height) if metadata.exif else None
    xmp = _XMP_SIDE.sub(said, metadata.xmp) if metadata.xmp else None
    return replace(metadata, exif=exif, xmp=xmp)
