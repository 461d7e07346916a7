"""Qualcomm's HTP through onnxruntime-qnn, here its emulator for x86: opens an exported .onnx of one fixed size.

The emulator proves what a file computes, never how fast a device is. QNN's libraries are Qualcomm's (Qualcomm AI Stack
License, proprietary): users install them with the package onnxruntime-qnn, and nothing of them is part of this one.
"""

from __future__ import annotations

import platform
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.errors import ArllieError, UnavailableError
from arllie_deploy.frames import FRAME_DTYPES
from arllie_deploy.runtimes.artifact import check_metadata
from arllie_deploy.runtimes.base import Layout, Runtime, Source
from arllie_deploy.runtimes.layout import to_integers, to_tensor
from arllie_deploy.silence import STDOUT, silenced

PROVIDER = "QNNExecutionProvider"


class _Opened:
    layout: Layout = "NCHW"
    threads = 1
    frame_dtypes = frozenset(FRAME_DTYPES)
    executed_by = "Qualcomm HTP emulator (x86), never a device"

    def __init__(self, path: Path) -> None:
        try:
            # No htp_arch: then a model runs as on v68, the oldest and coarsest, and every generation's context opens.
            self._session = open_session(str(path), {})
        except RuntimeError as error:
            raise ArllieError(f"{path}: QNN cannot open it ({error})") from None
        check_metadata(self._session.get_modelmeta().custom_metadata_map.get("arllie"), path, layout=self.layout)
        height, width = self._session.get_inputs()[0].shape[2:]
        self.size = (int(height), int(width))

    def infer(self, tensor: NDArray[np.float32]) -> NDArray[np.float32]:
        result: NDArray[np.float32] = self._session.run(None, {"input": tensor})[0]
        return result

    def run(self, frame: NDArray[Any]) -> NDArray[Any]:
        if frame.shape[:2] != self.size:
            held, given = (f"{width}x{height}" for height, width in (self.size, frame.shape[:2]))
            raise ArllieError(f"the artifact holds {held}, the frame is {given}")
        return to_integers(self.infer(to_tensor(frame, self.layout)), self.layout, frame.dtype)


def problem() -> str | None:
    """Why there is no emulator on this kind of machine, None if there is."""
    if (platform.system(), platform.machine()) == ("Linux", "x86_64"):
        return None
    return "Qualcomm's HTP emulator runs on Linux on x86-64 only; export on such a machine"


def open_session(
    model: str | bytes, backend: Mapping[str, str], entries: Mapping[str, str] | None = None, library: str | None = None
) -> Any:
    """A session that runs on the HTP as a whole.

    Args:
        model: path or contents of an .onnx file.
        backend: options of the provider, such as `htp_arch`.
        entries: configuration entries of the session.
        library: the backend's library; None for the HTP's.

    Raises:
        RuntimeError: if the file cannot be read, or not all of it can run on the HTP; one line.
    """
    # Qualcomm's libraries print a line as they are loaded, where a command answers.
    with silenced(STDOUT):
        return _session(model, backend, entries or {}, library)


def left_to_processor(path: Path) -> list[tuple[str, str]]:
    """(kind, name) of every node of an .onnx that the HTP does not execute; empty where it executes all.

    Raises:
        RuntimeError: if the file cannot be read; one line.
    """
    with silenced(STDOUT):
        options = {"session.record_ep_graph_assignment_info": "1", "session.disable_cpu_ep_fallback": "0"}
        # Without the option the quantization of input and output is the processor's where that may compute at all.
        session = _session(str(path), {"offload_graph_io_quantization": "0"}, options, None)
        parts = session.get_provider_graph_assignment_info()
    return [(node.op_type, node.name) for part in parts if part.ep_name != PROVIDER for node in part.get_nodes()]


def _session(model: str | bytes, backend: Mapping[str, str], entries: Mapping[str, str], library: str | None) -> Any:
    import onnxruntime
    import onnxruntime_qnn

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4  # what goes wrong is in the exception
    # Without the first one a session without a backend opens all the same and computes on the processor.
    for key, value in {"session.disable_cpu_ep_fallback": "1", **entries}.items():
        options.add_session_config_entry(key, value)
    path = onnxruntime_qnn.get_qnn_htp_path() if library is None else library
    options.add_provider_for_devices([_device()], {"backend_path": path, **backend})
    try:
        return onnxruntime.InferenceSession(model, options)
    except Exception as error:  # onnxruntime raises a different class per failure, all direct children of Exception
        raise RuntimeError(str(error).splitlines()[0]) from None


def _device() -> Any:
    """The plug-in's device; a plug-in is registered once per process, and a second time is an error."""
    import onnxruntime
    import onnxruntime_qnn

    found = _registered()
    if found is None:
        onnxruntime.register_execution_provider_library(PROVIDER, onnxruntime_qnn.get_library_path())
        found = _registered()
    if found is None:
        raise UnavailableError("onnxruntime-qnn offers no device here; its emulator runs on Linux on x86-64 only")
    return found


def _registered() -> Any:
    import onnxruntime

    return next((device for device in onnxruntime.get_ep_devices() if device.ep_name == PROVIDER), None)


def _open(source: Source, threads: int | None) -> _Opened:
    if not isinstance(source, Path):
        raise ArllieError("runtime qnn opens .onnx files; make one with arllie-export --target qnn-htp")
    reason = problem()
    if reason is not None:
        raise UnavailableError(reason)
    return _Opened(source)


ROW = Runtime(
    name="qnn",
    distribution="onnxruntime-qnn",
    module="onnxruntime_qnn",
    extra="qnn",
    opens=".onnx",
    opens_enhancer=False,
    open=_open,
)
