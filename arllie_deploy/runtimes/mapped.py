"""The graphs of a network's mapped form (`networks/mapped.py`) through onnxruntime."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.networks.mapped import Mapped
from arllie_deploy.networks.network import Network
from arllie_deploy.networks.network_file import FIRST_NAME, MAPS_NAME, TILE_NAME
from arllie_deploy.runtimes.base import OpenedModel
from arllie_deploy.runtimes.network_graph import Aligned, open_graphs
from arllie_deploy.runtimes.padded import Padded

Float32 = NDArray[np.float32]


@dataclass(frozen=True)
class MappedNetwork:
    """What makes a frame's maps, and then its tiles; `sessions` are of its graphs, by their names."""

    network: Network
    facts: Mapped
    threads: int
    sessions: Mapping[str, Any]

    def first(self, given: Float32) -> Float32:
        """The first layer's values of a part of the frame; its sides are multiples of the layer's stride."""
        found: Float32 = self.sessions[FIRST_NAME].run(None, {"input": given})[0]
        return found

    def maps(self, begun: Float32) -> Float32:
        """The frame's maps, from the first layer's values of the whole of it."""
        found: Float32 = self.sessions[MAPS_NAME].run(None, {"input": begun})[0]
        return found

    def tile(self, maps: Float32) -> OpenedModel:
        """What makes the one tile that has these maps, up to the next multiple of the alignment."""
        inner = Aligned(self.sessions[TILE_NAME], self.threads, {"values": maps})
        return Padded(inner, self.network.alignment, self.network.minimum, scale=self.network.scale)


def open_mapped(network: Network, threads: int) -> MappedNetwork | None:
    """The mapped form that a network's file has; None where it has none.

    Raises:
        ArllieError: if the file is damaged or lacks one of the graphs.
    """
    if network.mapped is None:
        return None
    sessions = open_graphs(network, [TILE_NAME, FIRST_NAME, MAPS_NAME], threads)
    return MappedNetwork(network, network.mapped, threads, sessions)
