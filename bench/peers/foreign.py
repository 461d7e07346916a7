"""Files that nobody exported here, behind the protocol of the runtimes: they hold no metadata of ours.

A frame's range of [0, 1] is assumed. Where a file takes and gives floats, bytes are converted in NumPy, as they are for
the exported artifacts of this package; the result is limited to [0, 1] first, since nothing says that the file does so.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.bench.peers.interface import Interface, Port, image_interface
from arllie_deploy.errors import ArllieError
from arllie_deploy.runtimes import RUNTIMES
from arllie_deploy.runtimes.base import Layout, Runtime, Source
from arllie_deploy.runtimes.encoding import encoding_of
from arllie_deploy.runtimes.layout import to_integers, to_tensor

_LONGEST_REASON = 200
_ONNX_TYPES = {"tensor(float)": "float32", "tensor(uint8)": "uint8", "tensor(int8)": "int8"}


@dataclass(frozen=True, eq=False)
class Foreign:
    """An opened file.

    Attributes:
        interface: what it takes and gives.
        invoke: the engine, from numbers in the interface's encoding to numbers in the interface's encoding.
        threads: the engine was told to use.
        executed_by: for people.
    """

    interface: Interface
    invoke: Callable[[NDArray[Any]], NDArray[Any]]
    threads: int
    executed_by: str
    frame_dtypes: frozenset[np.dtype[Any]] = frozenset([np.dtype(np.uint8)])

    @property
    def layout(self) -> Layout:
        """Order of the axes."""
        return self.interface.layout

    @property
    def size(self) -> tuple[int, int] | None:
        """(height, width) where both are fixed."""
        height, width = self.interface.size
        return None if height is None or width is None else (height, width)

    def infer(self, tensor: NDArray[np.float32]) -> NDArray[np.float32]:
        """One frame of [0, 1] in `layout`; the result is what the file gives, within [0, 1] or not."""
        return self.interface.output.to_real(self.invoke(self.interface.input.from_real(tensor)))

    def run(self, frame: NDArray[Any]) -> NDArray[Any]:
        """One frame (height, width, 3) of bytes; bytes go in and come out unconverted where the file takes them."""
        source, result = self.interface.input, self.interface.output
        if source.is_bytes and result.is_bytes:
            planes = np.moveaxis(frame, 2, 0) if self.layout == "NCHW" else frame
            enhanced = result.to_bytes(self.invoke(source.from_bytes(np.ascontiguousarray(planes[None]))))[0]
            return np.ascontiguousarray(np.moveaxis(enhanced, 0, 2) if self.layout == "NCHW" else enhanced)
        tensor = self.infer(to_tensor(frame, self.layout))
        return to_integers(np.clip(tensor, 0, 1), self.layout, np.uint8)


def open_onnx(path: Path, threads: int | None, *, level: str) -> Foreign:
    """Open an .onnx file at one of onnxruntime's levels of optimization.

    Raises:
        ArllieError: if onnxruntime cannot open it or it is not image to image.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads or len(os.sched_getaffinity(0))
    options.log_severity_level = 4
    options.graph_optimization_level = getattr(onnxruntime.GraphOptimizationLevel, level)
    try:
        session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime raises a different class per failure, all direct children of Exception
        raise ArllieError(f"{path}: onnxruntime cannot open it ({_reason(error)})") from None
    inputs, outputs = (
        [_onnx_port(path, each) for each in side] for side in (session.get_inputs(), session.get_outputs())
    )
    interface = image_interface(path, inputs, outputs, prefer="NCHW")
    name = session.get_inputs()[0].name
    return Foreign(
        interface,
        lambda values: session.run(None, {name: values})[0],
        options.intra_op_num_threads,
        f"onnxruntime on the CPU, {level}",
    )


def open_tflite(path: Path, threads: int | None) -> Foreign:
    """Open a .tflite file; one with open axes is fitted to the frames that come.

    Raises:
        ArllieError: if LiteRT cannot open it or it is not image to image.
    """
    from ai_edge_litert.interpreter import Interpreter

    count = threads or len(os.sched_getaffinity(0))
    try:
        interpreter = Interpreter(str(path), num_threads=count)
        interpreter.allocate_tensors()
    except (ValueError, RuntimeError) as error:
        raise ArllieError(f"{path}: LiteRT cannot open it ({_reason(error)})") from None
    sides = (interpreter.get_input_details(), interpreter.get_output_details())
    inputs, outputs = ([_tflite_port(path, each) for each in side] for side in sides)
    interface = image_interface(path, inputs, outputs, prefer="NHWC")
    source, result = (side[0]["index"] for side in sides)

    def invoke(values: NDArray[Any]) -> NDArray[Any]:
        if tuple(interpreter.get_input_details()[0]["shape"]) != values.shape:
            interpreter.resize_tensor_input(source, values.shape)
            interpreter.allocate_tensors()
        interpreter.set_tensor(source, values)
        interpreter.invoke()
        numbers: NDArray[Any] = interpreter.get_tensor(result)
        return numbers

    return Foreign(interface, invoke, count, "LiteRT on the CPU")


def _onnx_port(path: Path, value: Any) -> Port:
    kind = _ONNX_TYPES.get(value.type, value.type)
    shape = tuple(length if isinstance(length, int) else None for length in value.shape)
    return _port(path, shape, kind, 0.0, 0)


def _tflite_port(path: Path, details: dict[str, Any]) -> Port:
    shape = tuple(int(length) if length >= 0 else None for length in details["shape_signature"])
    scale, zero_point = details["quantization"]
    return _port(path, shape, np.dtype(details["dtype"]).name, float(scale), int(zero_point))


def _port(path: Path, shape: tuple[int | None, ...], dtype: str, scale: float, zero_point: int) -> Port:
    try:
        return Port(shape, encoding_of(dtype, scale, zero_point))
    except ArllieError as error:
        raise ArllieError(f"{path}: has {error}") from None


def _reason(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0][:_LONGEST_REASON] if lines else type(error).__name__


def _row(name: str, opened: Callable[[Path, int | None], Foreign]) -> Runtime:
    engine = RUNTIMES[name]

    def open_(source: Source, threads: int | None) -> Foreign:
        assert isinstance(source, Path)
        return opened(source, threads)

    return Runtime(name, engine.distribution, engine.module, engine.extra, engine.opens, False, open_)


# The second level is onnxruntime's default. It moves convolutions to a blocked layout, with which a network of three to
# six channels takes twice as long: each network is timed at the level that is faster for it.
ONNX = _row("onnxruntime", lambda path, threads: open_onnx(path, threads, level="ORT_ENABLE_EXTENDED"))
ONNX_BLOCKED = _row("onnxruntime", lambda path, threads: open_onnx(path, threads, level="ORT_ENABLE_ALL"))
TFLITE = _row("litert", open_tflite)
