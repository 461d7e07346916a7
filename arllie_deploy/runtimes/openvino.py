"""OpenVINO on the CPU: opens an exported .xml with the .bin beside it, any size; sums in 32-bit floats or integers."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.errors import ArllieError
from arllie_deploy.frames import FRAME_DTYPES
from arllie_deploy.runtimes.artifact import check_metadata
from arllie_deploy.runtimes.base import Layout, OpenedModel, Runtime, Source
from arllie_deploy.runtimes.layout import to_integers, to_tensor
from arllie_deploy.runtimes.padded import padded_by_metadata

METADATA_KEY = "arllie"
_TELEMETRY = "openvino_telemetry"


def import_openvino() -> Any:
    """Import OpenVINO without its telemetry.

    `import openvino` alone reports itself to Google Analytics, through the package openvino-telemetry that its wheel
    depends on, unless the user has opted out. Where that package cannot be imported, OpenVINO uses a stub of its own.
    """
    telemetry = sys.modules.get(_TELEMETRY)
    sys.modules[_TELEMETRY] = None  # type: ignore[assignment]  # None is how Python itself marks what cannot be imported
    try:
        import openvino
    finally:
        del sys.modules[_TELEMETRY]
        if telemetry is not None:
            sys.modules[_TELEMETRY] = telemetry
    return openvino


class _Opened:
    layout: Layout = "NCHW"
    frame_dtypes = frozenset(FRAME_DTYPES)

    def __init__(self, path: Path, threads: int | None) -> None:
        _check_is_ir(path)
        self.threads = threads or len(os.sched_getaffinity(0))
        core = import_openvino().Core()
        # Without the hint OpenVINO computes in bfloat16 wherever the processor can: errors of 2e-3.
        options = {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": self.threads}
        try:
            model = core.read_model(path)
            self.metadata = check_metadata(_metadata(model), path, layout=self.layout)
            compiled = core.compile_model(model, "CPU", options)
        except RuntimeError as error:
            raise ArllieError(f"{path}: OpenVINO cannot open it ({_reason(error)})") from None
        height, width = list(model.input(0).partial_shape)[2:]
        self.size = None if height.is_dynamic else (height.get_length(), width.get_length())
        self.executed_by = f"OpenVINO CPU, {_convolution_kernel(compiled)}"
        self._request = compiled.create_infer_request()

    def infer(self, tensor: NDArray[np.float32]) -> NDArray[np.float32]:
        result: NDArray[np.float32] = self._request.infer({0: tensor}, share_inputs=True)[0]
        return result

    def run(self, frame: NDArray[Any]) -> NDArray[Any]:
        return to_integers(self.infer(to_tensor(frame, self.layout)), self.layout, frame.dtype)


def _check_is_ir(path: Path) -> None:
    """Refuse what is not a whole IR file: OpenVINO would try its readers of six other formats on it, and log each."""
    try:
        root = ElementTree.parse(path).getroot().tag
    except (OSError, ElementTree.ParseError) as error:
        raise ArllieError(f"{path}: not a whole OpenVINO .xml file ({error})") from None
    if root != "net":
        raise ArllieError(f"{path}: not an OpenVINO .xml file")


def _metadata(model: Any) -> str | None:
    return model.get_rt_info([METADATA_KEY]).astype(str) if model.has_rt_info([METADATA_KEY]) else None


def _convolution_kernel(compiled: Any) -> str:
    """The kernel that the plug-in chose, its name ending in what it computes in: `brgconv_avx512_f32`, `..._I8`."""
    for operator in compiled.get_runtime_model().get_ordered_ops():
        facts = operator.get_rt_info()
        if facts["layerType"].astype(str) == "Convolution":
            return str(facts["primitiveType"].astype(str))
    return "no convolution"


def _reason(error: RuntimeError) -> str:
    """The last line of OpenVINO's message: those before it name its own source files."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1] if lines else "no reason given"


def _open(source: Source, threads: int | None) -> OpenedModel:
    if not isinstance(source, Path):
        raise ArllieError("runtime openvino opens .xml files; make one with arllie-export --target openvino")
    opened = _Opened(source, threads)
    return padded_by_metadata(opened, opened.metadata)


ROW = Runtime(
    name="openvino",
    distribution="openvino",
    module="openvino",
    extra="openvino",
    opens=".xml",
    opens_enhancer=False,
    open=_open,
)
