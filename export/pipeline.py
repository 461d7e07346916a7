"""One target from request to manifest entry: write, verify, and only then give the file its name."""

import hashlib
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from arllie_deploy.enhancer import Enhancer
from arllie_deploy.errors import ArllieError
from arllie_deploy.export.conversion import ConversionError, convert
from arllie_deploy.export.manifest import Entry, Status
from arllie_deploy.export.parity import ODD_SIZE, Verdict, verify
from arllie_deploy.export.request import Written
from arllie_deploy.export.targets import Target


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
        artifacts = _places(job, Path(scratch))
        try:
            written = convert(job.target, job.enhancer, job.precision, artifacts, timeout_s)
        except ConversionError as error:
            return _entry(job, Status.FAILED, reason=str(error), log=error.log)
        try:
            verdict = verify(job.enhancer, job.target.runtime, artifacts, job.precision)
        except ArllieError as error:
            return _entry(job, Status.FAILED, reason=f"the runtime refused the artifact: {error}")
        return _keep(job, artifacts[job.size], out, written, verdict, force=force)


def _places(job: Job, scratch: Path) -> dict[tuple[int, int], Path]:
    """Where to write what is verified: one file for all sizes where it is dynamic, else one more of an odd size."""
    artifact = scratch / job.file_name
    if job.target.dynamic:
        return {job.size: artifact, ODD_SIZE: artifact}
    return {job.size: artifact, ODD_SIZE: scratch / f"odd{job.target.suffix}"}


def _keep(job: Job, made: Path, out: Path, written: Written, verdict: Verdict, *, force: bool) -> Entry:
    rejected = verdict.failed is not None
    path = out / (f"{job.file_name}.rejected" if rejected else job.file_name)
    data = made.read_bytes()
    if not rejected and path.exists() and path.read_bytes() != data and not force:
        raise ArllieError(f"{path} exists with other bytes; pass --force to replace it")
    if not path.exists() or path.read_bytes() != data:
        made.replace(path)
    return _entry(
        job,
        Status.REJECTED if rejected else Status.OK,
        reason=verdict.failed,
        file=path.name,
        sha256=hashlib.sha256(data).hexdigest(),
        bytes=len(data),
        operators=written.operators,
        layout=written.layout,
        tools=written.tools,
        parity=verdict.to_json(),
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
