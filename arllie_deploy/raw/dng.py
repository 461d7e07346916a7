"""Uncompressed DNG files of mosaics, which raw converters open (Adobe, Digital Negative Specification 1.4)."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.atomic import write_bytes
from arllie_deploy.raw.frame import RawFrame
from arllie_deploy.raw.matrix import xyz_to_camera
from arllie_deploy.raw.packing import site_levels

_IDENTITY = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
# Plane colors of CFAPattern, TIFF/EP (ISO 12234-2).
_COLORS = {"R": 0, "G": 1, "B": 2}
# EXIF's LightSource: D65.
_D65 = 21
_CAMERA = "arllie-deploy"
_DENOMINATOR = 1_000_000

# Number, TIFF type, count, value, and that it is written once.
_Tag = tuple[int, str, int, Any, bool]


@dataclass(frozen=True)
class Tags:
    """What a file says beside its mosaic; None leaves a tag out.

    Attributes:
        cells: the rows of the pattern that is repeated, a letter a filter.
        white: the value of saturation.
        black: a level for each filter, row by row.
        neutral: what the camera sees of something white, green being 1.
        matrix: CIE XYZ under D65 to the camera's colors.
        orientation: as in `RawFrame`.
    """

    cells: Sequence[str]
    white: int
    black: Sequence[float] | None = None
    neutral: Sequence[float] | None = None
    matrix: Sequence[Sequence[float]] | None = None
    orientation: int = 1


def write_dng(path: Path, frame: RawFrame) -> None:
    """Write a frame in one step, replacing a file of that name; its white level is rounded.

    A frame without a color matrix is written as one whose colors are those of sRGB, which is how it is developed.

    Raises:
        OSError: if the file cannot be written; it names `path`.
    """
    gains = np.asarray(frame.white_balance)
    tags = Tags(
        cells=(frame.pattern[:2], frame.pattern[2:]),
        white=round(frame.white),
        black=site_levels(frame),
        neutral=(gains[1] / gains).tolist(),
        matrix=xyz_to_camera(frame.color_matrix or _IDENTITY, frame.white_balance),
        orientation=frame.orientation,
    )
    write_bytes(path, encode(frame.mosaic, tags))


def encode(mosaic: NDArray[np.uint16], tags: Tags) -> bytes:
    """A file with a mosaic (height, width) of any pattern."""
    from tifffile import imwrite

    stream = io.BytesIO()
    imwrite(stream, mosaic, photometric="CFA", extratags=_entries(tags), metadata=None, software=False)
    return stream.getvalue()


def _entries(tags: Tags) -> list[_Tag]:
    rows, columns = len(tags.cells), len(tags.cells[0])
    filters = tuple(_COLORS[name] for name in "".join(tags.cells))
    made: list[_Tag] = [
        (271, "s", 0, _CAMERA, True),
        (272, "s", 0, _CAMERA, True),
        (274, "H", 1, tags.orientation, True),
        (33421, "H", 2, (rows, columns), True),
        (33422, "B", len(filters), filters, True),
        (50706, "B", 4, (1, 4, 0, 0), True),
        (50708, "s", 0, _CAMERA, True),
        (50717, "I", 1, tags.white, True),
        (50778, "H", 1, _D65, True),
    ]
    if tags.black is not None:
        levels = tuple(part for level in tags.black for part in (round(level * 100), 100))
        made += [(50713, "H", 2, (rows, columns), True), (50714, "2I", len(tags.black), levels, True)]
    if tags.matrix is not None:
        made.append((50721, "2i", 9, _rationals([value for row in tags.matrix for value in row]), True))
    if tags.neutral is not None:
        made.append((50728, "2I", 3, _rationals(tags.neutral), True))
    return made


def _rationals(values: Sequence[float]) -> tuple[int, ...]:
    return tuple(part for value in values for part in (round(value * _DENOMINATOR), _DENOMINATOR))
