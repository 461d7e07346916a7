"""How the numbers of a frame are read in a file: floats of [0, 1], or integers with a scale and a zero point."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.errors import ArllieError

ElementType = Literal["float32", "uint8", "int8", "int16"]

# What a file without our description is fed in.
_ELEMENTS: dict[str, ElementType] = {"float32": "float32", "uint8": "uint8", "int8": "int8"}
_BYTE_SCALE = 1 / 255
# The zero point under which an integer is a frame's byte, with the top bit flipped where it has a sign.
_BYTE_ZERO_POINTS: dict[ElementType, int] = {"uint8": 0, "int8": -128}
_TOLERANCE = 1e-9


@dataclass(frozen=True)
class Encoding:
    """A number's type; an integer q stands for (q − zero_point) · scale. The range of [0, 1] is assumed, not read."""

    dtype: ElementType
    scale: float = 1.0
    zero_point: int = 0

    @property
    def is_bytes(self) -> bool:
        """Whether the integers are a frame's bytes, the top bit flipped in int8."""
        return self.zero_point == _BYTE_ZERO_POINTS.get(self.dtype) and abs(self.scale - _BYTE_SCALE) < _TOLERANCE

    def from_real(self, values: NDArray[np.float32]) -> NDArray[Any]:
        """Real values as numbers of this type, rounded to the nearest, saturated."""
        if self.dtype == "float32":
            return values
        limits = np.iinfo(self.dtype)
        # In place where it can be: a frame of floats is large.
        integers = values / np.float32(self.scale)
        integers = np.rint(integers, out=integers)
        integers += self.zero_point
        clipped: NDArray[Any] = integers.clip(limits.min, limits.max).astype(self.dtype)
        return clipped

    def to_real(self, values: NDArray[Any]) -> NDArray[np.float32]:
        """The reverse of `from_real`, without its rounding."""
        if self.dtype == "float32":
            return values
        return (values.astype(np.float32) - np.float32(self.zero_point)) * np.float32(self.scale)

    def from_bytes(self, values: NDArray[np.uint8]) -> NDArray[Any]:
        """A frame's bytes as integers of this type, which must be `is_bytes`."""
        return values if self.dtype == "uint8" else (values ^ np.uint8(0x80)).view(np.int8)

    def to_bytes(self, values: NDArray[Any]) -> NDArray[np.uint8]:
        """The reverse of `from_bytes`."""
        return values if self.dtype == "uint8" else values.view(np.uint8) ^ np.uint8(0x80)


def encoding_of(dtype: str, scale: float, zero_point: int) -> Encoding:
    """The encoding of a port; integers without a scale (0) are taken for a frame's bytes.

    Raises:
        ArllieError: if the type is none that a frame is fed in.
    """
    if dtype not in _ELEMENTS:
        raise ArllieError(f"a frame of {dtype}; only {', '.join(_ELEMENTS)} are fed")
    element = _ELEMENTS[dtype]
    if element == "float32":
        return Encoding(element)
    if scale == 0:
        return Encoding(element, _BYTE_SCALE, _BYTE_ZERO_POINTS[element])
    return Encoding(element, scale, zero_point)
