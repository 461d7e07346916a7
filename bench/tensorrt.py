"""onnxruntime's TensorRT provider: opens an artifact of `onnx-cuda`, and computes all of it there or nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.errors import ArllieError, UnavailableError
from arllie_deploy.runtimes.base import Layout, Runtime, Source
from arllie_deploy.runtimes.layout import to_integers, to_tensor

PROVIDER = "TensorrtExecutionProvider"


class _Opened:
    layout: Layout = "NCHW"
    threads = 1
    frame_dtypes = frozenset([np.dtype(np.uint8)])
    size = None
    executed_by = "onnxruntime on TensorRT"

    def __init__(self, path: Path) -> None:
        import onnxruntime

        if PROVIDER not in onnxruntime.get_available_providers():
            raise UnavailableError(f"onnxruntime offers no {PROVIDER} here: pip install onnxruntime-gpu tensorrt")
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        # Without it what TensorRT cannot take would run on the processor, and the session would not say so.
        options.add_session_config_entry("session.disable_cpu_ep_fallback", "1")
        try:
            self._session = onnxruntime.InferenceSession(str(path), options, providers=[PROVIDER])
        except Exception as error:  # onnxruntime raises a different class per failure
            raise ArllieError(f"{path.name}: TensorRT cannot open it ({str(error).splitlines()[0]})") from None

    def infer(self, tensor: NDArray[np.float32]) -> NDArray[np.float32]:
        result: NDArray[np.float32] = self._session.run(None, {"input": tensor})[0]
        return result

    def run(self, frame: NDArray[Any]) -> NDArray[Any]:
        return to_integers(self.infer(to_tensor(frame, self.layout)), self.layout, frame.dtype)


def _open(source: Source, threads: int | None) -> _Opened:
    if not isinstance(source, Path):
        raise ArllieError("TensorRT opens .onnx files; make one with arllie-export --target onnx-cuda")
    return _Opened(source)


ROW = Runtime(
    name="onnxruntime-tensorrt",
    distribution="onnxruntime",
    module="onnxruntime",
    extra=None,
    opens=".onnx",
    opens_enhancer=False,
    open=_open,
)
