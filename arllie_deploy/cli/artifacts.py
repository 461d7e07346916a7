"""The artifacts that `arllie-bench` times: those that OUT holds, and those that are made there first."""

import hashlib
from collections.abc import Callable
from pathlib import Path

from arllie_deploy.bench.backends import Entry
from arllie_deploy.bench.candidate import Candidate
from arllie_deploy.bench.status import Status
from arllie_deploy.enhancer import Enhancer
from arllie_deploy.errors import ArllieError
from arllie_deploy.export import manifest
from arllie_deploy.export.job import Job
from arllie_deploy.export.pipeline import export
from arllie_deploy.export.targets import TARGETS
from arllie_deploy.runtimes import RUNTIMES

_TIMEOUT_S = 300.0
_STATUSES = {
    manifest.Status.REJECTED: Status.WRONG,
    manifest.Status.FAILED: Status.FAILED,
    manifest.Status.UNAVAILABLE: Status.UNAVAILABLE,
}


def artifacts(
    backend: str, enhancer: Enhancer, size: tuple[int, int], threads: int | None, out: Path, say: Callable[[str], None]
) -> list[Entry]:
    """One candidate per target that this machine's processor executes, or the row that says why there is none.

    Args:
        backend: the word of `--backends`.
        enhancer: the model.
        size: (width, height).
        threads: for the engine; None is all cores.
        out: where artifacts are looked for and made.
        say: told the name of each artifact before it is made.
    """
    entries: list[Entry] = []
    for target in TARGETS.values():
        # What another accelerator is meant to execute says nothing about it when a processor does.
        if target.backend == backend and target.accelerator == "cpu":
            job = Job(target, enhancer, target.precisions[0], size)
            candidate = Candidate(
                backend=backend,
                runtime=target.runtime,
                target=target.name,
                precision=job.precision,
                artifact=(out / job.file_name).resolve(),
                size=f"{size[0]}x{size[1]}",
                threads=threads,
            )
            entries.append(_find_or_make(job, candidate, out, say))
    return entries


def _find_or_make(job: Job, candidate: Candidate, out: Path, say: Callable[[str], None]) -> Entry:
    engine = RUNTIMES[job.target.runtime].availability()
    if not engine.ok:
        return candidate.row(Status.UNAVAILABLE, reason=engine.reason)
    if _is_made(job, out):
        return candidate
    available = job.target.availability()
    if not available.ok:
        # Without the converter the file cannot be checked against the manifest's model; the bench compares its output.
        made = (out / job.file_name).exists()
        return candidate if made else candidate.row(Status.UNAVAILABLE, reason=_missing(job, available.reason))
    say(job.file_name)
    try:
        entry = export(job, out, timeout_s=_TIMEOUT_S, force=False)
    except ArllieError as error:
        return candidate.row(Status.FAILED, reason=str(error))
    manifest.merge_into_manifest(out, {job.file_name: entry})
    if entry["status"] == manifest.Status.OK:
        return candidate
    return candidate.row(_STATUSES[manifest.Status(entry["status"])], reason=entry["reason"])


def _is_made(job: Job, out: Path) -> bool:
    """Whether OUT holds this artifact of this very model, unchanged since it was verified."""
    path, entry = out / job.file_name, manifest.read_manifest(out).get(job.file_name)
    if entry is None or entry["status"] != manifest.Status.OK or not path.exists():
        return False
    same_bytes: bool = entry["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    return same_bytes and entry["model_sha256"] == job.model.sha256


def _missing(job: Job, reason: str | None) -> str:
    size = "" if job.target.dynamic else f" --size {job.size[0]}x{job.size[1]}"
    return f"no {job.file_name} in --out, and making it {reason}, then arllie-export --target {job.target.name}{size}"
