"""Whole frames through an artifact that holds a strip of them: rows and one more above and below.

A 3×3 convolution looks one row far. Where a strip is computed together with the row above it and the row below it, its
inner rows are those of the whole frame, bit for bit; the outer two are thrown away. Outside the frame a row is zero,
which is the convolution's own padding.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.errors import ArllieError
from arllie_deploy.runtimes.base import Layout, OpenedModel

HALO = 1


@dataclass(frozen=True)
class Strips:
    """How a frame is cut.

    Attributes:
        rows: of the frame in one strip, at least 1; the artifact holds 2 more.
        frame: (width, height) of the whole.
    """

    rows: int
    frame: tuple[int, int]

    @property
    def count(self) -> int:
        """Strips in a frame; what the last one lacks is zero."""
        return -(-self.frame[1] // self.rows)

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) of what the artifact holds."""
        return self.frame[0], self.rows + 2 * HALO

    def to_json(self) -> dict[str, Any]:
        """The artifact's own description of it."""
        return {"rows": self.rows, "halo": HALO, "frame": list(self.frame)}

    def apply(self, frame: NDArray[Any], process: Callable[[NDArray[Any]], NDArray[Any]]) -> NDArray[Any]:
        """Cut a frame, process each strip with its halo, put the results together.

        Args:
            frame: (height, width, 3) of any dtype.
            process: (rows + 2, width, 3) to the same shape.
        """
        height = self.frame[1]
        result = np.empty_like(frame)
        for top in range(0, height, self.rows):
            bottom = min(top + self.rows, height)
            first, last = max(top - HALO, 0), min(bottom + HALO, height)
            strip = np.zeros((self.rows + 2 * HALO, *frame.shape[1:]), frame.dtype)
            offset = HALO - top
            strip[first + offset : last + offset] = frame[first:last]
            result[top:bottom] = process(strip)[HALO : HALO + bottom - top]
        return result


def parse_strips(value: Mapping[str, Any], held: tuple[int, int], path: Path) -> Strips:
    """Read `to_json`'s form.

    Args:
        value: the artifact's own description.
        held: (height, width) of its tensors.
        path: for the message.

    Raises:
        ArllieError: if it does not say how a frame is cut into what the artifact holds.
    """
    try:
        width, height = value["frame"]
        strips = Strips(int(value["rows"]), (int(width), int(height)))
        halo = value["halo"]
    except (KeyError, TypeError, ValueError):
        raise ArllieError(f"{path}: its description of strips is damaged; export it again") from None
    if halo != HALO or strips.rows < 1 or strips.frame[1] < 1 or strips.size != held[::-1]:
        raise ArllieError(f"{path}: holds {held[1]}x{held[0]}, which is no strip of {value}; export it again")
    return strips


class StripModel:
    """An opened model of whole frames around the opened model of one strip, whose layout is NHWC."""

    layout: Layout = "NHWC"

    def __init__(self, strip: OpenedModel, strips: Strips) -> None:
        self._strip, self._strips = strip, strips
        self.threads = strip.threads
        self.frame_dtypes = strip.frame_dtypes
        self.size = strips.frame[::-1]
        self.executed_by = f"{strip.executed_by}, strips: {strips.count}"

    def infer(self, tensor: NDArray[np.float32]) -> NDArray[np.float32]:
        """One frame of [0, 1] (1, height, width, 3)."""
        return self._strips.apply(tensor[0], lambda strip: self._strip.infer(strip[None])[0])[None]

    def run(self, frame: NDArray[Any]) -> NDArray[Any]:
        """One frame (height, width, 3) of an accepted dtype."""
        if frame.shape[:2] != self.size:
            held, given = (f"{width}x{height}" for height, width in (self.size, frame.shape[:2]))
            raise ArllieError(f"the artifact is for frames of {held}, the frame is {given}")
        return self._strips.apply(frame, self._strip.run)
