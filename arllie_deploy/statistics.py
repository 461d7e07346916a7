"""What an adaptive model knows of a frame: 23 numbers from a subsampled copy of it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.frames import check_frame

Float64 = NDArray[np.float64]

BINS = 16
PERCENTILES = (10, 50, 90, 99)
NAMES = (
    *(f"histogram {bin_ / (BINS - 1):.2f}" for bin_ in range(BINS)),
    *(f"log mean {channel}" for channel in "RGB"),
    *(f"log luminance p{percent}" for percent in PERCENTILES),
)
COUNT = len(NAMES)

# ITU-R BT.601 luma weights.
LUMA = np.array([0.299, 0.587, 0.114])
# Keeps the logarithms of black finite, and levels that 8 bits barely tell apart from counting as stops.
FLOOR = 0.01
# At most 64 × 64 places are looked at, whatever the size: the cost stays that of a small picture.
PLACES = 64
# Each place is the mean of a block, which grows with the frame up to 4 × 4: what a frame of 150 × 100, on which models
# are trained, has in one pixel. It keeps the sensor's noise out of the histogram.
BLOCK, BLOCK_PER_ROWS = 4, 100


def frame_statistics(frame: NDArray[Any]) -> Float64:
    """The statistics of a frame, in the order of `NAMES`.

    A histogram of √luminance in 16 bins whose sum is 1 (each sample is shared between the two nearest bins, so that it
    moves smoothly with the exposure), log(0.01 + mean) of each channel, and log(0.01 + percentile) of the luminance.

    Args:
        frame: (height, width, 3) uint8 or uint16, RGB.

    Returns:
        (23,) float64, every value finite.

    Raises:
        ArllieError: on another shape or dtype.
    """
    check_frame(frame)
    return sample_statistics(subsample(frame))


def sample_statistics(samples: Float64) -> Float64:
    """The statistics of a frame of which `subsample` is known: (3, places) in [0, 1] -> (23,)."""
    luminance = LUMA @ samples
    places = [round(percent / 100 * (luminance.size - 1)) for percent in PERCENTILES]
    percentiles = np.partition(luminance, places)[places]
    logarithms = np.log(FLOOR + np.concatenate([samples.mean(axis=1), percentiles]))
    return np.concatenate([_histogram(luminance), logarithms])


def subsample(frame: NDArray[Any]) -> Float64:
    """Block means on a regular grid of at most 64 × 64 places, (3, places) in [0, 1]."""
    height, width, _ = frame.shape
    step_y, step_x = -(-height // PLACES), -(-width // PLACES)
    block = max(1, min(BLOCK, min(height, width) // BLOCK_PER_ROWS, step_y, step_x))
    rows, columns = height // step_y, width // step_x
    top, left = (step_y - block) // 2, (step_x - block) // 2
    planes = np.moveaxis(frame, 2, 0)
    # Sums of 16 values fit twice the bits; narrow ones are faster.
    total = np.zeros((3, rows, columns), np.uint16 if frame.dtype == np.uint8 else np.uint32)
    for dy, dx in np.ndindex(block, block):
        total += planes[:, top + dy :: step_y, left + dx :: step_x][:, :rows, :columns]
    return total.reshape(3, -1) / float(block**2 * np.iinfo(frame.dtype).max)


def _histogram(luminance: Float64) -> Float64:
    place = np.sqrt(luminance) * (BINS - 1)
    # Rounding can leave a white luminance a hair above 1.
    lower = np.minimum(place.astype(np.intp), BINS - 2)
    share = np.minimum(place - lower, 1.0)
    counts = np.bincount(lower, 1.0 - share, BINS) + np.bincount(lower + 1, share, BINS)
    histogram: Float64 = counts / luminance.size
    return histogram
