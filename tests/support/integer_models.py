"""Frames on which an integer model is furthest from its enhancer, and how far that is."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.enhancer import Enhancer
from arllie_deploy.native.integer import IntegerModel
from arllie_deploy.native.logistic_form import LOGISTIC_FORMS
from arllie_deploy.native.oracle import enhance

Frame = NDArray[np.uint8]


def worst_frames(enhancer: Enhancer, model: IntegerModel) -> list[Frame]:
    """Frames that drive the error of the rounded weights to both of its ends in each channel, and random ones."""
    form = LOGISTIC_FORMS.get(model.epilogue)
    exact = (form.gain if form else 1.0) * enhancer.kernel.astype(np.float64).transpose(0, 2, 3, 1)
    errors = model.kernel - exact * 2.0**model.shift
    patches = np.concatenate([np.where(errors > 0, 255, 0), np.where(errors < 0, 255, 0)]).astype(np.uint8)
    # Each patch once as it is and darkened in its middle, so that many quotients occur.
    dimmed = np.repeat(patches, 16, axis=0)
    dimmed[:, 1, 1] = (dimmed[:, 1, 1] * (np.arange(len(dimmed)) % 16)[:, None] / 15.0).astype(np.uint8)
    rng = np.random.default_rng(0)
    return [
        np.concatenate(list(dimmed), axis=1),
        rng.integers(0, 256, (48, 48, 3), np.uint8),
        rng.integers(0, 8, (48, 48, 3), np.uint8),
        rng.choice(np.array([0, 255], np.uint8), (48, 48, 3)),
        np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 3, axis=2).repeat(3, axis=0),
    ]


def largest_difference(enhancer: Enhancer, model: IntegerModel, frame: Frame) -> int:
    """In levels, between the integer model's bytes and the enhancer's."""
    return int(np.abs(enhance(model, frame).astype(np.int16) - enhancer.enhance(frame)).max())


def differing_share(enhancer: Enhancer, model: IntegerModel, frame: Frame) -> float:
    """The share of bytes that differ from the enhancer's."""
    return float((enhance(model, frame) != enhancer.enhance(frame)).mean())
