"""Pictures that no model here was trained on, darkened as a camera would record them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.errors import ArllieError
from arllie_deploy.pictures.codecs import read_picture
from arllie_deploy.pictures.folder import picture_files
from arllie_deploy.quality.sensor import PHONE, Darkening, darken

Frame = NDArray[np.uint8]

EXPOSURES = (-1, -2, -3, -4, -5)
# Photographs in color inside scikit-image's wheel, of four cameras at least.
PACKAGED = ("astronaut", "chelsea", "coffee", "rocket", "motorcycle_left")
_WHITE_BALANCE_EV = 0.3
_SIDE = 512


@dataclass(frozen=True)
class PictureSet:
    """Well-lit pictures under one name, (height, width, 3) uint8."""

    name: str
    pictures: tuple[Frame, ...]


def packaged_set() -> PictureSet:
    """The photographs of scikit-image."""
    import skimage.data

    stereo = skimage.data.stereo_motorcycle()[0]
    named = {"motorcycle_left": stereo}
    pictures = [named[name] if name in named else getattr(skimage.data, name)() for name in PACKAGED]
    return PictureSet("scikit-image", tuple(_reduced(picture) for picture in pictures))


def folder_set(folder: Path) -> PictureSet:
    """The color pictures of a folder; those that cannot be read as color are left out.

    Raises:
        ArllieError: if there is no picture or none in color.
    """
    pictures = []
    for path in picture_files(folder):
        try:
            pixels: NDArray[Any] = read_picture(path).pixels
        except ArllieError:
            continue
        if pixels.dtype == np.uint8:
            pictures.append(_reduced(pixels))
    if not pictures:
        raise ArllieError(f"{folder}: no 8-bit color picture in it")
    return PictureSet(folder.parent.name if folder.name == "hr" else folder.name, tuple(pictures))


def darkened(pictures: Sequence[Frame], ev: float, seed: int) -> Iterator[tuple[Frame, Frame]]:
    """Dark and well-lit frame of each picture: `ev` stops less, an illuminant off by up to 0.3 EV, a phone's noise."""
    for index, high in enumerate(pictures):
        rng = np.random.default_rng([seed, index])
        red, blue = 2.0 ** rng.uniform(-_WHITE_BALANCE_EV, _WHITE_BALANCE_EV, 2)
        darkening = Darkening(ev, (float(red), 1.0, float(blue)), PHONE)
        yield darken(high, darkening, [seed, index, 1]), high


def winners(psnrs: Mapping[str, float], champion: str) -> list[str]:
    """The enhancers whose PSNR is above the champion's."""
    return [name for name, value in psnrs.items() if name != champion and value > psnrs[champion]]


def _reduced(picture: NDArray[np.uint8]) -> Frame:
    """The middle of the picture, 512 pixels a side at most."""
    height, width, _ = picture.shape
    top, left = max(height - _SIDE, 0) // 2, max(width - _SIDE, 0) // 2
    return np.ascontiguousarray(picture[top : top + _SIDE, left : left + _SIDE])
