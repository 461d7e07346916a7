"""Batches of whole frames in many sizes: small ones show a scene's brightness and color at little cost."""

from __future__ import annotations

import numpy as np

from arllie_deploy.training.data import to_planes, turned
from arllie_deploy.training.network_data import Enlarged, Frame, NetworkBatch
from arllie_deploy.training.network_recipe import FramesRecipe


def draw_frame_batch(frames: Enlarged, recipe: FramesRecipe, *, seed: int, step: int, alignment: int) -> NetworkBatch:
    """The batch of one step: frames of one enlargement, as many as have about the pixels of `recipe.batch` at ×1.

    Portrait frames are turned, and larger ones cut to the smallest; sides are reflected up to multiples of `alignment`.
    A pure function of (seed, step).
    """
    rng = np.random.default_rng([seed, step])
    enlargement = float(np.exp(rng.uniform(np.log(recipe.least), np.log(recipe.most))))
    count = max(1, round(recipe.batch / enlargement**2))
    names, pairs = [], []
    for index in rng.integers(len(frames.samples), size=count):
        low, high = frames.at(index, enlargement, rng)
        orientation = int(rng.choice((0, 2, 4, 6) if low.shape[0] <= low.shape[1] else (1, 3, 5, 7)))
        names.append(frames.samples[index].name)
        pairs.append((turned(low, orientation), turned(high, orientation)))
    height, width = (min(low.shape[axis] for low, _ in pairs) for axis in (0, 1))
    low, high = (
        to_planes([_reflected(frame[:height, :width], alignment) for frame in part])
        for part in zip(*pairs, strict=True)
    )
    return NetworkBatch(tuple(names), low, high)


def _reflected(frame: Frame, alignment: int) -> Frame:
    below, right = (-side % alignment for side in frame.shape[:2])
    return np.pad(frame, ((0, below), (0, right), (0, 0)), mode="reflect")
