"""The sRGB transfer function (IEC 61966-2-1:1999): encoded values and linear light."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Float64 = NDArray[np.float64]

#: Linear sRGB to CIE XYZ, (3, 3) as the standard prints it; the rows' sums are the white, D65.
TO_XYZ: Float64 = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])

_SLOPE = 12.92
_OFFSET = 0.055
_GAMMA = 2.4
# Where the straight part ends, in encoded values and in linear light, as the standard prints them.
_ENCODED_KNEE = 0.04045
_LINEAR_KNEE = 0.0031308


def to_linear(encoded: NDArray[np.floating]) -> Float64:
    """Encoded values of [0, 1] as linear light of [0, 1], any shape, float64."""
    values = np.asarray(encoded, np.float64)
    return np.where(values <= _ENCODED_KNEE, values / _SLOPE, ((values + _OFFSET) / (1 + _OFFSET)) ** _GAMMA)


def to_encoded(linear: NDArray[np.floating]) -> Float64:
    """Linear light of [0, 1] as encoded values of [0, 1], any shape, float64."""
    values = np.asarray(linear, np.float64)
    # The knee as a floor keeps the power away from negative bases; those values take the straight part.
    curved = (1 + _OFFSET) * np.maximum(values, _LINEAR_KNEE) ** (1 / _GAMMA) - _OFFSET
    return np.where(values <= _LINEAR_KNEE, values * _SLOPE, curved)
