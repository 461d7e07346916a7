"""onnxruntime's sessions of the graphs in a network's file, which hold no weights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.errors import ArllieError
from arllie_deploy.frames import FRAME_DTYPES
from arllie_deploy.networks.network import Network
from arllie_deploy.networks.network_file import load_graphs
from arllie_deploy.runtimes.base import Layout
from arllie_deploy.runtimes.layout import to_integers, to_tensor


class Aligned:
    """An opened model for sides that are multiples of the alignment.

    Args:
        session: of a graph with the input `input`.
        threads: of the session.
        beside: its other inputs, the same for every frame.
    """

    layout: Layout = "NCHW"
    frame_dtypes = frozenset(FRAME_DTYPES)
    size = None
    executed_by = "onnxruntime on the CPU"

    def __init__(
        self, session: Any, threads: int, beside: Mapping[str, NDArray[np.float32]] = MappingProxyType({})
    ) -> None:
        self._session, self.threads, self._beside = session, threads, dict(beside)

    def infer(self, tensor: NDArray[np.float32]) -> NDArray[np.float32]:
        """See `OpenedModel`; the sides of the result are those of the tensor times the network's scale."""
        result: NDArray[np.float32] = self._session.run(None, {"input": tensor, **self._beside})[0]
        return result

    def run(self, frame: NDArray[Any]) -> NDArray[Any]:
        """See `OpenedModel`."""
        return to_integers(self.infer(to_tensor(frame, self.layout)), self.layout, frame.dtype)


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
    # Beyond "extended" it pads channels to the width of its vectors: narrow networks took up to half as long again and
    # twice the memory, the widest of ours a third more; that one alone was faster (12 %).
    level = onnxruntime.GraphOptimizationLevel
    options.graph_optimization_level = level.ORT_ENABLE_EXTENDED if optimized else level.ORT_DISABLE_ALL
    values = [onnxruntime.OrtValue.ortvalue_from_numpy(array) for array in weights.values()]
    options.add_external_initializers(list(weights), values)
    try:
        return onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime raises a different class per failure, all direct children of Exception
        reason = str(error).splitlines()[0]
        raise ArllieError(f"{path}: its weights do not fit its graph, or one is damaged ({reason})") from None


def open_graphs(network: Network, names: Sequence[str], threads: int) -> dict[str, Any]:
    """Sessions of graphs in a network's file, by their names.

    Raises:
        ArllieError: if the file is damaged or lacks one of them.
    """
    graphs, weights = load_graphs(network, names)
    return {
        name: open_graph(graph, weights_of(graph, weights), threads, network.weights)
        for name, graph in zip(names, graphs, strict=True)
    }


def weights_of(graph: bytes, weights: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """Those weights that a graph names; onnxruntime refuses to be given others.

    A name stands in the file as the field 8 of onnx.TensorProto: its tag, its length in one byte, its letters.
    """
    tag = bytes([8 << 3 | 2])
    return {name: array for name, array in weights.items() if tag + bytes([len(name)]) + name.encode() in graph}
