"""onnxruntime on the CPU or on CUDA: opens an exported .onnx, or an Enhancer through the packaged graph templates."""

from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.enhancer import Enhancer
from arllie_deploy.epilogues.operators import scalar_name
from arllie_deploy.errors import ArllieError
from arllie_deploy.frames import FRAME_DTYPES
from arllie_deploy.runtimes.artifact import check_metadata
from arllie_deploy.runtimes.base import Layout, OpenedModel, Runtime, Source
from arllie_deploy.runtimes.layout import to_integers, to_tensor
from arllie_deploy.runtimes.padded import padded_by_metadata

_CPU, _CUDA = "CPUExecutionProvider", "CUDAExecutionProvider"
_PROVIDERS = [_CPU]


class _Template:
    """An Enhancer in the packaged graphs: one for tensors and one per integer type, the weights among the inputs."""

    layout: Layout = "NCHW"
    frame_dtypes = frozenset(FRAME_DTYPES)
    size = None

    def __init__(self, enhancer: Enhancer, threads: int | None) -> None:
        row = enhancer.row
        sign = np.float32(-1.0 if row.negate_convolution else 1.0)
        self.executed_by = "onnxruntime on the CPU"
        self.threads: int = _session_options(threads).intra_op_num_threads
        self._epilogue = row.name
        self._weights = {
            "kernel": np.ascontiguousarray(sign * enhancer.kernel),
            "bias": np.ascontiguousarray(sign * enhancer.bias),
            **{
                scalar_name(operator, role): np.array(value, np.float32)
                for operator in row.operators(enhancer.constants)
                for role, value in operator.scalars.items()
            },
        }

    def infer(self, tensor: NDArray[np.float32]) -> NDArray[np.float32]:
        result: NDArray[np.float32] = self._run("float32", tensor)
        return result

    def run(self, frame: NDArray[Any]) -> NDArray[Any]:
        result: NDArray[Any] = self._run(frame.dtype.name, frame)
        return result

    def _run(self, dtype: str, values: NDArray[Any]) -> Any:
        session = _template_session(f"{self._epilogue}-{dtype}.onnx", self.threads)
        return session.run(None, {"input": values, **self._weights})[0]


@cache
def _template_session(name: str, threads: int) -> Any:
    """One session for all models of a form, so that an adaptive model opens nothing anew for a frame.

    onnxruntime convolves faster with a kernel that it is given than with a constant one, which makes it choose a
    blocked layout that three channels only lose by (docs/adr/0002-graph-templates.md).
    """
    import onnxruntime

    template = files(__package__) / "templates" / name
    return onnxruntime.InferenceSession(template.read_bytes(), _session_options(threads), providers=_PROVIDERS)


class _Artifact:
    """An exported file: float32 tensors in and out, dynamic or fixed size."""

    layout: Layout = "NCHW"
    frame_dtypes = frozenset(FRAME_DTYPES)

    def __init__(self, path: Path, threads: int | None) -> None:
        options = _session_options(threads)
        self.threads: int = options.intra_op_num_threads
        self._session = _session(path, options, _PROVIDERS)
        text = self._session.get_modelmeta().custom_metadata_map.get("arllie")
        self.metadata = check_metadata(text, path, layout="NCHW")
        self.executed_by = "onnxruntime on the CPU"
        if self.metadata["form"] == "network":
            # Of many channels: the blocked layout pays. The arena would grow by powers of two, to gigabytes at 1080p.
            options.graph_optimization_level = _most_optimized()
            options.enable_cpu_mem_arena = False
            self._session = _session(path, options, _PROVIDERS)
        if str(self.metadata["target"]).endswith("-cuda"):
            self._move_to_cuda(path, options)
        height, width = self._session.get_inputs()[0].shape[2:]
        self.size = (height, width) if isinstance(height, int) else None

    def _move_to_cuda(self, path: Path, options: Any) -> None:
        """An artifact made for CUDA runs there if it can, wholly; else it stays on the CPU and says why."""
        import onnxruntime

        if _CUDA not in onnxruntime.get_available_providers():
            self.executed_by = f"onnxruntime on the CPU: it offers no {_CUDA} here"
            return
        options.add_session_config_entry("session.disable_cpu_ep_fallback", "1")
        try:
            # TF32 would round every product to 10 bits.
            self._session = _session(path, options, [(_CUDA, {"use_tf32": "0"})])
            self.executed_by = "onnxruntime on CUDA"
        except ArllieError as error:
            self.executed_by = f"onnxruntime on the CPU: {error}"

    def infer(self, tensor: NDArray[np.float32]) -> NDArray[np.float32]:
        result: NDArray[np.float32] = self._session.run(None, {"input": tensor})[0]
        return result

    def run(self, frame: NDArray[Any]) -> NDArray[Any]:
        return to_integers(self.infer(to_tensor(frame, self.layout)), self.layout, frame.dtype)


def _session(path: Path, options: Any, providers: Sequence[Any]) -> Any:
    import onnxruntime

    try:
        return onnxruntime.InferenceSession(str(path), options, providers=providers)
    except Exception as error:  # onnxruntime raises a different class per failure, all direct children of Exception
        raise ArllieError(f"{path}: onnxruntime cannot open it ({str(error).splitlines()[0]})") from None


def _session_options(threads: int | None) -> Any:
    import os

    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads or len(os.sched_getaffinity(0))
    options.log_severity_level = 3
    # The level above moves convolutions to a blocked layout, by which three channels only lose: 0.7 of its time.
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
    return options


def _most_optimized() -> Any:
    import onnxruntime

    return onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL


def _open(source: Source, threads: int | None) -> OpenedModel:
    if not isinstance(source, Path):
        return _Template(source, threads)
    opened = _Artifact(source, threads)
    return padded_by_metadata(opened, opened.metadata)


ROW = Runtime(
    name="onnxruntime",
    distribution="onnxruntime",
    module="onnxruntime",
    extra=None,
    opens=".onnx",
    opens_enhancer=True,
    open=_open,
)
