"""The table of kinds of pictures: what makes them, for which networks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.errors import ArllieError
from arllie_deploy.raw.network_planes import network_target
from arllie_deploy.raw.unprocess import draw_camera
from arllie_deploy.training.data import Planes, to_planes
from arllie_deploy.training.holed_pictures import holed_planes
from arllie_deploy.training.made_pictures import Maker
from arllie_deploy.training.noisy_pictures import gray_noisy_maker, noisy_maker
from arllie_deploy.training.pictures_recipe import PAIRS, PicturesRecipe
from arllie_deploy.training.raw_pictures import raw_planes
from arllie_deploy.training.smaller_pictures import FACTOR, smaller_planes


def clean_planes(frame: NDArray[Any], rng: np.random.Generator) -> tuple[Planes, Planes]:
    """The frame as it is, twice: (3, height, width)."""
    del rng
    planes = np.asarray(to_planes([frame])[0])
    return planes, planes


def packed_planes(frame: NDArray[Any], rng: np.random.Generator) -> tuple[Planes, Planes]:
    """What the camera of `raw_planes` saw, without noise and mosaic, and the same once more.

    Returns:
        (12, height / 2, width / 2), with the pixels of every 2×2 cell as channels (torch's PixelUnshuffle), and
        (3, height, width).
    """
    target = network_target(frame, draw_camera(rng))
    height, width = target.shape[1] // 2, target.shape[2] // 2
    cells = target.reshape(3, height, 2, width, 2).transpose(0, 2, 4, 1, 3)
    return np.ascontiguousarray(cells.reshape(12, height, width)), target


#: Kind -> (channels, scale) of a network that takes it -> what makes it.
MAKERS: Mapping[str, Mapping[tuple[int, int], Callable[[PicturesRecipe], Maker]]] = {
    "noisy": {(3, 1): noisy_maker, (1, 1): gray_noisy_maker},
    "raw": {(4, 2): lambda _: raw_planes},
    "clean": {(3, 1): lambda _: clean_planes, (12, 2): lambda _: packed_planes},
    "smaller": {(3, FACTOR): lambda _: smaller_planes},
    "holes": {(4, 1): lambda _: holed_planes},
}


def find_maker(recipe: PicturesRecipe, channels: int, scale: int) -> Maker | None:
    """What makes the pictures of a recipe; None for pairs, which nothing is made of.

    Args:
        recipe: names the kind.
        channels: that the network takes.
        scale: sides of its output in sides of its input.

    Raises:
        ArllieError: if the network does not take this kind.
    """
    if recipe.kind == PAIRS:
        if (channels, scale) == (3, 1):
            return None
        raise _unfit(recipe.kind, "RGB frames of the same size", channels, scale)
    makers = MAKERS[recipe.kind]
    if (channels, scale) not in makers:
        raise _unfit(
            recipe.kind, " or ".join(f"{count} channels at scale {by}" for count, by in makers), channels, scale
        )
    return makers[channels, scale](recipe)


def _unfit(kind: str, wanted: str, channels: int, scale: int) -> ArllieError:
    has = f"this one takes {channels} channels at scale {scale}"
    return ArllieError(f"pictures.kind {kind!r} is for networks of {wanted}; {has}")
