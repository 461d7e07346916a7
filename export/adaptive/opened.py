"""Runs the files of an exported adaptive model one after the other: frame → statistics → head → frame graph."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.errors import ArllieError
from arllie_deploy.export.adaptive.artifacts import FRAME_GRAPH, FRAME_GRAPH_BYTES, HEAD, STATISTICS
from arllie_deploy.export.quantization import Affine
from arllie_deploy.runtimes.artifact import check_metadata
from arllie_deploy.runtimes.base import Layout
from arllie_deploy.runtimes.layout import from_tensor, to_integers, to_tensor
from arllie_deploy.runtimes.litert import read_metadata

# Name -> array, as one graph gives them and the next one takes them.
Values = dict[str, NDArray[Any]]


@dataclass(frozen=True, eq=False)
class Followed:
    """What an artifact makes of one frame (height, width, 3), step by step.

    Attributes:
        statistics: (23,).
        given: what the head makes of them.
        output: of the frame graph, in [0, 1], the frame's shape.
        result: uint8, from the frame to the end.
    """

    statistics: NDArray[Any]
    given: Values
    output: NDArray[Any]
    result: NDArray[np.uint8]


class _Engine(Protocol):
    layout: Layout
    executed_by: str

    def __call__(self, values: Values) -> NDArray[Any]: ...


class OpenedAdaptive:
    """An exported adaptive model that its engines have loaded; the head's and the statistics' one is onnxruntime."""

    def __init__(self, path: Path, threads: int | None) -> None:
        """Open the main file and the companions that lie beside it under the names that it knows.

        Raises:
            ArllieError: if one is missing, damaged, or not the companion of the others.
        """
        self.threads = threads or len(os.sched_getaffinity(0))
        self._statistics = _session(path_of(path, STATISTICS), self.threads)
        self._head = _session(path_of(path, HEAD), self.threads)
        self._engine: _Engine = (_LiteRT if path.suffix == ".tflite" else _Onnxruntime)(path, self.threads)
        self._bytes = None if path.suffix == ".tflite" else _Onnxruntime(path_of(path, FRAME_GRAPH_BYTES), self.threads)
        self.layout, self.executed_by = self._engine.layout, self._engine.executed_by

    def statistics(self, frame: NDArray[np.uint8]) -> NDArray[np.float32]:
        """The 23 statistics of a frame (height, width, 3)."""
        result: NDArray[np.float32] = self._statistics.run(None, {"frame": frame})[0]
        return result

    def condition(self, statistics: NDArray[np.float32]) -> Values:
        """The inputs of the frame graph beside the frame, for statistics of a frame or smoothed ones of a clip."""
        names = [value.name for value in self._head.get_outputs()]
        return dict(zip(names, self._head.run(None, {"statistics": statistics}), strict=True))

    def infer(self, tensor: NDArray[np.float32], given: Values) -> NDArray[np.float32]:
        """One frame of [0, 1] in `layout`, with a batch axis of 1, through the frame graph."""
        return self._engine({"input": tensor, **given})

    def follow(self, frame: NDArray[np.uint8]) -> Followed:
        """One frame (height, width, 3) through every step."""
        statistics = self.statistics(frame)
        given = self.condition(statistics)
        output = from_tensor(self.infer(to_tensor(frame, self.layout), given), self.layout)
        return Followed(statistics, given, output, self.run(frame))

    def run(self, frame: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """One frame (height, width, 3) through everything; without a detour through floats where a file takes bytes."""
        given = self.condition(self.statistics(frame))
        if self._bytes is not None:
            return self._bytes({"input": frame, **given})
        return to_integers(self.infer(to_tensor(frame, self.layout), given), self.layout, np.uint8)


def path_of(path: Path, role: str) -> Path:
    """The file of a role that belongs to the main file `path`; raises `ArllieError` where it is not beside it."""
    text = read_metadata(path) if path.suffix == ".tflite" else _onnx_metadata(path)
    metadata = check_metadata(text, path, layout="NHWC" if path.suffix == ".tflite" else "NCHW")
    adaptive = metadata.get("adaptive")
    if not isinstance(adaptive, dict) or adaptive.get("role") != FRAME_GRAPH:
        raise ArllieError(f"{path}: not the frame graph of an adaptive model")
    found = path.with_name(str(adaptive["files"][role]))
    if not found.is_file():
        raise ArllieError(f"{found}: the {role} that belongs to {path.name} is not there; export it again")
    return found


class _Onnxruntime:
    layout: Layout = "NCHW"
    executed_by = "onnxruntime on the CPU"

    def __init__(self, path: Path, threads: int) -> None:
        self._session = _session(path, threads)

    def __call__(self, values: Values) -> NDArray[Any]:
        result: NDArray[Any] = self._session.run(["output"], values)[0]
        return result


class _LiteRT:
    layout: Layout = "NHWC"

    def __init__(self, path: Path, threads: int) -> None:
        from ai_edge_litert.interpreter import Interpreter

        try:
            self._interpreter = Interpreter(str(path), num_threads=threads)
            self._interpreter.allocate_tensors()
        except (ValueError, RuntimeError) as error:
            raise ArllieError(f"{path}: LiteRT cannot open it ({str(error).splitlines()[0]})") from None
        self._inputs = {details["name"]: details for details in self._interpreter.get_input_details()}
        self._output = self._interpreter.get_output_details()[0]
        # XNNPACK, LiteRT's default on a CPU, has no kernels for 16-bit activations.
        wide = self._output["dtype"] == np.int16
        self.executed_by = "LiteRT's own kernels" if wide else "LiteRT with XNNPACK"

    def __call__(self, values: Values) -> NDArray[Any]:
        for name, details in self._inputs.items():
            self._interpreter.set_tensor(details["index"], _from_real(values[name], details))
        self._interpreter.invoke()
        return _to_real(self._interpreter.get_tensor(self._output["index"]), self._output)


def _from_real(values: NDArray[np.float32], details: dict[str, Any]) -> NDArray[Any]:
    scale, zero_point = details["quantization"]
    if not scale:
        return values
    return Affine(scale, zero_point, np.dtype(details["dtype"]).name).quantize(values)


def _to_real(values: NDArray[Any], details: dict[str, Any]) -> NDArray[np.float32]:
    scale, zero_point = details["quantization"]
    if not scale:
        return values
    return (values.astype(np.float32) - np.float32(zero_point)) * np.float32(scale)


def _onnx_metadata(path: Path) -> str | None:
    text: str | None = _session(path, 1).get_modelmeta().custom_metadata_map.get("arllie")
    return text


def _session(path: Path, threads: int) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.log_severity_level = threads, 3
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime raises a different class per failure, all direct children of Exception
        raise ArllieError(f"{path}: onnxruntime cannot open it ({str(error).splitlines()[0]})") from None
