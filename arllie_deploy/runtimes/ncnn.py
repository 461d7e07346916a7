"""ncnn on the CPU, or on a GPU through Vulkan where the artifact asks for it: opens an exported .param of any size."""

import hashlib
import os
import subprocess
import sys
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.errors import ArllieError, UnavailableError
from arllie_deploy.frames import FRAME_DTYPES
from arllie_deploy.runtimes.artifact import check_metadata
from arllie_deploy.runtimes.base import Layout, OpenedModel, Runtime, Source
from arllie_deploy.runtimes.layout import to_integers, to_tensor
from arllie_deploy.runtimes.padded import padded_by_metadata

_NO_VULKAN = (
    "no Vulkan device: install your GPU's driver, or a software one: apt-get install libvulkan1 mesa-vulkan-drivers"
)
_COUNT_DEVICES = "import ncnn, sys; sys.exit(ncnn.get_gpu_count() < 1)"
# Options whose default trades accuracy for speed: half precision, bfloat16, and the sums of a Winograd transform.
_INEXACT = (
    "use_fp16_packed",
    "use_fp16_storage",
    "use_fp16_arithmetic",
    "use_bf16_packed",
    "use_bf16_storage",
    "use_winograd_convolution",
    "use_winograd23_convolution",
    "use_winograd43_convolution",
    "use_winograd63_convolution",
)
# What half precision stores in 16 bits, weights everywhere and on a GPU all values; computed in single precision.
_HALF = ("use_fp16_packed", "use_fp16_storage")


class _Opened:
    layout: Layout = "NCHW"
    frame_dtypes = frozenset(FRAME_DTYPES)
    size = None

    def __init__(self, path: Path, threads: int | None) -> None:
        self.metadata = metadata = _checked_metadata(path)
        import ncnn

        self.threads = threads or len(os.sched_getaffinity(0))
        on_gpu = metadata["accelerator"] == "vulkan"
        # ncnn destroys its GPU instance itself when the process ends; doing it earlier crashes while a net is alive.
        if on_gpu and ncnn.get_gpu_count() < 1:
            raise UnavailableError(f"{path}: {_NO_VULKAN}")
        self.executed_by = f"ncnn on Vulkan: {_device_name(ncnn)}" if on_gpu else "ncnn on the CPU"
        self._net = ncnn.Net()
        half = _HALF if metadata.get("precision") == "fp16" else ()
        for name in _INEXACT:
            setattr(self._net.opt, name, name in half)
        # Its workspaces for a network of many layers are 11 GB at 1080p.
        self._net.opt.use_sgemm_convolution = metadata.get("form") != "network"
        self._net.opt.num_threads = self.threads
        self._net.opt.use_vulkan_compute = on_gpu
        if self._net.load_param(str(path)) != 0 or self._net.load_model(str(path.with_suffix(".bin"))) != 0:
            raise ArllieError(f"{path}: ncnn cannot open it")

    def infer(self, tensor: NDArray[np.float32]) -> NDArray[np.float32]:
        import ncnn

        # A mat over an array's memory is no mat of ncnn's own: Vulkan reads its planes at the wrong places where their
        # size is not a multiple of 16 bytes, and layers that work in place crash on it. Strides are ignored.
        planes = np.ascontiguousarray(tensor[0], np.float32)
        extractor = self._net.create_extractor()
        extractor.input("in0", ncnn.Mat(planes).clone())
        status, output = extractor.extract("out0")
        if status != 0:
            size = f"{tensor.shape[3]}x{tensor.shape[2]}"
            raise ArllieError(f"ncnn failed on a frame of {size} (status {status}; -100: out of memory)")
        return np.array(output, np.float32)[None]

    def run(self, frame: NDArray[Any]) -> NDArray[Any]:
        return to_integers(self.infer(to_tensor(frame, self.layout)), self.layout, frame.dtype)


@cache
def vulkan_problem() -> str | None:
    """Why ncnn has no Vulkan device here, None if it has one or is not installed; a child process looks for it.

    A driver that crashes, or prints, does so there.
    """
    if find_spec("ncnn") is None:
        return None
    command = [sys.executable, "-P", "-c", _COUNT_DEVICES]
    try:
        finished = subprocess.run(command, capture_output=True, check=False, timeout=60)
    except subprocess.TimeoutExpired:
        return f"{_NO_VULKAN} (the installed one hangs)"
    return None if finished.returncode == 0 else _NO_VULKAN


def _device_name(ncnn: Any) -> str:
    return str(ncnn.get_gpu_info(ncnn.get_default_gpu_index()).device_name())


def _checked_metadata(path: Path) -> dict[str, Any]:
    """The side file's facts, once the .param and the .bin are known to be the ones that it was written with."""
    side = path.with_suffix(".json")
    text = side.read_text(errors="replace") if side.is_file() else None
    metadata = check_metadata(text, path, layout="NCHW")
    accelerator, hashes = metadata.get("accelerator"), metadata.get("sha256")
    if accelerator not in ("cpu", "vulkan"):
        raise ArllieError(f"{side}: accelerator is {accelerator!r}, this runtime has 'cpu' and 'vulkan'")
    for file in (path, path.with_suffix(".bin")):
        if not file.is_file():
            raise ArllieError(f"{file}: missing; keep the .param, .bin and .json of an artifact together")
        wanted = hashes.get(file.suffix) if isinstance(hashes, dict) else None
        if hashlib.sha256(file.read_bytes()).hexdigest() != wanted:
            raise ArllieError(f"{file}: not the file that {side.name} was written with; export it again")
    return metadata


def _open(source: Source, threads: int | None) -> OpenedModel:
    if not isinstance(source, Path):
        raise ArllieError("runtime ncnn opens .param files; make one with arllie-export --target ncnn-cpu")
    opened = _Opened(source, threads)
    return padded_by_metadata(opened, opened.metadata)


ROW = Runtime(
    name="ncnn",
    distribution="ncnn",
    module="ncnn",
    extra="ncnn",
    opens=".param",
    opens_enhancer=False,
    open=_open,
)
