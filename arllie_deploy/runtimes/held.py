"""The graphs of a network's held form (`networks/held.py`) through onnxruntime."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.networks.held import Held
from arllie_deploy.networks.network import Network
from arllie_deploy.networks.network_file import STAGE_NAME, TILE_NAME
from arllie_deploy.runtimes.base import OpenedModel
from arllie_deploy.runtimes.network_graph import Aligned, open_graphs
from arllie_deploy.runtimes.padded import Padded

Float32 = NDArray[np.float32]


@dataclass(frozen=True)
class HeldNetwork:
    """What takes a frame's means, and what then makes its tiles; `sessions` are of its graphs, by their names."""

    network: Network
    facts: Held
    threads: int
    sessions: Mapping[str, Any]

    def stage(self, index: int, given: Float32, values: Float32) -> Float32:
        """A map.

        Args:
            index: of the stage.
            given: (1, channels, height, width), a part of the frame or of the map before; sides are multiples of the
                stage's stride.
            values: (1, facts.size, 1, 1), of which the mean of the map before is looked at.
        """
        taken = {"input": given} if index == 0 else {"input": given, "values": values}
        found: Float32 = self.sessions[STAGE_NAME.format(index)].run(None, taken)[0]
        return found

    def tiles(self, values: Float32) -> OpenedModel:
        """What makes the tiles of a frame that is held by (1, facts.size, 1, 1) values."""
        inner = Aligned(self.sessions[TILE_NAME], self.threads, {"values": values})
        return Padded(inner, self.network.alignment, self.network.minimum, scale=self.network.scale)


def open_held(network: Network, threads: int) -> HeldNetwork | None:
    """The held form that a network's file has; None where it has none.

    Raises:
        ArllieError: if the file is damaged or lacks one of the graphs.
    """
    if network.held is None:
        return None
    names = [TILE_NAME, *(STAGE_NAME.format(index) for index in range(len(network.held.stages)))]
    return HeldNetwork(network, network.held, threads, open_graphs(network, names, threads))
