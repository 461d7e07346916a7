"""What to look at where an artifact is wrong: the frame, the artifact's result and the reference's, side by side."""

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.frames import to_frame

# Rows and columns around the worst place; enough to see what is around it, small enough to send.
_WINDOW = (270, 480)


def failure_picture(
    frame: NDArray[np.uint8], output: NDArray[np.floating], reference: NDArray[np.float64]
) -> NDArray[np.uint8]:
    """The surroundings of the largest difference, three times side by side.

    Args:
        frame: (height, width, 3).
        output: of the artifact, the same shape; values outside [0, 1] are shown as its ends, those that are not finite
            as 0.
        reference: the same shape, in [0, 1].

    Returns:
        (rows, 3 · columns, 3) uint8.
    """
    shown = np.nan_to_num(output.astype(np.float64), nan=0.0, posinf=1.0, neginf=0.0).clip(0.0, 1.0)
    difference = np.abs(shown - reference).max(axis=2)
    difference[~np.isfinite(output).all(axis=2)] = np.inf
    row, column = np.unravel_index(difference.argmax(), difference.shape)
    top, left = (
        int(np.clip(place - window // 2, 0, max(length - window, 0)))
        for place, window, length in zip((row, column), _WINDOW, difference.shape, strict=True)
    )
    window = (slice(top, top + _WINDOW[0]), slice(left, left + _WINDOW[1]))
    parts = [frame[window], to_frame(shown[window], np.uint8), to_frame(reference[window], np.uint8)]
    return np.concatenate(parts, axis=1)
