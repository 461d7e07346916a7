"""An NVIDIA GPU of this machine, through onnxruntime's CUDA provider."""

import shutil
from collections.abc import Sequence
from pathlib import Path

from arllie_deploy.bench.backends.base import Backend, Entry
from arllie_deploy.bench.candidate import Candidate, Subject
from arllie_deploy.bench.status import Status

_DRIVER = Path("/proc/driver/nvidia/version")
_PROVIDER = "CUDAExecutionProvider"


def _entries(subject: Subject, artifacts: Sequence[Entry]) -> list[Entry]:
    row = Candidate(backend="cuda", runtime="onnxruntime", size=subject.size_text)
    return [row.row(Status.UNAVAILABLE, reason=cuda_problem(_has_device(), _providers())), *artifacts]


def cuda_problem(device: bool, providers: Sequence[str]) -> str:
    """Why nothing is timed on CUDA, given whether there is a device and what onnxruntime offers."""
    if not device:
        return "no NVIDIA device here: neither its driver nor nvidia-smi is present; run this on a machine with one"
    if _PROVIDER not in providers:
        return f"onnxruntime offers no {_PROVIDER} here: pip install onnxruntime-gpu in place of onnxruntime"
    return "there is a CUDA device, but this version does not time on it yet"


def _has_device() -> bool:
    return _DRIVER.exists() or shutil.which("nvidia-smi") is not None


def _providers() -> Sequence[str]:
    import onnxruntime

    providers: Sequence[str] = onnxruntime.get_available_providers()
    return providers


ROW = Backend("cuda", "an NVIDIA GPU of this machine", _entries)
