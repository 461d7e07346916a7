"""Flicker on a static scene: the packaged night picture, photographed again and again by a noisy sensor."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.frames import to_unit
from arllie_deploy.media.opener import opener_for_clip
from arllie_deploy.media.strips import enhance_in_strips
from arllie_deploy.pictures.night import night_picture
from arllie_deploy.quality.flicker import Flicker, flicker
from arllie_deploy.quality.sensor import PHONE, Darkening, record
from arllie_deploy.quality.srgb import to_linear
from arllie_deploy.runtimes.choose import AUTO
from arllie_deploy.stored_model import Model

FRAMES = 30


def static_clip(frames: int, seed: int) -> Iterator[tuple[str, NDArray[np.uint8]]]:
    """The night picture with new noise in every frame; its own noise was averaged out by halving it."""
    night = to_linear(to_unit(night_picture()))
    halved = (night[::2, ::2] + night[1::2, ::2] + night[::2, 1::2] + night[1::2, 1::2]) / 4
    for index in range(frames):
        yield f"frame {index}", record(halved, Darkening(0.0, sensor=PHONE), [seed, index])


def flicker_of(model: Model, seed: int = 0) -> Flicker:
    """Of a model over the clip, its statistics smoothed over time as `arllie-enhance --clip` does."""
    opener = opener_for_clip(model, AUTO, None)

    def enhance(frame: NDArray[Any]) -> NDArray[Any]:
        return enhance_in_strips(opener(frame), frame)

    return flicker(static_clip(FRAMES, seed), enhance)
