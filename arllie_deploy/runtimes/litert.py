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
from arllie_deploy.runtimes.encoding import ElementType, Encoding
from arllie_deploy.runtimes.layout import to_integers, to_tensor
from arllie_deploy.runtimes.padded import padded_by_metadata
from arllie_deploy.runtimes.strips import StripModel, parse_strips

_METADATA_NAME = "arllie"


@dataclass(frozen=True)
class _Tensor:
    """An input or output: its index and how its numbers are read."""

    index: int
    encoding: Encoding


class _Opened:
    layout: Layout = "NHWC"
    frame_dtypes = frozenset(FRAME_DTYPES)

    def __init__(self, path: Path, threads: int | None) -> None:
        from ai_edge_litert.interpreter import Interpreter

        self.threads = threads or len(os.sched_getaffinity(0))
        self.metadata = metadata = check_metadata(read_metadata(path), path, layout="NHWC")
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
        return self._output.encoding.to_real(self._invoke(self._input.encoding.from_real(tensor)))

    def run(self, frame: NDArray[Any]) -> NDArray[Any]:
        if frame.shape[:2] != self.size:
            raise ArllieError(f"the artifact holds {self.size[1]}x{self.size[0]}, the frame is {_size(frame)}")
        given, made = self._input.encoding, self._output.encoding
        if frame.dtype == np.uint8 and given.is_bytes and made.is_bytes:
            return made.to_bytes(self._invoke(given.from_bytes(frame)[None])[0])
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
    dtype: ElementType = np.dtype(details["dtype"]).name  # the exporter writes none but these
    return _Tensor(details["index"], Encoding(dtype, float(scale), int(zero_point)))


def _size(frame: NDArray[Any]) -> str:
    return f"{frame.shape[1]}x{frame.shape[0]}"


def _open(source: Source, threads: int | None) -> OpenedModel:
    if not isinstance(source, Path):
        raise ArllieError("runtime litert opens .tflite files; make one with arllie-export --target tflite-cpu")
    opened = _Opened(source, threads)
    if opened.strip is None:
        return padded_by_metadata(opened, opened.metadata)
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
