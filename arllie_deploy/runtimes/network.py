"""Networks of many layers through onnxruntime: graph and weights of a network's file; neither torch nor onnx."""

from __future__ import annotations

import os
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.errors import ArllieError
from arllie_deploy.networks.network import Network
from arllie_deploy.networks.network_file import load, load_graph
from arllie_deploy.runtimes.base import OpenedModel, Runtime, Source
from arllie_deploy.runtimes.held import HeldNetwork, open_held
from arllie_deploy.runtimes.layout import from_tensor, to_tensor
from arllie_deploy.runtimes.mapped import MappedNetwork, open_mapped
from arllie_deploy.runtimes.network_colors import colors_of, refuse_other_frames
from arllie_deploy.runtimes.network_graph import Aligned, open_graph
from arllie_deploy.runtimes.padded import Padded
from arllie_deploy.runtimes.passes import Passes


class OpenedPlanes(Padded):
    """A network for tensors of any size: what it makes of them, whatever they are.

    Args:
        network: of any kind.
        threads: of onnxruntime; None means all cores.
        optimized: whether onnxruntime may rewrite the graph; the network's own reference is computed without.
        passes: see `Passes`; none: all channels go through at once.

    Raises:
        ArllieError: if its file is damaged.
    """

    def __init__(
        self,
        network: Network,
        threads: int | None,
        *,
        optimized: bool = True,
        passes: tuple[slice, ...] = (),
    ) -> None:
        graph, weights = load_graph(network)
        count = threads or len(os.sched_getaffinity(0))
        session = open_graph(graph, weights, count, network.weights, optimized=optimized)
        inner: OpenedModel = Aligned(session, count)
        inner = Passes(inner, passes) if passes else inner
        super().__init__(inner, network.alignment, network.minimum, scale=network.scale)
        self.network = network

    @cached_property
    def held(self) -> HeldNetwork | None:
        """For frames that are too large to go through at once; None where the network has no held form."""
        return open_held(self.network, self.threads)

    @cached_property
    def mapped(self) -> MappedNetwork | None:
        """The same of a mapped form."""
        return open_mapped(self.network, self.threads)


class OpenedNetwork(OpenedPlanes):
    """A network for frames of any size, which have the channels that its colors say.

    Args:
        network: that makes pictures of pictures.
        threads: of onnxruntime; None means all cores.
        optimized: whether onnxruntime may rewrite the graph; the network's own reference is computed without.

    Raises:
        ArllieError: if it is no such network, or its file is damaged.
    """

    def __init__(self, network: Network, threads: int | None, *, optimized: bool = True) -> None:
        self.colors = colors_of(network)
        super().__init__(network, threads, optimized=optimized, passes=self.colors.passes)


class NetworkReference:
    """What a network defines, for judging: onnxruntime's plain operators one after the other, nothing fused.

    The file's graph was held to the float64 module when it was packaged (`export/networks/package.py`).

    Args:
        network: that makes pictures of pictures, of the same sides and without a mask.
        threads: of onnxruntime; None means all cores.

    Raises:
        ArllieError: if it is no such network, or its file is damaged.
    """

    def __init__(self, network: Network, threads: int | None) -> None:
        refuse_other_frames(network, "comparing frames with what becomes of them")
        self._opened = OpenedNetwork(network, threads, optimized=False)

    def reference(self, y: NDArray[np.float64]) -> NDArray[np.float64]:
        """A frame (height, width, 3) in [0, 1] as the same, not rounded to integers."""
        return from_tensor(self._opened.infer(to_tensor(y, self._opened.layout)), self._opened.layout).astype(
            np.float64
        )


def _open(source: Source, threads: int | None) -> OpenedNetwork:
    if not isinstance(source, Path):
        raise ArllieError("a network is opened from its file")
    return OpenedNetwork(load(source), threads)


#: For workers of the bench, which open files.
ROW = Runtime(
    name="onnxruntime",
    distribution="onnxruntime",
    module="onnxruntime",
    extra=None,
    opens=".safetensors",
    opens_enhancer=False,
    open=_open,
)
