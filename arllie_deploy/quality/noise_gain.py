"""How much an enhancer amplifies noise, measured on a frame by the difference that a little noise makes."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.frames import check_frame
from arllie_deploy.quality.ranges import data_range

Frame = NDArray[Any]

# Small enough that a smooth enhancer is linear over it, large enough that rounding to 8 bits adds only a percent.
SIGMA = 2 / 255
_SEED = 0
_ROWS = 256


def noise_gain(enhance: Callable[[Frame], Frame], frame: Frame, output: Frame) -> float:
    """std(enhance(frame + n) − enhance(frame)) / std(n) over all samples.

    n is seeded Gaussian noise of σ = 2/255 of the range, added to the frame as it is and then rounded and clamped to
    the frame's type; the n that is divided by is what remained of it.

    Args:
        enhance: frame -> frame of the same shape and dtype.
        frame: (height, width, 3) uint8 or uint16.
        output: `enhance(frame)`.

    Returns:
        1 for an enhancer that does nothing; NaN if no noise remained, as on a frame of a few pixels.

    Raises:
        ArllieError: on another shape or dtype of the frame.
    """
    check_frame(frame)
    noisy = _with_noise(frame)
    spread = _spread(noisy, frame)
    return _spread(enhance(noisy), output) / spread if spread > 0.0 else math.nan


def relative_noise_gain(enhance: Callable[[Frame], Frame], frame: Frame, output: Frame) -> float:
    """`noise_gain` divided by the gain in brightness, mean(output) / mean(frame).

    1 is what one gain for the whole frame has while nothing saturates: below it, the enhancer amplifies noise less than
    it brightens. NaN for a black frame or output, which has no gain.
    """
    brightness = float(output.mean(dtype=np.float64)), float(frame.mean(dtype=np.float64))
    if min(brightness) == 0.0:
        return math.nan
    return noise_gain(enhance, frame, output) * brightness[1] / brightness[0]


def _with_noise(frame: Frame) -> Frame:
    rng = np.random.default_rng(_SEED)
    top = data_range(frame.dtype)
    noisy = np.empty_like(frame)
    for first in range(0, frame.shape[0], _ROWS):
        rows = frame[first : first + _ROWS]
        values = rows + rng.normal(0.0, SIGMA * top, rows.shape)
        noisy[first : first + _ROWS] = np.clip(np.floor(values + 0.5), 0.0, top)
    return noisy


def _spread(a: Frame, b: Frame) -> float:
    """The standard deviation of a − b over all samples."""
    total = squares = 0.0
    for first in range(0, a.shape[0], _ROWS):
        rows = slice(first, first + _ROWS)
        difference = a[rows].astype(np.float64) - b[rows]
        total += float(difference.sum())
        squares += float(np.square(difference).sum())
    return math.sqrt(max(squares / a.size - (total / a.size) ** 2, 0.0))
