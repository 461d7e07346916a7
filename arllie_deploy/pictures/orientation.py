"""The eight orientations of EXIF 2.32, tag 0x0112, applied to arrays and pictures."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.pictures.exif import orientation_of, upright_exif
from arllie_deploy.pictures.picture import Picture

# <tiff:Orientation>6</tiff:Orientation> and tiff:Orientation="6"
_XMP_ORIENTATION = re.compile(rb"""(tiff:Orientation(?:>|\s*=\s*["'])\s*)[1-8]""")


def upright(array: NDArray[Any], orientation: int) -> NDArray[Any]:
    """Turn stored rows and columns into the picture as it is meant to be seen.

    Args:
        array: (height, width) or (height, width, channels).
        orientation: 1 to 8; anything else counts as 1.

    Returns:
        A contiguous array; height and width are swapped for 5 to 8.
    """
    turned = array.swapaxes(0, 1) if 5 <= orientation <= 8 else array
    if orientation in (3, 4, 7, 8):
        turned = turned[::-1]
    if orientation in (2, 3, 6, 7):
        turned = turned[:, ::-1]
    return np.ascontiguousarray(turned)


def upright_picture(stored: Picture, orientation: int | None = None) -> Picture:
    """A picture as its file stores it, turned upright, with EXIF and XMP that say so.

    Args:
        stored: the samples in the file's order with the file's metadata.
        orientation: 1 to 8; None takes it from the EXIF block.
    """
    metadata = stored.metadata
    turn = orientation or orientation_of(metadata.exif) or 1
    pixels = upright(stored.pixels, turn)
    height, width, _ = pixels.shape
    said = replace(
        metadata,
        exif=upright_exif(metadata.exif, width, height) if metadata.exif else None,
        xmp=upright_xmp(metadata.xmp) if metadata.xmp else None,
        dpi=metadata.dpi[::-1] if metadata.dpi and 5 <= turn <= 8 else metadata.dpi,
    )
    return Picture(pixels, None if stored.alpha is None else upright(stored.alpha, turn), said)


def upright_size(width: int, height: int, orientation: int) -> tuple[int, int]:
    """(width, height) after `upright`."""
    return (height, width) if 5 <= orientation <= 8 else (width, height)


def upright_xmp(xmp: bytes) -> bytes:
    """The same packet with tiff:Orientation, where it has one, set to 1; the length does not change."""
    return _XMP_ORIENTATION.sub(rb"\g<1>1", xmp)
