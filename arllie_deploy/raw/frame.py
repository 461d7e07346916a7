"""A frame as a sensor gives it: one number a pixel behind a Bayer mosaic of color filters."""

from __future__ import annotations

import math
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.errors import ArllieError

#: The four orders of a Bayer mosaic (US patent 3,971,065): the first row's two filters, then the second row's.
PATTERNS = ("RGGB", "BGGR", "GRBG", "GBRG")
#: The sides below which there is nothing to interpolate.
SHORTEST_SIDE = 4

# A matrix whose rows do not sum to 1 would tint what the white balance has made gray.
_TINT = 0.01

Gains = tuple[float, float, float]
Levels = tuple[float, float, float, float]
Matrix = tuple[Gains, Gains, Gains]


@dataclass(frozen=True, eq=False)
class RawFrame:
    """A mosaic and what is known of the camera that took it.

    Attributes:
        mosaic: (height, width) uint16, both even and at least 4, as the sensor was read: not turned.
        pattern: one of `PATTERNS`, from the first pixel on.
        white: the value of saturation, above every black level and at most 65535.
        black: the values without light of red, green in the rows of red, green in the rows of blue, and blue.
        white_balance: gains of red, green and blue that make gray things gray; > 0. Only their ratios count.
        color_matrix: white-balanced camera colors to linear sRGB, rows that sum to 1; None where it is not known.
        orientation: 1 to 8 as EXIF 2.32 numbers it: how the frame is turned to be seen.

    Raises:
        ArllieError: on anything else.
    """

    mosaic: NDArray[np.uint16]
    pattern: str
    white: float
    black: Levels = (0.0, 0.0, 0.0, 0.0)
    white_balance: Gains = (1.0, 1.0, 1.0)
    color_matrix: Matrix | None = None
    orientation: int = 1

    def __post_init__(self) -> None:
        _check_mosaic(self.mosaic)
        find_pattern(self.pattern)
        if len(self.black) != 4 or not all(math.isfinite(level) and level >= 0.0 for level in self.black):
            raise ArllieError(f"black levels are {self.black!r}; give four numbers from 0")
        if not max(self.black) < self.white <= 65535.0:
            levels = f"the white level is {self.white:g} and the black level {max(self.black):g}"
            raise ArllieError(f"{levels}; white lies above black and is at most 65535")
        if len(self.white_balance) != 3 or not all(math.isfinite(gain) and gain > 0.0 for gain in self.white_balance):
            raise ArllieError(f"white balance is {self.white_balance!r}; give three gains above 0")
        if self.color_matrix is not None:
            _check_matrix(np.asarray(self.color_matrix, np.float64))
        if self.orientation not in range(1, 9):
            raise ArllieError(f"orientation is {self.orientation!r}; EXIF numbers them from 1 to 8")

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) of the mosaic, before it is turned."""
        return self.mosaic.shape[1], self.mosaic.shape[0]

    @property
    def gains(self) -> NDArray[np.float64]:
        """The white balance as it is applied, (3,), see `applied_gains`."""
        return applied_gains(self.white_balance)


def applied_gains(white_balance: Gains) -> NDArray[np.float64]:
    """Gains with a least one of 1, so that what is saturated in every color stays white; (3,)."""
    gains = np.array(white_balance)
    scaled: NDArray[np.float64] = gains / gains.min()
    return scaled


def find_pattern(name: str) -> str:
    """The Bayer order of a name in any case; raises `ArllieError` with the nearest and all known ones."""
    if name.upper() in PATTERNS:
        return name.upper()
    near = get_close_matches(name.upper(), PATTERNS, 1)
    hint = f"did you mean {near[0]}? " if near else ""
    raise ArllieError(f"unknown Bayer order {name!r}; {hint}known: {', '.join(PATTERNS)}")


def _check_mosaic(mosaic: NDArray[Any]) -> None:
    if mosaic.ndim != 2 or mosaic.dtype != np.uint16:
        raise ArllieError(f"a mosaic is (height, width) uint16, got {mosaic.shape} {mosaic.dtype}")
    check_size(mosaic.shape[1], mosaic.shape[0])


def check_size(width: int, height: int) -> None:
    """Raise `ArllieError` unless both sides are even and at least 4."""
    if min(width, height) < SHORTEST_SIDE or width % 2 or height % 2:
        raise ArllieError(f"a Bayer frame of {width}×{height}: both sides must be even and at least {SHORTEST_SIDE}")


def _check_matrix(matrix: NDArray[np.float64]) -> None:
    if matrix.shape != (3, 3) or not np.isfinite(matrix).all():
        raise ArllieError(f"a color matrix has three rows of three finite numbers, got {matrix.tolist()}")
    sums = matrix.sum(axis=1)
    if np.abs(sums - 1.0).max() > _TINT:
        shown = ", ".join(f"{value:.3f}" for value in sums)
        raise ArllieError(f"the rows of the color matrix sum to {shown}; each must sum to 1, or gray gets a tint")
