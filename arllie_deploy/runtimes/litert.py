"""LiteRT (TensorFlow Lite) on the CPU through XNNPACK: opens an exported .tflite of one fixed size."""

import os
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.errors import ArllieError
from arllie_deploy.frames import FRAME_DTYPES
from arllie_deploy.runtimes.artifact import check_metadata
from arllie_deploy.runtimes.base import Layout, Runtime, Source
from arllie_deploy.runtimes.layout import to_integers, to_tensor

_METADATA_NAME = "arllie"


class _Opened:
    layout: Layout = "NHWC"
    frame_dtypes = frozenset(FRAME_DTYPES)

    def __init__(self, path: Path, threads: int | None) -> None:
        from ai_edge_litert.interpreter import Interpreter

        self.threads = threads or len(os.sched_getaffinity(0))
        check_metadata(read_metadata(path), path, layout="NHWC")
        try:
            self._interpreter = Interpreter(str(path), num_threads=self.threads)
            self._interpreter.allocate_tensors()
        except (ValueError, RuntimeError) as error:
            raise ArllieError(f"{path}: LiteRT cannot open it ({str(error).splitlines()[0]})") from None
        self._input: int = self._interpreter.get_input_details()[0]["index"]
        self._output: int = self._interpreter.get_output_details()[0]["index"]
        _, height, width, _ = self._interpreter.get_input_details()[0]["shape"]
        self.size = (int(height), int(width))

    def infer(self, tensor: NDArray[np.float32]) -> NDArray[np.float32]:
        self._interpreter.set_tensor(self._input, tensor)
        self._interpreter.invoke()
        result: NDArray[np.float32] = self._interpreter.get_tensor(self._output)
        return result

    def run(self, frame: NDArray[Any]) -> NDArray[Any]:
        if frame.shape[:2] != self.size:
            raise ArllieError(f"the artifact holds {self.size[1]}x{self.size[0]}, the frame is {_size(frame)}")
        return to_integers(self.infer(to_tensor(frame, self.layout)), self.layout, frame.dtype)


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


def _size(frame: NDArray[Any]) -> str:
    return f"{frame.shape[1]}x{frame.shape[0]}"


def _open(source: Source, threads: int | None) -> _Opened:
    if not isinstance(source, Path):
        raise ArllieError("runtime litert opens .tflite files; make one with arllie-export --target tflite-cpu")
    return _Opened(source, threads)


ROW = Runtime(
    name="litert",
    distribution="ai-edge-litert",
    module="ai_edge_litert",
    extra="tflite",
    opens=".tflite",
    opens_enhancer=False,
    open=_open,
)
