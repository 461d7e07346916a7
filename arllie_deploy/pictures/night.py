"""The packaged dark picture: a still life of our own, rendered by `scripts/render_scene.py`."""

from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from arllie_deploy.pictures.codecs import read_picture


@cache
def night_picture() -> NDArray[Any]:
    """Its pixels, (640, 960, 3) uint8; the array is shared and read-only."""
    pixels = read_picture(Path(str(files("arllie_deploy.pictures") / "samples" / "night.png"))).pixels
    pixels.setflags(write=False)
    return pixels
