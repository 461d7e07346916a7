"""What a network that looks at whole frames through means alone is held by, so that it can go over a frame in parts.

The means are taken once from the whole of a frame, each from a map: the first map is made of the frame, every other one
of the map before it and of that one's mean. With all means given, a tile of the output looks a bounded way only.

A system declares such a network by a function `build_held` beside its factory. It gives the module (frame, values
(1, size, 1, 1)) -> (output, first map, …), whose part `network` is the whole network; the values are the means of the
maps' channels one after the other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Stage:
    """From the frame, or from the map before, to a map.

    Attributes:
        channels: of its map.
        stride: sides of what it is given, in sides of its map.
        context: how far a value of its map looks beyond a multiple of the stride, in values of what it is given; a
            multiple of the stride.
        pixel_bytes: of the values that an engine holds at once, per pixel of what it is given, in float32.
    """

    channels: int
    stride: int
    context: int
    pixel_bytes: int


@dataclass(frozen=True)
class Held:
    """What is measured of a network's held form when its file is made.

    Attributes:
        context: as `Figures.context`, of a tile once the means are given.
        pixel_bytes: as `Figures.pixel_bytes`, of a tile.
        stages: in the order in which the means are taken, which is that of the values, too.
    """

    context: int
    pixel_bytes: int
    stages: tuple[Stage, ...]

    @property
    def size(self) -> int:
        """How many values a frame is held by."""
        return sum(stage.channels for stage in self.stages)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Held:
        """Of the JSON values that `dataclasses.asdict` gives."""
        return cls(**{**value, "stages": tuple(Stage(**stage) for stage in value["stages"])})
