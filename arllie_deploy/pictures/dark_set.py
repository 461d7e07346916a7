"""The packaged set of dark pictures, of our own making: rendered by `scripts/render_dark_set.py`.

It is what artifacts are compared with their reference on, and what integer artifacts are calibrated on by default.
"""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.pictures.codecs import read_picture

#: From the darkest to the brightest by mean luminance.
DARK_PICTURES = ("candle", "hallway", "window", "busts", "neon", "skyline", "bulb", "page")


@cache
def dark_pictures() -> Mapping[str, NDArray[np.uint8]]:
    """The eight pictures by name, in the order of `DARK_PICTURES`; each (288, 432, 3) uint8, sRGB.

    The arrays are shared and read-only.
    """
    return MappingProxyType({name: _read(name) for name in DARK_PICTURES})


def _read(name: str) -> NDArray[np.uint8]:
    path = Path(str(files("arllie_deploy.pictures") / "samples" / "dark" / f"{name}.png"))
    pixels: NDArray[np.uint8] = read_picture(path).pixels
    pixels.setflags(write=False)
    return pixels
