"""The graphs of a network's held form (`networks/held.py`) through onnxruntime."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.networks.held import Held
from arllie_deploy.networks.network import Network
from arllie_deploy.networks.network_file import STAGE_NAME, TILE_NAME, load_graphs
from arllie_deploy.runtimes.base import OpenedModel
from arllie_deploy.runtimes.network_graph import Aligned, open_graph, weights_of
from arllie_deploy.runtimes.padded import Padded

Float32 = NDArray[np.float32]


class HeldNetwork:
    """What takes a frame's means, and what then makes its tiles.

    Args:
        network: that has a held form.
        facts: of that form.
        threads: of onnxruntime.

    Raises:
        ArllieError: if the file is damaged or lacks one of the graphs.
    """

    def __init__(self, network: Network, facts: Held, threads: int) -> None:
        self.network, self.facts = network, facts
        names = [TILE_NAME, *(STAGE_NAME.format(index) for index in range(len(facts.stages)))]
        graphs, self._weights = load_graphs(network, names)
        self._threads = threads
        sessions = [open_graph(graph, weights_of(graph, self._weights), threads, network.weights) for graph in graphs]
        self._tile: Any = sessions[0]
        self._stages: list[Any] = sessions[1:]

    def stage(self, index: int, given: Float32, mean: Float32 | None) -> Float32:
        """A map.

        Args:
            index: of the stage.
            given: (1, channels, height, width), a part of the frame or of the map before; sides are multiples of the
                stage's stride.
            mean: (1, channels, 1, 1) of the whole map before; None for the first stage.
        """
        taken = {"input": given} if mean is None else {"input": given, "mean": mean}
        found: Float32 = self._stages[index].run(None, taken)[0]
        return found

    def tiles(self, values: Float32) -> OpenedModel:
        """What makes the tiles of a frame that is held by (1, facts.size, 1, 1) values."""
        inner = Aligned(self._tile, self._threads, {"values": values})
        return Padded(inner, self.network.alignment, self.network.minimum, scale=self.network.scale)
