"""Faces as prints: the hundred crops of Labeled Faces in the Wild that scikit-image's wheel holds."""

from __future__ import annotations

from functools import cache

import numpy as np

from arllie_deploy.quality.srgb import to_linear
from arllie_deploy.results.downstream.scene import Float64, Print

FACES = 100
# The crops are 25 × 25 and are drawn with this many samples a side.
_SAMPLES = 100
# Ratio of red, green and blue of skin in linear light, about the middle of published reflectances; the crops are gray.
_SKIN = (1.25, 0.95, 0.8)
# A superellipse, in shares of half the side: inside the first radius the crop hides the scene, outside the second not.
_POWER, _INNER, _OUTER = 4, 0.9, 1.0


def face_print(index: int) -> Print:
    """The crop `index` of `FACES`, with soft edges."""
    import cv2

    small = to_linear(_crops()[index])
    gray = np.clip(cv2.resize(small, (_SAMPLES, _SAMPLES), interpolation=cv2.INTER_CUBIC), 0.0, 1.0)
    return Print(gray[..., None] * np.array(_SKIN), _soft_edge(), modules=1, margin=0.0)


@cache
def _crops() -> Float64:
    """(FACES, 25, 25) of encoded values in [0, 1]; the second half of the file is no faces."""
    import skimage.data

    return np.asarray(skimage.data.lfw_subset()[:FACES], np.float64)


def _soft_edge() -> Float64:
    axis = np.abs(np.linspace(-1.0, 1.0, _SAMPLES)) ** _POWER
    radius = (axis[:, None] + axis) ** (1 / _POWER)
    return np.asarray(np.clip((_OUTER - radius) / (_OUTER - _INNER), 0.0, 1.0))
