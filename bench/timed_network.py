"""A network where a bench otherwise has an Enhancer: what its rows are judged against, and the engine that opens it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.enhancer import Enhancer
from arllie_deploy.frames import to_frame, to_unit
from arllie_deploy.networks.network import Figures, Network
from arllie_deploy.runtimes.network import NetworkReference

#: MODULE:ATTRIBUTE of the runtime that opens a network's own file.
OPENER = "arllie_deploy.runtimes.network:ROW"
# The interpreter and the engine, and what the engine adds to the values that are alive at once.
_FIXED_BYTES, _SHARE = 250_000_000, 1.3


@dataclass(frozen=True)
class TimedNetwork:
    """A network with the part of an Enhancer's face that a bench looks at."""

    network: Network

    @property
    def name(self) -> str:
        """Of the network."""
        return self.network.name

    @property
    def sha256(self) -> str:
        """Of its file."""
        return self.network.sha256

    @property
    def epilogue(self) -> str:
        """Its form."""
        return self.network.epilogue

    @property
    def license(self) -> str:
        """Of its weights."""
        return self.network.license

    @property
    def figures(self) -> Figures:
        """What its file says was measured of it."""
        assert self.network.figures is not None  # what a file holds has been measured
        return self.network.figures

    @cached_property
    def _definition(self) -> NetworkReference:
        return NetworkReference(self.network, None)

    def reference(self, y: NDArray[np.float64]) -> NDArray[np.float64]:
        """What the network makes of a frame (height, width, 3) in [0, 1]: the graph as it is written, nothing fused."""
        return self._definition.reference(y)

    def enhance(self, frame: NDArray[Any]) -> NDArray[Any]:
        """The reference of a frame in integers, rounded to its own type."""
        return to_frame(self.reference(to_unit(frame)), frame.dtype)

    def resident_bytes(self, size: tuple[int, int]) -> int:
        """What one engine of it is expected to hold at `size` (width, height)."""
        return _FIXED_BYTES + round(_SHARE * self.figures.pixel_bytes * size[0] * size[1])


TimedModel = Enhancer | TimedNetwork
