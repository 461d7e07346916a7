"""From a mosaic to the four half-size planes that a network takes, and back.

Patterns are not shifted but mirrored: the mirror image of GRBG, left to right, is RGGB, that of GBRG upside down, and
that of BGGR both. So no pixel is lost, and a network that was trained on RGGB sees every color where it expects it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.errors import ArllieError
from arllie_deploy.raw.frame import RawFrame, find_pattern

Float32 = NDArray[np.float32]

#: Row and column of each plane in a cell of the mirrored mosaic.
SITES = ((0, 0), (0, 1), (1, 0), (1, 1))
_UPSIDE_DOWN = frozenset(("GBRG", "BGGR"))
_LEFT_TO_RIGHT = frozenset(("GRBG", "BGGR"))


def mirrored(array: NDArray[Any], pattern: str) -> NDArray[Any]:
    """The mirror image under which `pattern` and RGGB change places; a view.

    Args:
        array: (height, width, …) with even sides: a mosaic of `pattern`, or what was made of its mirror image.
        pattern: one of `PATTERNS`.
    """
    name = find_pattern(pattern)
    rows = array[::-1] if name in _UPSIDE_DOWN else array
    return rows[:, ::-1] if name in _LEFT_TO_RIGHT else rows


def pack(frame: RawFrame) -> Float32:
    """The mirrored mosaic as planes, white-balanced.

    A plane is gain · (mosaic − black) / (white − black). Nothing is clipped: noise below black is negative, and what
    is saturated lies between 1 and its gain.

    Returns:
        (4, height / 2, width / 2) float32: red, green in the rows of red, green in the rows of blue, blue. 1 is white.
        A picture made of them is mirrored as they are: `mirrored(picture, frame.pattern)` is as the sensor saw it.
    """
    mosaic = mirrored(frame.mosaic, frame.pattern)
    planes = np.stack([mosaic[row::2, column::2] for row, column in SITES]).astype(np.float32)
    scale, black = _scale_and_black(frame)
    return (planes - black.astype(np.float32)) * scale.astype(np.float32)


def unpack(planes: Float32, frame: RawFrame) -> NDArray[np.uint16]:
    """The mosaic of which `pack` makes these planes, rounded and clipped to 0 to 65535.

    Args:
        planes: (4, height / 2, width / 2), as `pack` gives them.
        frame: whose pattern, levels and gains they have; its mosaic is not looked at.

    Raises:
        ArllieError: on another shape.
    """
    if planes.ndim != 3 or planes.shape[0] != 4:
        raise ArllieError(f"packed planes have shape (4, height, width), got {planes.shape}")
    scale, black = _scale_and_black(frame)
    values = np.clip(np.floor(planes / scale + black + 0.5), 0, 65535)
    mosaic = np.empty((2 * planes.shape[1], 2 * planes.shape[2]), np.uint16)
    for plane, (row, column) in zip(values, SITES, strict=True):
        mosaic[row::2, column::2] = plane
    return np.ascontiguousarray(mirrored(mosaic, frame.pattern))


def normalized(mosaic: NDArray[np.uint16], frame: RawFrame) -> NDArray[np.float64]:
    """Rows of the mirrored mosaic as light, white-balanced as in `pack` and clipped to [0, 1].

    Args:
        mosaic: (rows, columns), both even, an RGGB part of the mirrored mosaic.
        frame: whose levels and gains it has.
    """
    scale, black = _scale_and_black(frame)
    light = np.empty(mosaic.shape, np.float64)
    for index, (row, column) in enumerate(SITES):
        light[row::2, column::2] = (mosaic[row::2, column::2] - float(black[index, 0, 0])) * float(scale[index, 0, 0])
    return np.clip(light, 0.0, 1.0, out=light)


def site_levels(frame: RawFrame) -> tuple[float, ...]:
    """The black levels of the four pixels of a cell of the mosaic as the sensor has it, row by row."""
    cells = mirrored(np.array(frame.black).reshape(2, 2), frame.pattern)
    return tuple(float(level) for level in cells.ravel())


def _scale_and_black(frame: RawFrame) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(4, 1, 1) each, in the order of the planes."""
    black = np.array(frame.black).reshape(4, 1, 1)
    gains = frame.gains[[0, 1, 1, 2]].reshape(4, 1, 1)
    return gains / (frame.white - black), black
