"""Color difference CIEDE2000 of two frames."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.quality.ranges import check_comparable, data_range
from arllie_deploy.quality.srgb import TO_XYZ, to_linear

Float64 = NDArray[np.float64]

# Relative to the white, D65.
_TO_RELATIVE_XYZ = TO_XYZ / TO_XYZ.sum(axis=1, keepdims=True)
# About fifty intermediates of this many rows fit in the caches.
_ROWS = 32


def delta_e2000(output: NDArray[Any], reference: NDArray[Any]) -> float:
    """The mean over the pixels of CIEDE2000, both frames read as sRGB, their white (D65) taken as the observer's.

    Args:
        output: (height, width, 3), integers, or floats in [0, 1].
        reference: the same shape and dtype.

    Returns:
        0 for equal frames; about 1 is a just noticeable difference, black against white is 100.

    Raises:
        ArllieError: if shapes or dtypes differ.
    """
    check_comparable(output, reference)
    linear = _linearized(output.dtype)
    total = 0.0
    for top in range(0, output.shape[0], _ROWS):
        rows = slice(top, top + _ROWS)
        difference = ciede2000(_lab(linear(output[rows])), _lab(linear(reference[rows])))
        total += float(difference.sum())
    return total / float(output.shape[0] * output.shape[1])


def ciede2000(a: Float64, b: Float64) -> Float64:
    """ΔE00 between colors in CIE L*a*b*, with parametric factors of 1.

    Sharma, Wu, Dalal, Color Research and Application 30(1), 2005, equations 2 to 22.

    Args:
        a: (..., 3): L*, a*, b*.
        b: the same shape.

    Returns:
        (...), at least 0, the same for (b, a).
    """
    lightness_a, lightness_b = a[..., 0], b[..., 0]
    reds_a, reds_b = _stretched(a, b)
    chroma_a, chroma_b = np.hypot(reds_a, a[..., 2]), np.hypot(reds_b, b[..., 2])
    hue_a, hue_b = _hue(reds_a, a[..., 2]), _hue(reds_b, b[..., 2])

    colored = chroma_a * chroma_b > 0.0
    turn = np.where(colored, hue_b - hue_a, 0.0)
    turn -= 360.0 * np.round(turn / 360.0)
    mean_hue = np.where(colored, _mean_hue(hue_a, hue_b), hue_a + hue_b)

    lightness = lightness_b - lightness_a
    chroma = chroma_b - chroma_a
    hue = 2.0 * np.sqrt(chroma_a * chroma_b) * np.sin(np.radians(turn / 2.0))

    mean_chroma = (chroma_a + chroma_b) / 2.0
    from_middle = np.square((lightness_a + lightness_b) / 2.0 - 50.0)
    lightness /= 1.0 + 0.015 * from_middle / np.sqrt(20.0 + from_middle)
    chroma /= 1.0 + 0.045 * mean_chroma
    hue /= 1.0 + 0.015 * mean_chroma * _hue_weight(mean_hue)
    # Never negative: the rotation's factor is below √3 in size.
    squared = lightness**2 + chroma**2 + hue**2 + _rotation(mean_chroma, mean_hue) * chroma * hue
    return np.asarray(np.sqrt(squared))


def _linearized(dtype: np.dtype[Any]) -> Callable[[NDArray[Any]], Float64]:
    """Samples -> linear light; for integers one table instead of a power per sample."""
    if dtype.kind == "f":
        return to_linear
    top = int(data_range(dtype))
    table = to_linear(np.arange(top + 1) / top)
    return lambda samples: table[samples]


def _lab(linear: Float64) -> Float64:
    """Linear light (..., 3) as CIE L*a*b* (CIE 15:2004) relative to the white of sRGB."""
    ratio = linear @ _TO_RELATIVE_XYZ.T
    f = np.where(ratio > (6 / 29) ** 3, np.cbrt(ratio), ratio * (29 / 6) ** 2 / 3 + 4 / 29)
    x, y, z = f[..., 0], f[..., 1], f[..., 2]
    return np.stack((116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)), axis=-1)


def _stretched(a: Float64, b: Float64) -> tuple[Float64, Float64]:
    """a* of both colors, stretched near the gray axis (equations 2 to 5)."""
    chroma = (np.hypot(a[..., 1], a[..., 2]) + np.hypot(b[..., 1], b[..., 2])) / 2.0
    factor = 1.0 + 0.5 * (1.0 - _saturation(chroma))
    return a[..., 1] * factor, b[..., 1] * factor


def _saturation(chroma: Float64) -> Float64:
    seventh = chroma**7
    return np.sqrt(seventh / (seventh + 25.0**7))


def _hue(red: Float64, yellow: Float64) -> Float64:
    """In degrees from 0 to 360, 0 for gray."""
    return np.degrees(np.arctan2(yellow, red)) % 360.0


def _mean_hue(a: Float64, b: Float64) -> Float64:
    """The middle of the shorter arc (equation 14)."""
    total = a + b
    over = np.abs(a - b) > 180.0
    return np.where(over, np.where(total < 360.0, total + 360.0, total - 360.0), total) / 2.0


def _hue_weight(hue: Float64) -> Float64:
    """Equation 15."""
    return np.asarray(
        1.0
        - 0.17 * np.cos(np.radians(hue - 30.0))
        + 0.24 * np.cos(np.radians(2.0 * hue))
        + 0.32 * np.cos(np.radians(3.0 * hue + 6.0))
        - 0.20 * np.cos(np.radians(4.0 * hue - 63.0))
    )


def _rotation(chroma: Float64, hue: Float64) -> Float64:
    """The interaction of chroma and hue in the blues (equations 16, 17 and 21)."""
    angle = 30.0 * np.exp(-np.square((hue - 275.0) / 25.0))
    return np.asarray(-2.0 * _saturation(chroma) * np.sin(np.radians(2.0 * angle)))
