"""The integer model in numpy, the definition that every native kernel is compared with byte by byte."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.errors import ArllieError
from arllie_deploy.frames import check_frame
from arllie_deploy.native.integer import IntegerModel
from arllie_deploy.native.integer_curve import IntegerCurve
from arllie_deploy.native.logistic_form import WHOLE
from arllie_deploy.native.logistic_table import values_of_14_bits

Int32 = NDArray[np.int32]
# The 32-bit sums of one channel of a strip stay in the caches.
_STRIP_ROWS = 32


def enhance(model: IntegerModel, frame: NDArray[Any]) -> NDArray[np.uint8]:
    """Apply the integer model to a frame, in integers only.

    Args:
        model: of `quantize`.
        frame: (height, width, 3) uint8, RGB; beyond its border is 0.

    Returns:
        The same shape and dtype.

    Raises:
        ArllieError: on another shape or dtype.
    """
    check_frame(frame)
    if frame.dtype != np.uint8:
        raise ArllieError(f"the integer model takes frames of 8 bits, got {frame.dtype}")
    height, width, _ = frame.shape
    result = np.empty_like(frame, order="C")
    for top in range(0, height, _STRIP_ROWS):
        bottom = min(top + _STRIP_ROWS, height)
        planes = np.zeros((3, bottom - top + 2, width + 2), np.int32)
        first, last = max(top - 1, 0), min(bottom + 1, height)
        planes[:, first - top + 1 : last - top + 1, 1:-1] = np.moveaxis(frame[first:last], 2, 0)
        for channel in range(3):
            x = planes[channel, 1:-1, 1:-1]
            result[top:bottom, :, channel] = epilogue(model, _sums(model, planes, channel), x)
    return result


def _sums(model: IntegerModel, planes: Int32, channel: int) -> Int32:
    height, width = planes.shape[1] - 2, planes.shape[2] - 2
    total = np.full((height, width), model.bias[channel], np.int32)
    product = np.empty_like(total)
    for dy, dx, source in np.ndindex(3, 3, 3):
        weight = np.int32(model.kernel[channel, dy, dx, source])
        np.multiply(planes[source, dy : dy + height, dx : dx + width], weight, out=product)
        total += product
    return total


def epilogue(model: IntegerModel, acc: Int32, x: Int32) -> NDArray[Any]:
    """From the sums and the bytes of the same place, both int32 of one shape, to 0..255."""
    match model.epilogue:
        case "plain":
            return np.asarray(np.clip(acc >> model.shift, 0, 255))
        case "residual":
            illumination = (256 * x + _from_table(model, acc)).clip(model.limit, WHOLE)
            return _quotient(WHOLE * x, illumination)
        case "direct":
            factor = np.minimum(_from_table(model, acc), model.limit)
            return np.asarray(np.minimum((x * factor + 128) >> 8, 255))
        case _:
            assert model.curve is not None
            return _curve(model.curve, acc)


def _from_table(model: IntegerModel, acc: Int32) -> Int32:
    v = (acc >> (model.shift - 4)).clip(-32768, 32767)
    return np.take(values_of_14_bits(model.epilogue), (v & 0xFFFF) >> 2).astype(np.int32)


def _curve(curve: IntegerCurve, acc: Int32) -> NDArray[np.uint32]:
    u = (acc >> curve.shift).clip(0, 65535).astype(np.uint32)
    divisor = u * np.uint32(curve.whole) + (u * np.uint32(curve.fraction) >> np.uint32(16)) + np.uint32(curve.offset)
    return _quotient(u << np.uint32(8), divisor)


def _quotient(numerator: NDArray[Any], divisor: NDArray[Any]) -> NDArray[np.uint32]:
    """The quotient rounded to the nearest, half up, at most 255; unsigned, which numpy divides faster."""
    whole = divisor.astype(np.uint32)
    return np.minimum((numerator.astype(np.uint32) + (whole >> np.uint32(1))) // whole, np.uint32(255))
