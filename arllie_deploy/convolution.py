"""The 3×3 convolution of the reference: plain numpy, float64, the same bits for a strip as for the whole frame."""

import numpy as np
from numpy.typing import NDArray

Float64 = NDArray[np.float64]


def convolve_3x3(frame: Float64, kernel: NDArray[np.floating], bias: NDArray[np.floating]) -> Float64:
    """Cross-correlate with zero padding 1 and stride 1, as every framework calls "conv2d".

    Args:
        frame: (height, width, channels_in) float64.
        kernel: (channels_out, channels_in, 3, 3), any float type; computed in float64.
        bias: (channels_out,).

    Returns:
        (height, width, channels_out) float64.
    """
    height, width, _ = frame.shape
    padded = np.pad(np.moveaxis(frame, 2, 0), ((0, 0), (1, 1), (1, 1)))
    weights = kernel.astype(np.float64)
    output = np.empty((height, width, weights.shape[0]))
    for o in range(weights.shape[0]):
        # One sum of 27 products in a fixed order, so that the bits do not depend on how a matrix product is blocked.
        total = np.full((height, width), float(bias[o]))
        for i, dy, dx in np.ndindex(*weights.shape[1:]):
            total += weights[o, i, dy, dx] * padded[i, dy : dy + height, dx : dx + width]
        output[:, :, o] = total
    return output
