"""An NVIDIA GPU of this machine: our kernel, onnxruntime's providers, torch eager, compiled and as a graph."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

from arllie_deploy.bench.backends.base import Backend, Entry
from arllie_deploy.bench.candidate import Candidate, Subject
from arllie_deploy.bench.status import Status
from arllie_deploy.bench.timed_network import TimedNetwork

_DRIVER = Path("/proc/driver/nvidia/version")
_TARGET = "onnx-cuda"
# Runtime, the provider it needs, and what opens it where that is not the artifact's own runtime.
_PROVIDERS = (
    ("onnxruntime", "cuda", "CUDAExecutionProvider", None),
    ("onnxruntime-tensorrt", "tensorrt", "TensorrtExecutionProvider", "arllie_deploy.bench.tensorrt:ROW"),
)
_TORCH = (
    ("torch", "arllie_deploy.runtimes.torch_cuda:EAGER"),
    ("torch-compiled", "arllie_deploy.runtimes.torch_cuda:COMPILED"),
    ("torch-graph", "arllie_deploy.runtimes.torch_cuda:GRAPH"),
)


def _entries(subject: Subject, artifacts: Sequence[Entry]) -> list[Entry]:
    device = has_device()
    if isinstance(subject.enhancer, TimedNetwork):
        return list(_of_onnxruntime(subject, artifacts, device))
    return [_of_native(subject, device), *_of_onnxruntime(subject, artifacts, device), *_of_torch(subject, device)]


def _of_native(subject: Subject, device: bool) -> Entry:
    candidate = Candidate(
        backend="cuda",
        runtime="native-cuda",
        opener="arllie_deploy.runtimes.native_cuda:ROW",
        accelerator="cuda",
        precision="int8x16",
        size=subject.size_text,
    )
    return candidate if device else candidate.row(Status.UNAVAILABLE, reason=_NO_DEVICE)


def _of_onnxruntime(subject: Subject, artifacts: Sequence[Entry], device: bool) -> Iterator[Entry]:
    for runtime, accelerator, provider, opener in _PROVIDERS:
        problem = onnxruntime_problem(device, _offered(), provider)
        candidate = Candidate(
            backend="cuda", runtime=runtime, target=_TARGET, accelerator=accelerator, size=subject.size_text
        )
        if problem is not None:
            yield candidate.row(Status.UNAVAILABLE, reason=problem)
            continue
        for entry in artifacts:
            if isinstance(entry, Candidate):
                yield replace(entry, runtime=runtime, accelerator=accelerator, opener=opener)
            else:
                yield replace(entry, runtime=runtime, requested_accelerator=accelerator)


def _of_torch(subject: Subject, device: bool) -> Iterator[Entry]:
    problem = torch_problem(device, find_spec("torch") is not None)
    for runtime, opener in _TORCH:
        candidate = Candidate(
            backend="cuda", runtime=runtime, opener=opener, accelerator="cuda", size=subject.size_text
        )
        yield candidate if problem is None else candidate.row(Status.UNAVAILABLE, reason=problem)


def onnxruntime_problem(device: bool, offered: Sequence[str], provider: str) -> str | None:
    """Why a provider of onnxruntime times nothing; None if it can be tried.

    Args:
        device: whether there is an NVIDIA device.
        offered: the providers of the onnxruntime that is installed.
        provider: that is needed.
    """
    if not device:
        return _NO_DEVICE
    if provider not in offered:
        return f"onnxruntime offers no {provider} here: pip install onnxruntime-gpu in place of onnxruntime"
    return None


def torch_problem(device: bool, installed: bool) -> str | None:
    """Why torch times nothing on a GPU; None if it can be tried: whether it was built for one, its worker finds out."""
    if not device:
        return _NO_DEVICE
    return None if installed else 'torch is not installed: pip install "arllie-deploy[train]"'


_NO_DEVICE = "no NVIDIA device here: neither its driver nor nvidia-smi is present; run this on a machine with one"


def has_device() -> bool:
    """Whether a driver or its program is present; neither is started."""
    return _DRIVER.exists() or shutil.which("nvidia-smi") is not None


def _offered() -> Sequence[str]:
    import onnxruntime

    providers: Sequence[str] = onnxruntime.get_available_providers()
    return providers


ROW = Backend("cuda", "an NVIDIA GPU of this machine", _entries)
