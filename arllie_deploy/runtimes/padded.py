"""Frames of any size for a model of sides that are multiples of something: mirrored right and below, cut back."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.errors import ArllieError
from arllie_deploy.runtimes.base import Layout, OpenedModel
from arllie_deploy.runtimes.passes import GRAY, Passes


class Padded:
    """An opened model behind the same protocol.

    Args:
        inner: takes sides that are multiples of `alignment`.
        alignment: see there.
        minimum: the smallest side of a frame that the model makes something of.
        frame: (width, height) that `inner`, of one fixed size, stands for; None takes any.
        scale: sides of the output, in sides of the input.
    """

    def __init__(
        self,
        inner: OpenedModel,
        alignment: int,
        minimum: int,
        frame: tuple[int, int] | None = None,
        scale: int = 1,
    ) -> None:
        self.layout: Layout = inner.layout
        self.threads, self.executed_by, self.frame_dtypes = inner.threads, inner.executed_by, inner.frame_dtypes
        self.size = inner.size if frame is None else (frame[1], frame[0])
        self._inner, self._alignment, self._minimum, self._scale = inner, alignment, minimum, scale

    def infer(self, tensor: NDArray[np.float32]) -> NDArray[np.float32]:
        """A tensor of any size in `layout`; the result has the same shape, its sides times the scale."""
        rows, columns = (2, 3) if self.layout == "NCHW" else (1, 2)
        height, width = (self._scale * tensor.shape[axis] for axis in (rows, columns))
        result = self._inner.infer(self._padded(tensor, rows, columns))
        return result[:, :, :height, :width] if self.layout == "NCHW" else result[:, :height, :width]

    def run(self, frame: NDArray[Any]) -> NDArray[Any]:
        """A frame (height, width, channels) of any size; the result has the same dtype, its sides times the scale."""
        height, width = (self._scale * side for side in frame.shape[:2])
        return self._inner.run(self._padded(frame, 0, 1))[:height, :width]

    def _padded(self, values: NDArray[Any], rows: int, columns: int) -> NDArray[Any]:
        height, width = values.shape[rows], values.shape[columns]
        refuse_smaller(height, width, self._minimum)
        if self.size is not None and self.size != (height, width):
            raise ArllieError(f"the artifact holds {self.size[1]}x{self.size[0]}, the frame is {width}x{height}")
        missing = [(0, 0)] * values.ndim
        missing[rows], missing[columns] = ((0, -side % self._alignment) for side in (height, width))
        return np.pad(values, missing, mode="reflect") if any(map(any, missing)) else values


def refuse_smaller(height: int, width: int, minimum: int) -> None:
    """Raise `ArllieError` if a side of a frame is below what a network takes."""
    if min(height, width) < minimum:
        raise ArllieError(
            f"the picture is {width}×{height} and this network takes sides of at least {minimum} pixels; scale it up, "
            "or use a one-layer model, for example --model arllie"
        )


def padded_by_metadata(opened: OpenedModel, metadata: dict[str, Any]) -> OpenedModel:
    """The opened artifact itself; in passes where it is of gray pictures, behind `Padded` for aligned sides."""
    if metadata.get("color") == "Y":
        opened = Passes(opened, GRAY)
    if metadata.get("alignment", 1) == 1 and metadata.get("minimum", 1) == 1:
        return opened
    frame = metadata.get("frame")
    size = None if frame is None else (frame[0], frame[1])
    return Padded(opened, metadata["alignment"], metadata["minimum"], size, metadata.get("scale", 1))
