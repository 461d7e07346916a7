"""Makes the maps that a frame is held by: a first layer over its parts, then the rest at once."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.media.parts import Part, coarser, tiles
from arllie_deploy.media.planes import Planes
from arllie_deploy.runtimes.base import OpenedModel
from arllie_deploy.runtimes.mapped import MappedNetwork

Float32 = NDArray[np.float32]

# What the first layer may hold while it goes over a part.
_PART_BYTES = 60_000_000
# Of the work on the maps, what the first layer is.
_SHARE_OF_FIRST = 0.3


def frame_maps(opened: MappedNetwork, frame: Planes, done: Callable[[float], None]) -> Float32:
    """The maps (1, channels, rows, columns) of a frame, those of the whole frame at once up to rounding.

    Args:
        opened: the network.
        frame: sides are multiples of the network's alignment.
        done: called with the share that is done, up to 1.0.
    """
    (height, width), layer = frame.size, opened.facts.first
    begun = np.empty((1, layer.channels, height // layer.stride, width // layer.stride), np.float32)
    pixels = 0
    for part in tiles(height, width, layer.stride, layer.context, _PART_BYTES // layer.pixel_bytes):
        found = opened.first(frame.part(part.outer))
        begun[(..., *coarser(part.inner, layer.stride))] = found[(..., *coarser(part.within, layer.stride))]
        pixels += part.pixels
        done(_SHARE_OF_FIRST * pixels / (height * width))
    maps = opened.maps(begun)
    done(1.0)
    return maps


def tile_of(opened: MappedNetwork, maps: Float32, part: Part) -> OpenedModel:
    """What makes a part of the frame, which begins at multiples of the alignment."""
    rows, columns = (
        slice(side.start, side.start + opened.network.aligned(side.stop - side.start)) for side in part.outer
    )
    place = coarser((rows, columns), opened.facts.first.stride)
    return opened.tile(np.ascontiguousarray(maps[(..., *place)]))
