"""Networks of many layers through onnxruntime: graph and weights of a network's file; neither torch nor onnx."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.errors import ArllieError
from arllie_deploy.frames import FRAME_DTYPES
from arllie_deploy.networks.network import Network
from arllie_deploy.networks.network_file import load, load_graph
from arllie_deploy.runtimes.base import Layout, Runtime, Source
from arllie_deploy.runtimes.layout import from_tensor, to_integers, to_tensor
from arllie_deploy.runtimes.padded import Padded


@runtime_checkable
class Surrounded(Protocol):
    """An opened model that looks further than a neighboring pixel."""

    @property
    def network(self) -> Network:
        """What it needs around a tile, and what a pixel costs."""
        ...


class _Aligned:
    """The session, for sides that are multiples of the alignment."""

    layout: Layout = "NCHW"
    frame_dtypes = frozenset(FRAME_DTYPES)
    size = None
    executed_by = "onnxruntime on the CPU"

    def __init__(self, network: Network, threads: int | None, *, optimized: bool) -> None:
        graph, self._weights = load_graph(network)
        self.threads = threads or len(os.sched_getaffinity(0))
        self._session = open_graph(graph, self._weights, self.threads, network.weights, optimized=optimized)

    def infer(self, tensor: NDArray[np.float32]) -> NDArray[np.float32]:
        result: NDArray[np.float32] = self._session.run(None, {"input": tensor})[0]
        return result

    def run(self, frame: NDArray[Any]) -> NDArray[Any]:
        return to_integers(self.infer(to_tensor(frame, self.layout)), self.layout, frame.dtype)


class OpenedNetwork(Padded):
    """A network for frames of any size.

    Args:
        network: RGB in and out, of one size.
        threads: of onnxruntime; None means all cores.
        optimized: whether onnxruntime may rewrite the graph; the network's own reference is computed without.

    Raises:
        ArllieError: if it is no such network, or its file is damaged.
    """

    def __init__(self, network: Network, threads: int | None, *, optimized: bool = True) -> None:
        kind = (network.color, network.output_color, network.scale)
        if kind != ("RGB", "RGB", 1):
            raise ArllieError(f"{network.name} makes {kind[1]} of {kind[0]}, {kind[2]} times the sides: no RGB frames")
        super().__init__(_Aligned(network, threads, optimized=optimized), network.alignment, network.minimum)
        self.network = network


class NetworkReference:
    """What a network defines, for judging: onnxruntime's plain operators one after the other, nothing fused.

    The file's graph was held to the float64 module when it was packaged (`export/networks/package.py`).

    Args:
        network: RGB in and out, of one size.
        threads: of onnxruntime; None means all cores.
    """

    def __init__(self, network: Network, threads: int | None) -> None:
        self._opened = OpenedNetwork(network, threads, optimized=False)

    def reference(self, y: NDArray[np.float64]) -> NDArray[np.float64]:
        """A frame (height, width, 3) in [0, 1] as the same, not rounded to integers."""
        return from_tensor(self._opened.infer(to_tensor(y, self._opened.layout)), self._opened.layout).astype(
            np.float64
        )


def open_graph(
    graph: bytes, weights: dict[str, NDArray[Any]], threads: int, path: Path, *, optimized: bool = True
) -> Any:
    """A session of a graph without weights, which are given to it.

    Args:
        graph: ONNX; the weights' data are marked external.
        weights: name -> float32; onnxruntime reads them where they are: they must live as long as the session.
        threads: of onnxruntime.
        path: for the message.
        optimized: whether onnxruntime may rewrite the graph.

    Raises:
        ArllieError: if the graph cannot be read, or the weights are of another network or width.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 4  # what goes wrong is in the exception
    # Its arena grows by powers of two and keeps what it has: gigabytes at 1080p.
    options.enable_cpu_mem_arena = False
    level = onnxruntime.GraphOptimizationLevel
    options.graph_optimization_level = level.ORT_ENABLE_ALL if optimized else level.ORT_DISABLE_ALL
    values = [onnxruntime.OrtValue.ortvalue_from_numpy(array) for array in weights.values()]
    options.add_external_initializers(list(weights), values)
    try:
        return onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime raises a different class per failure, all direct children of Exception
        reason = str(error).splitlines()[0]
        raise ArllieError(f"{path}: its weights do not fit its graph, or one is damaged ({reason})") from None


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
