"""Frames with nothing in them, and what is wrong with the exposure of the others."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from arllie_deploy.errors import ArllieError
from arllie_deploy.raw.frame import RawFrame

# Hot and dead pixels do not make a picture.
_ALL = 0.999
# Shares from which a person wants to know.
_MUCH_WHITE, _MUCH_BLACK = 0.05, 0.5


@dataclass(frozen=True)
class Exposure:
    """Shares of the pixels of a mosaic, 0 to 1: at the black level or below, at the white level or above."""

    black: float
    white: float


def exposure_of(frame: RawFrame) -> Exposure:
    """How much of a frame holds no light, and how much of it more than the sensor can tell."""
    black = float(np.mean(frame.mosaic <= min(frame.black)))
    return Exposure(black, float(np.mean(frame.mosaic >= frame.white)))


def refuse_blank(frame: RawFrame) -> None:
    """Raise `ArllieError` if a frame is black or saturated all over."""
    found = exposure_of(frame)
    if found.black >= _ALL:
        raise ArllieError(
            f"a black frame: {found.black:.1%} of the pixels are at the black level ({min(frame.black):g}) or below; "
            "check the black level, or take another frame"
        )
    if found.white >= _ALL:
        raise ArllieError(
            f"a saturated frame: {found.white:.1%} of the pixels are at the white level ({frame.white:g}) or above; "
            "check the bits and the white level, or take another frame"
        )


def exposure_warning(frame: RawFrame) -> str | None:
    """A line for a person about a frame that has lost much of its picture; None for others."""
    found = exposure_of(frame)
    parts = []
    if found.white >= _MUCH_WHITE:
        parts.append(f"{found.white:.1%} of the pixels are saturated: they become white")
    if found.black >= _MUCH_BLACK:
        parts.append(f"{found.black:.1%} of the pixels are at the black level or below: nothing can be made of them")
    return "; ".join(parts) or None
