"""Pictures with Gaussian noise, as files hold them: to train and score denoising."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.frames import to_frame, to_unit
from arllie_deploy.quality.luma import gray
from arllie_deploy.training.data import Planes, to_planes
from arllie_deploy.training.made_pictures import Maker
from arllie_deploy.training.pictures_recipe import PicturesRecipe


def noisy_maker(recipe: PicturesRecipe) -> Maker:
    """What makes a noisy picture of a clean one; every draw has its own σ."""
    return partial(noisy_planes, sigmas=(recipe.least_sigma, recipe.most_sigma))


def gray_noisy_maker(recipe: PicturesRecipe) -> Maker:
    """The same of gray pictures."""
    return partial(gray_noisy_planes, sigmas=(recipe.least_sigma, recipe.most_sigma))


def noisy_planes(
    frame: NDArray[Any], rng: np.random.Generator, *, sigmas: tuple[float, float]
) -> tuple[Planes, Planes]:
    """The frame with white Gaussian noise, clipped and rounded to what its type holds, as a frame to enhance is.

    Args:
        frame: (height, width, 3) uint8 or uint16.
        rng: gives σ, then the noise.
        sigmas: the least and the most, in levels of 255.

    Returns:
        The noisy frame and the clean one, (3, height, width) each.
    """
    sigma = rng.uniform(*sigmas) / 255.0
    values = to_unit(frame) + sigma * rng.standard_normal(frame.shape)
    noisy, clean = to_planes([to_frame(np.clip(values, 0.0, 1.0), frame.dtype), frame])
    return noisy, clean


def gray_noisy_planes(
    frame: NDArray[Any], rng: np.random.Generator, *, sigmas: tuple[float, float]
) -> tuple[Planes, Planes]:
    """The brightness of a frame with white Gaussian noise as gray benchmarks have it: neither clipped nor rounded.

    Args:
        frame: as of `noisy_planes`.
        rng: the same.
        sigmas: the same.

    Returns:
        The noisy frame, which goes beyond [0, 1], and the clean one, (1, height, width) each.
    """
    clean = to_planes([gray(frame)])[0]
    sigma = rng.uniform(*sigmas) / 255.0
    return (clean + sigma * rng.standard_normal(clean.shape)).astype(np.float32), clean
