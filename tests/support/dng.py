"""Minimal uncompressed DNG files (Adobe, Digital Negative Specification 1.4) of a camera that LibRaw does not know."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray

XYZ_TO_CAMERA = ((0.9, -0.2, -0.1), (-0.4, 1.3, 0.1), (-0.05, 0.15, 0.6))
# Plane colors of CFAPattern, TIFF/EP.
_COLORS = {"R": 0, "G": 1, "B": 2, "C": 3, "M": 4, "Y": 5}
_D65 = 21
_LINEAR_RAW = 34892


@dataclass(frozen=True)
class Tags:
    """What the file says; None leaves a tag out.

    Attributes:
        cells: the filters, one row of the pattern each.
        black: a level for each filter, row by row.
        neutral: the camera's color of something white.
    """

    cells: Sequence[str] = ("RG", "GB")
    white: int = 1023
    black: Sequence[int] | None = None
    neutral: Sequence[float] | None = (0.5, 1.0, 0.625)
    matrix: Sequence[Sequence[float]] | None = XYZ_TO_CAMERA
    orientation: int = 1


def write_dng(path: Path, samples: NDArray[np.uint16], tags: Tags | None = None) -> Path:
    """A mosaic (height, width), or linear colors (height, width, 3)."""
    said = tags or Tags()
    tifffile.imwrite(
        path,
        samples,
        photometric="CFA" if samples.ndim == 2 else _LINEAR_RAW,
        extratags=_tags(said, samples.ndim == 2),
        metadata=None,
        software=False,
    )
    return path


def _tags(tags: Tags, mosaic: bool) -> list[tuple[Any, ...]]:
    made: list[tuple[Any, ...]] = [
        (271, "s", 0, "Lamp", True),
        (272, "s", 0, "Lamp 3", True),
        (274, "H", 1, tags.orientation, True),
        (50706, "B", 4, (1, 4, 0, 0), True),
        (50708, "s", 0, "Lamp 3", True),
        (50717, "I", 1, tags.white, True),
        (50778, "H", 1, _D65, True),
    ]
    rows, columns = len(tags.cells), len(tags.cells[0])
    if mosaic:
        filters = tuple(_COLORS[name] for name in "".join(tags.cells))
        made += [(33421, "H", 2, (rows, columns), True), (33422, "B", len(filters), filters, True)]
    if tags.black is not None:
        made += [(50713, "H", 2, (rows, columns), True), (50714, "I", len(tags.black), tuple(tags.black), True)]
    if tags.matrix is not None:
        made.append((50721, "2i", 9, _rationals([value for row in tags.matrix for value in row]), True))
    if tags.neutral is not None:
        made.append((50728, "2I", 3, _rationals(tags.neutral), True))
    return made


def _rationals(values: Sequence[float]) -> tuple[int, ...]:
    return tuple(part for value in values for part in (round(value * 10000), 10000))
