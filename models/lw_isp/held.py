"""What a frame is held by when it goes through the network in parts: five means, taken once from the whole of it.

The means are those of `network.Pass.maps`. Each is taken over the whole frame part by part, with the means before it
already held, so that the parts together give what the whole frame gives, up to the rounding of a sum. Whatever runs the
network can take them: a torch module, or an engine with the graph that `deploy` describes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.models.lw_isp.config import LwIspConfig

#: How far a pixel of the output looks beyond a multiple of the alignment once the five means are held, in pixels of the
#: input and a multiple of the alignment. A tile with so much around it gives what the whole frame gives.
CONTEXT = 112
# Sides of the frame in sides of each map.
STRIDES = (2, 4, 8, 16, 16)

Slices = tuple[slice, slice]
#: (part of the frame, values, index of a map) -> that map of the part, (1, C, H / stride, W / stride).
MapOf = Callable[[NDArray[Any], NDArray[Any], int], NDArray[Any]]


class Cut(Protocol):
    """A part of a frame: rows and columns."""

    @property
    def inner(self) -> Slices:
        """What it stands for; it begins and ends at multiples of the alignment."""

    @property
    def outer(self) -> Slices:
        """What the network is given for it, with `CONTEXT` around where there is as much."""

    @property
    def within(self) -> Slices:
        """Where `inner` lies in `outer`."""


def global_values(map_of: MapOf, frame: NDArray[Any], parts: Iterable[Cut], config: LwIspConfig) -> NDArray[np.float64]:
    """The (1, held_size, 1, 1) values that a frame is held by, taken in five passes over its parts.

    Args:
        map_of: runs the network on a part; a map depends on the values before its own alone.
        frame: (1, channels, height, width), sides multiples of 16 and at least 32.
        parts: that cover the frame without overlap.
        config: of the network.
    """
    cuts = list(parts)
    values = np.zeros((1, config.held_size, 1, 1))
    for index, place in enumerate(config.held):
        total, count = np.zeros((1, config.channels[index])), 0
        for cut in cuts:
            found = map_of(frame[(..., *cut.outer)], values, index)
            rows, columns = (_coarser(side, STRIDES[index]) for side in cut.within)
            inner = found[:, :, rows, columns]
            total += inner.sum((2, 3), dtype=np.float64)
            count += inner.shape[2] * inner.shape[3]
        values[:, place] = (total / count)[:, :, None, None]
    return values


def _coarser(side: slice, stride: int) -> slice:
    return slice(side.start // stride, side.stop // stride)
