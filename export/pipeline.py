"""One target from request to manifest entry: write, verify, and only then give the file its name."""

import hashlib
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from arllie_deploy.enhancer import Enhancer
from arllie_deploy.enhancer_file import save
from arllie_deploy.errors import ArllieError
from arllie_deploy.export.child import ChildError, run_child
from arllie_deploy.export.manifest import Entry, Status
from arllie_deploy.export.parity import ODD_SIZE
from arllie_deploy.export.request import Written
from arllie_deploy.export.targets import Target

_WRITE_STEP = "arllie_deploy.export.write_step"
_VERIFY_STEP = "arllie_deploy.export.verify_step"


@dataclass(frozen=True)
class Job:
    """Export `enhancer` to `target`; `size` is (width, height)."""

    target: Target
    enhancer: Enhancer
    precision: str
    size: tuple[int, int]

    @property
    def file_name(self) -> str:
        """The artifact's name in the output folder."""
        return self.target.file_name(self.enhancer.name, self.precision, self.size)


def export(job: Job, out: Path, *, timeout_s: float, force: bool) -> Entry:
    """Run a job; the entry says what came of it.

    Raises:
        ArllieError: if a file of this name with other bytes is there and `force` is false.
    """
    available = job.target.availability()
    if not available.ok:
        return _entry(job, Status.UNAVAILABLE, reason=available.reason)
    with tempfile.TemporaryDirectory(prefix=".arllie-export-", dir=out) as scratch:
        places = _places(job, Path(scratch))
        model = Path(scratch) / "model.safetensors"
        save(job.enhancer, model)
        request = {
            "model": str(model.resolve()),
            "target": job.target.name,
            "runtime": job.target.runtime,
            "precision": job.precision,
            "files": [[str(path.resolve()), *size] for size, path in places.items()],
        }
        try:
            written = Written(**run_child(_WRITE_STEP, request, timeout_s))
        except ChildError as error:
            return _entry(job, Status.FAILED, reason=f"the converter {_failed(error)}", log=error.log)
        try:
            verdict = run_child(_VERIFY_STEP, request, timeout_s)
        except ChildError as error:
            return _entry(job, Status.FAILED, reason=f"the runtime {_failed(error)}", log=error.log)
        return _keep(job, places[job.size], out, written, verdict, force=force)


def _failed(error: ChildError) -> str:
    text = str(error)
    return text if text.startswith(("took", "crashed")) else f"failed: {text}"


def _places(job: Job, scratch: Path) -> dict[tuple[int, int], Path]:
    """Where to write what is verified: one file for all sizes where it is dynamic, else one more of an odd size."""
    artifact = scratch / job.file_name
    if job.target.dynamic:
        return {job.size: artifact, ODD_SIZE: artifact}
    return {ODD_SIZE: scratch / f"odd{job.target.suffix}", job.size: artifact}


def _keep(job: Job, made: Path, out: Path, written: Written, verdict: dict[str, Any], *, force: bool) -> Entry:
    rejected = verdict["failed"] is not None
    path = out / (f"{job.file_name}.rejected" if rejected else job.file_name)
    data = made.read_bytes()
    if not rejected and path.exists() and path.read_bytes() != data and not force:
        raise ArllieError(f"{path} exists with other bytes; pass --force to replace it")
    if not path.exists() or path.read_bytes() != data:
        made.replace(path)
    if not rejected:
        (out / f"{job.file_name}.rejected").unlink(missing_ok=True)
    return _entry(
        job,
        Status.REJECTED if rejected else Status.OK,
        reason=verdict["failed"],
        file=path.name,
        sha256=hashlib.sha256(data).hexdigest(),
        bytes=len(data),
        operators=written.operators,
        layout=written.layout,
        tools=written.tools,
        parity=verdict["parity"],
    )


def _entry(job: Job, status: Status, **facts: Any) -> Entry:
    empty = dict.fromkeys(("reason", "file", "sha256", "bytes", "operators", "layout", "tools", "parity", "log"))
    return {
        **empty,
        "target": job.target.name,
        "format": job.target.format,
        "accelerator": job.target.accelerator,
        "runtime": job.target.runtime,
        "backend": job.target.backend,
        "model": job.enhancer.name,
        "model_sha256": job.enhancer.sha256,
        "form": job.enhancer.epilogue,
        "precision": job.precision,
        "size": None if job.target.dynamic else f"{job.size[0]}x{job.size[1]}",
        "color": job.enhancer.color,
        "range": list(job.enhancer.value_range),
        "license": job.enhancer.license,
        "status": status.value,
        **facts,
    }
