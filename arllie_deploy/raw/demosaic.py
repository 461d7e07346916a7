"""From an RGGB mosaic to three colors a pixel, by linear filters of 3×3 and of 5×5 pixels."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Float64 = NDArray[np.float64]
#: What a filter looks at around a pixel.
MARGIN = 2

# Of eighths, the 5×5 filters of Malvar, He, Cutler, "High-quality linear interpolation for demosaicing of
# Bayer-patterned color images", ICASSP 2004, figure 2: row and column offset -> weight, up to symmetry.
_GREEN = {(0, 0): 4.0, (0, 1): 2.0, (1, 0): 2.0, (0, 2): -1.0, (2, 0): -1.0}
_ALONG_ROW = {(0, 0): 5.0, (0, 1): 4.0, (1, 1): -1.0, (0, 2): -1.0, (2, 0): 0.5}
_ALONG_COLUMN = {(column, row): weight for (row, column), weight in _ALONG_ROW.items()}
_DIAGONAL = {(0, 0): 6.0, (1, 1): 2.0, (0, 2): -1.5, (2, 0): -1.5}

_BILINEAR_GREEN = {(0, 1): 2.0, (1, 0): 2.0}
_BILINEAR_ROW = {(0, 1): 4.0}
_BILINEAR_COLUMN = {(1, 0): 4.0}
_BILINEAR_DIAGONAL = {(1, 1): 2.0}

Filter = dict[tuple[int, int], float]


def bilinear(padded: Float64) -> Float64:
    """The mean of the nearest pixels of a color; as `malvar` takes and gives it."""
    return _filtered(padded, _BILINEAR_GREEN, _BILINEAR_ROW, _BILINEAR_COLUMN, _BILINEAR_DIAGONAL)


def malvar(padded: Float64) -> Float64:
    """Malvar, He and Cutler's filters: bilinear, corrected by the Laplacian of the color that the pixel has.

    Args:
        padded: (height + 4, width + 4) light of an RGGB mosaic with a margin of 2, which keeps the pattern.

    Returns:
        (height, width, 3) RGB, not clipped.
    """
    return _filtered(padded, _GREEN, _ALONG_ROW, _ALONG_COLUMN, _DIAGONAL)


#: By name, the better one first.
DEMOSAICS: dict[str, Callable[[Float64], Float64]] = {"malvar": malvar, "bilinear": bilinear}


def with_margin(mosaic: NDArray[np.uint16]) -> NDArray[np.uint16]:
    """The mosaic with a margin of 2, mirrored about its outermost pixels, which keeps the pattern."""
    return np.pad(mosaic, MARGIN, mode="reflect")


def _filtered(padded: Float64, green: Filter, row: Filter, column: Filter, diagonal: Filter) -> Float64:
    height, width = padded.shape[0] - 2 * MARGIN, padded.shape[1] - 2 * MARGIN
    rgb = np.empty((height, width, 3), np.float64)
    own: Filter = {(0, 0): 8.0}
    # The filters of red, green and blue at each site of the 2×2 cell: the color's neighbors lie where the name says.
    sites = {
        (0, 0): (own, green, diagonal),
        (0, 1): (row, own, column),
        (1, 0): (column, own, row),
        (1, 1): (diagonal, green, own),
    }
    for (top, left), filters in sites.items():
        for color, weights in enumerate(filters):
            rgb[top::2, left::2, color] = _apply(padded, weights, top, left, (height // 2, width // 2))
    return rgb


def _apply(padded: Float64, weights: Filter, top: int, left: int, shape: tuple[int, int]) -> Float64:
    total = np.zeros(shape, np.float64)
    for (down, right), weight in weights.items():
        for row in {down, -down}:
            for column in {right, -right}:
                start = (MARGIN + top + row, MARGIN + left + column)
                total += weight * padded[start[0] :: 2, start[1] :: 2][: shape[0], : shape[1]]
    return total / 8.0
