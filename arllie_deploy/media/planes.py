"""The floats of a whole frame, part by part, as a network's stages take them: sides continued to its alignment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.media.parts import Slices
from arllie_deploy.runtimes.layout import to_tensor

Float32 = NDArray[np.float32]


class Planes(Protocol):
    """Something of (1, channels, height, width) floats that need not lie in memory as such."""

    @property
    def size(self) -> tuple[int, int]:
        """(height, width)."""

    def part(self, place: Slices) -> Float32:
        """(1, channels, rows, columns) of it."""


@dataclass(frozen=True)
class Stored:
    """Planes in memory, (1, channels, height, width)."""

    values: Float32

    @property
    def size(self) -> tuple[int, int]:
        """See `Planes`."""
        return self.values.shape[2], self.values.shape[3]

    def part(self, place: Slices) -> Float32:
        """See `Planes`."""
        return np.ascontiguousarray(self.values[(..., *place)])


@dataclass(frozen=True)
class Continued:
    """A frame, continued right and below by its mirror image as `runtimes.padded` continues it.

    Attributes:
        size: (height, width), continued.
        lengths: (height, width) of the frame.
        read: (rows, columns) of the frame -> (1, channels, rows, columns).
    """

    size: tuple[int, int]
    lengths: tuple[int, int]
    read: Callable[[NDArray[np.intp], NDArray[np.intp]], Float32]

    def part(self, place: Slices) -> Float32:
        """See `Planes`."""
        rows, columns = (_mirrored(side, length) for side, length in zip(place, self.lengths, strict=True))
        return self.read(rows, columns)


def of_frame(frame: NDArray[Any], aligned: Callable[[int], int]) -> Continued:
    """The planes of a frame (height, width, 3) of integers; `aligned` gives the side that a side is continued to."""
    height, width, _ = frame.shape
    size = aligned(height), aligned(width)
    return Continued(size, (height, width), lambda rows, columns: to_tensor(frame[np.ix_(rows, columns)], "NCHW"))


def of_planes(planes: Float32, aligned: Callable[[int], int]) -> Continued:
    """The same of planes (channels, height, width)."""
    _, height, width = planes.shape
    size = aligned(height), aligned(width)
    return Continued(size, (height, width), lambda rows, columns: planes[:, rows[:, None], columns][None])


def _mirrored(side: slice, length: int) -> NDArray[np.intp]:
    places = np.arange(side.start, side.stop)
    return np.where(places < length, places, 2 * (length - 1) - places)
