"""Takes the means that a frame is held by: in passes over its parts, one per map.

Each map is made of the map before it, which is kept where it is small enough: then all passes together are one pass
down to the deepest map. A map that is too large is made anew in the next pass.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.media.parts import coarser, tiles
from arllie_deploy.media.planes import Planes, Stored
from arllie_deploy.networks.held import Stage
from arllie_deploy.runtimes.held import HeldNetwork

Float32 = NDArray[np.float32]

#: The most bytes of a map that is kept: the first one of 24 megapixels at the published width has 384 million.
MOST_KEPT_BYTES = 400_000_000
# What a stage may hold while it makes a part: such parts are no slower than larger ones.
_PART_BYTES = 60_000_000


def frame_values(
    opened: HeldNetwork, frame: Planes, done: Callable[[float], None], most_kept: int = MOST_KEPT_BYTES
) -> Float32:
    """The (1, size, 1, 1) values that a frame is held by: each the mean of a channel of a map over the whole of it.

    They are those of the whole frame at once up to the rounding of a sum.

    Args:
        opened: the network.
        frame: sides are multiples of the network's alignment.
        done: called with the share that is done, up to 1.0.
        most_kept: bytes of a map up to which it is kept.
    """
    stages = opened.facts.stages
    values = np.zeros((1, opened.facts.size, 1, 1), np.float32)
    given, first, taken = frame, 0, 0
    for index, stage in enumerate(stages):
        made, mean = _pass(opened, given, range(first, index + 1), values, most_kept)
        values[:, taken : taken + stage.channels] = mean
        taken += stage.channels
        if made is not None:
            given, first = Stored(made), index + 1
        del made
        done((index + 1) / len(stages))
    return values


def _pass(
    opened: HeldNetwork, given: Planes, chain: range, values: Float32, most_kept: int
) -> tuple[Float32 | None, NDArray[np.float64]]:
    """The last map of a chain of stages, None where it is not kept, and its mean (1, channels, 1, 1)."""
    stages = [opened.facts.stages[index] for index in chain]
    stride, channels = math.prod(stage.stride for stage in stages), stages[-1].channels
    (height, width), last = given.size, chain[-1] == len(opened.facts.stages) - 1
    shape = (1, channels, height // stride, width // stride)
    keeps = not last and math.prod(shape) * np.float32().itemsize <= most_kept
    kept = np.empty(shape, np.float32) if keeps else None
    total = np.zeros((1, channels))
    for part in tiles(height, width, stride, _context(stages), _PART_BYTES // _pixel_bytes(stages)):
        found = given.part(part.outer)
        for index in chain:
            found = opened.stage(index, found, values)
        inner = found[(..., *coarser(part.within, stride))]
        total += inner.sum((2, 3), dtype=np.float64)
        if kept is not None:
            kept[(..., *coarser(part.inner, stride))] = inner
    return kept, (total / (shape[2] * shape[3]))[:, :, None, None]


def _context(stages: list[Stage]) -> int:
    """How far the last map of a chain looks, in values of what the first stage is given; a multiple of its stride."""
    context, stride = 0, 1
    for stage in reversed(stages):
        context, stride = context * stage.stride + stage.context, stride * stage.stride
    return -(-context // stride) * stride


def _pixel_bytes(stages: list[Stage]) -> int:
    """The most that a stage of a chain holds, per pixel of what the first one is given."""
    most, pixels = 1.0, 1.0
    for stage in stages:
        most = max(most, stage.pixel_bytes * pixels)
        pixels /= stage.stride**2
    return math.ceil(most)
