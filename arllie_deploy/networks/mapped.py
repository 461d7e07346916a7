"""What a network of far reach is held by that makes small maps of a frame, so that it can go over the frame in parts.

The maps are made once of the whole frame, at a fraction of its sides: a first layer goes over the frame in parts, the
rest over what that gives at once. With the maps given, a tile of the output looks a short way only.

A system declares such a network by a function `build_mapped` beside its factory; it gives None for arguments with which
the network is no such one. Else the module (frame, maps) -> (output, first layer's values, maps) with the whole network
as its part `network`, how many maps there are as `map_channels`, and the frame's sides in theirs as `stride`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from arllie_deploy.networks.held import Stage


@dataclass(frozen=True)
class Mapped:
    """What is measured of a network's mapped form when its file is made.

    Attributes:
        context: as `Figures.context`, of a tile once the maps are given.
        pixel_bytes: as `Figures.pixel_bytes`, of a tile.
        first: the layer that goes over the frame; the maps have the sides of its values.
    """

    context: int
    pixel_bytes: int
    first: Stage

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Mapped:
        """Of the JSON values that `dataclasses.asdict` gives."""
        return cls(**{**value, "first": Stage(**value["first"])})
