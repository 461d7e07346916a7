"""LiteRT (TensorFlow Lite) on the CPU: opens an exported .tflite of one fixed size, in floats or integers."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.errors import ArllieError
from arllie_deploy.frames import FRAME_DTYPES
from arllie_deploy.runtimes.artifact import check_metadata
from arllie_deploy.runtimes.base import Layout, OpenedModel, Runtime, Source
from arllie_deploy.runtimes.layout import to_integers, to_tensor
from arllie_deploy.runtimes.strips import StripModel, parse_strips

_METADATA_NAME = "arllie"
# int8 frames of this reading are uint8 frames with the top bit flipped.
_BYTE_SCALE, _BYTE_ZERO_POINT = 1 / 255, -128


@dataclass(frozen=True)
class _Tensor:
    """An input or output: its index, its type and, for integers, how they are read."""

    index: int
    dtype: np.dtype[Any]
    scale: float
    zero_point: int

    @property
    def is_bytes(self) -> bool:
        close = abs(self.scale - _BYTE_SCALE) < 1e-9
        return self.dtype == np.int8 and close and self.zero_point == _BYTE_ZERO_POINT

    def from_real(self, values: NDArray[np.float32]) -> NDArray[Any]:
        if self.dtype == np.float32:
            return values
        limits = np.iinfo(self.dtype)
        # In place where it can be: a frame of floats is large.
        integers = values / np.float32(self.scale)
        integers = np.rint(integers, out=integers)
        integers += self.zero_point
        clipped: NDArray[Any] = integers.clip(limits.min, limits.max).astype(self.dtype)
        return clipped

    def to_real(self, values: NDArray[Any]) -> NDArray[np.float32]:
        if self.dtype == np.float32:
            return values
        return (values.astype(np.float32) - np.float32(self.zero_point)) * np.float32(self.scale)


class _Opened:
    layout: Layout = "NHWC"
    frame_dtypes = frozenset(FRAME_DTYPES)

    def __init__(self, path: Path, threads: int | None) -> None:
        from ai_edge_litert.interpreter import Interpreter

        self.threads = threads or len(os.sched_getaffinity(0))
        metadata = check_metadata(read_metadata(path), path, layout="NHWC")
        try:
            self._interpreter = Interpreter(str(path), num_threads=self.threads)
            self._interpreter.allocate_tensors()
        except (ValueError, RuntimeError) as error:
            raise ArllieError(f"{path}: LiteRT cannot open it ({str(error).splitlines()[0]})") from None
        self._input = _tensor(self._interpreter.get_input_details()[0])
        self._output = _tensor(self._interpreter.get_output_details()[0])
        _, height, width, _ = self._interpreter.get_input_details()[0]["shape"]
        self.size = (int(height), int(width))
        self.strip = metadata.get("strip")
        # XNNPACK, LiteRT's default on a CPU, has no kernels for 16-bit activations.
        self.executed_by = "LiteRT's own kernels" if metadata["precision"] == "int16x8" else "LiteRT with XNNPACK"

    def infer(self, tensor: NDArray[np.float32]) -> NDArray[np.float32]:
        return self._output.to_real(self._invoke(self._input.from_real(tensor)))

    def run(self, frame: NDArray[Any]) -> NDArray[Any]:
        if frame.shape[:2] != self.size:
            raise ArllieError(f"the artifact holds {self.size[1]}x{self.size[0]}, the frame is {_size(frame)}")
        if frame.dtype == np.uint8 and self._input.is_bytes and self._output.is_bytes:
            result = self._invoke((frame ^ np.uint8(0x80)).view(np.int8)[None])
            flipped: NDArray[Any] = result[0].view(np.uint8) ^ np.uint8(0x80)
            return flipped
        return to_integers(self.infer(to_tensor(frame, self.layout)), self.layout, frame.dtype)

    def _invoke(self, values: NDArray[Any]) -> NDArray[Any]:
        self._interpreter.set_tensor(self._input.index, values)
        self._interpreter.invoke()
        result: NDArray[Any] = self._interpreter.get_tensor(self._output.index)
        return result


def read_metadata(path: Path) -> str | None:
    """The text of the buffer that the metadata entry `arllie` names, None if there is none.

    Raises:
        ArllieError: if the file is not a TFLite flatbuffer.
    """
    from ai_edge_litert import schema_py_generated as schema

    data = path.read_bytes()
    if data[4:8] != b"TFL3":
        raise ArllieError(f"{path}: not a TFLite file")
    try:
        model = schema.ModelT.InitFromPackedBuf(data, 0)
    except Exception as error:  # a damaged offset ends in whichever error the generated reader happens to meet
        raise ArllieError(f"{path}: a damaged TFLite file ({type(error).__name__})") from None
    for entry in model.metadata or []:
        if entry.name.decode() == _METADATA_NAME:
            return bytes(model.buffers[entry.buffer].data).decode()
    return None


def _tensor(details: dict[str, Any]) -> _Tensor:
    scale, zero_point = details["quantization"]
    return _Tensor(details["index"], np.dtype(details["dtype"]), float(scale), int(zero_point))


def _size(frame: NDArray[Any]) -> str:
    return f"{frame.shape[1]}x{frame.shape[0]}"


def _open(source: Source, threads: int | None) -> OpenedModel:
    if not isinstance(source, Path):
        raise ArllieError("runtime litert opens .tflite files; make one with arllie-export --target tflite-cpu")
    opened = _Opened(source, threads)
    if opened.strip is None:
        return opened
    return StripModel(opened, parse_strips(opened.strip, opened.size, source))


ROW = Runtime(
    name="litert",
    distribution="ai-edge-litert",
    module="ai_edge_litert",
    extra="tflite",
    opens=".tflite",
    opens_enhancer=False,
    open=_open,
)
