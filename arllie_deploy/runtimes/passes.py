"""A model of fewer channels than a frame has: the frame goes through it some channels at a time."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.runtimes.base import Layout, OpenedModel

#: Of a model of gray pictures: red, green and blue, each as one.
GRAY = (slice(0, 1), slice(1, 2), slice(2, 3))


class Passes:
    """An opened model behind the same protocol.

    Args:
        inner: takes what a pass has.
        channels: of each pass, one after the other; what comes out is joined in this order.
    """

    def __init__(self, inner: OpenedModel, channels: tuple[slice, ...]) -> None:
        self.layout: Layout = inner.layout
        self.threads, self.executed_by = inner.threads, inner.executed_by
        self.frame_dtypes, self.size = inner.frame_dtypes, inner.size
        self._inner, self._channels = inner, channels

    def infer(self, tensor: NDArray[np.float32]) -> NDArray[np.float32]:
        """A tensor in `layout`."""
        axis = 1 if self.layout == "NCHW" else 3
        parts = (tensor[:, each] if axis == 1 else tensor[..., each] for each in self._channels)
        return np.concatenate([self._inner.infer(np.ascontiguousarray(part)) for part in parts], axis)

    def run(self, frame: NDArray[Any]) -> NDArray[Any]:
        """A frame (height, width, channels)."""
        parts = (np.ascontiguousarray(frame[:, :, each]) for each in self._channels)
        return np.concatenate([self._inner.run(part) for part in parts], 2)
