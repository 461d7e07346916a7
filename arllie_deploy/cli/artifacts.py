"""The artifacts that `arllie-bench` times: those that OUT holds, and those that are made there first."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from arllie_deploy.bench.backends import Entry
from arllie_deploy.bench.backends.cuda import has_device
from arllie_deploy.bench.candidate import Candidate, Subject
from arllie_deploy.bench.status import Status
from arllie_deploy.bench.timed_network import TimedNetwork
from arllie_deploy.enhancer import Enhancer
from arllie_deploy.errors import ArllieError
from arllie_deploy.export import manifest
from arllie_deploy.export.job import Job
from arllie_deploy.export.networks.export import NetworkExport, export_network, has_format, precisions_of
from arllie_deploy.export.pipeline import export
from arllie_deploy.export.targets import INTEGER_PRECISIONS, TARGETS, Target
from arllie_deploy.models import find_fixed_model
from arllie_deploy.runtimes import RUNTIMES

#: What is timed unless everything is.
DEFAULT_PRECISIONS = ("fp32", "int8")
# Forms that integers carry well; a model of another is stood in for by the target's integer member.
_INTEGER_FORMS = ("plain", "direct")
_TIMEOUT_S = 300.0
# Converters of networks take minutes for a size.
_NETWORK_TIMEOUT_S = 3600.0
_STATUSES = {
    manifest.Status.REJECTED: Status.WRONG,
    manifest.Status.FAILED: Status.FAILED,
    manifest.Status.UNAVAILABLE: Status.UNAVAILABLE,
}


def artifacts(
    targets: Sequence[Target], subject: Subject, precisions: Sequence[str], out: Path, say: Callable[[str], None]
) -> list[Entry]:
    """One candidate per target, precision and number of threads, or the row that says why there is none.

    Args:
        targets: rows of the table of targets.
        subject: the model and the frames; integers may need another member of its family.
        precisions: those of each target that are wanted.
        out: where artifacts are looked for and made.
        say: told the name of each artifact before it is made.
    """
    if isinstance(subject.enhancer, TimedNetwork):
        return _of_network(targets, subject, subject.enhancer, precisions, out, say)
    entries: list[Entry] = []
    for target in targets:
        for precision in (name for name in target.precisions if name in precisions):
            enhancer = model_for(target, precision, subject.enhancer)
            job = Job(target, enhancer, precision, subject.size)
            candidate = replace(
                candidate_of(target, precision, subject),
                artifact=(out / job.file_name).resolve(),
                enhancer=None if enhancer is subject.enhancer else enhancer,
                threads=subject.threads,
            )
            entries.extend(_for_all_threads(_find_or_make(job, candidate, out, say), subject))
    return entries


def _of_network(
    targets: Sequence[Target],
    subject: Subject,
    network: TimedNetwork,
    precisions: Sequence[str],
    out: Path,
    say: Callable[[str], None],
) -> list[Entry]:
    """As `artifacts`; integers are the network's own, and a target that carries none has no row."""
    entries: list[Entry] = []
    with TemporaryDirectory(prefix="arllie-floats-") as floats:
        for target in filter(has_format, targets):
            for precision in (name for name in precisions_of(target) if name in precisions):
                job = NetworkExport(target, network.network, precision, subject.size)
                candidate = replace(
                    candidate_of(target, precision, subject),
                    artifact=(out / job.file_name).resolve(),
                    resident_bytes=network.resident_bytes(subject.size),
                    threads=subject.threads,
                )
                made = _find_or_make(job, candidate, out, say, Path(floats))
                entries.extend(_for_all_threads(made, subject))
    return entries


def _for_all_threads(entry: Entry, subject: Subject) -> list[Entry]:
    if not isinstance(entry, Candidate):
        return [entry]
    return [entry, *(replace(entry, threads=threads) for threads in subject.more_threads)]


def candidate_of(target: Target, precision: str, subject: Subject) -> Candidate:
    """What is timed for a target, without an artifact and with all cores."""
    return Candidate(
        backend=target.backend,
        runtime=target.runtime,
        target=target.name,
        accelerator=target.accelerator,
        precision=precision,
        size=subject.size_text,
    )


def targets_here(backend: str) -> list[Target]:
    """The targets of a backend whose artifacts say something on this machine.

    What another accelerator is meant to execute says nothing about it when a processor does; what a compiler estimates
    and what an emulator executes does. For a GPU that is not there nothing is made.
    """
    if backend == "cuda" and not has_device():
        return []
    of_backend = [target for target in TARGETS.values() if target.backend == backend]
    if backend in ("cpu", "cuda"):
        return [target for target in of_backend if target.accelerator == backend]
    return [target for target in of_backend if target.emulated]


def model_for(target: Target, precision: str, enhancer: Enhancer) -> Enhancer:
    """The model itself; in integers the target's default member where the model's form does not carry them."""
    if precision not in INTEGER_PRECISIONS or enhancer.epilogue in _INTEGER_FORMS:
        return enhancer
    return find_fixed_model(target.integer_model)


def _find_or_make(
    job: Job | NetworkExport, candidate: Candidate, out: Path, say: Callable[[str], None], floats: Path | None = None
) -> Entry:
    """`floats` is where jobs share what is made of a network in float."""
    engine = RUNTIMES[job.target.runtime].availability()
    if not engine.ok:
        return candidate.row(Status.UNAVAILABLE, reason=engine.reason)
    if _is_made(job, out):
        return replace(candidate, manifest=manifest.read_manifest(out)[job.file_name])
    available = job.target.availability()
    if not available.ok:
        # Without the converter the file cannot be checked against the manifest's model; the bench compares its output.
        made = (out / job.file_name).exists()
        return candidate if made else candidate.row(Status.UNAVAILABLE, reason=_missing(job, available.reason))
    say(job.file_name)
    try:
        entry = _export(job, out, floats)
        manifest.merge_into_manifest(out, {job.file_name: entry})
    except ArllieError as error:
        return candidate.row(Status.FAILED, reason=str(error))
    if entry["status"] == manifest.Status.OK:
        return replace(candidate, manifest=entry)
    return candidate.row(_STATUSES[manifest.Status(entry["status"])], reason=entry["reason"])


def _export(job: Job | NetworkExport, out: Path, floats: Path | None) -> manifest.Entry:
    if isinstance(job, Job):
        return export(job, out, timeout_s=_TIMEOUT_S, force=False)
    return export_network(job, out, timeout_s=_NETWORK_TIMEOUT_S, force=False, floats=floats)


def _is_made(job: Job | NetworkExport, out: Path) -> bool:
    """Whether OUT holds this artifact of this very model, unchanged since it was verified."""
    path, entry = out / job.file_name, manifest.read_manifest(out).get(job.file_name)
    if entry is None or entry["status"] != manifest.Status.OK or not path.exists():
        return False
    same_bytes: bool = entry["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    return same_bytes and entry["model_sha256"] == job.model.sha256


def _missing(job: Job | NetworkExport, reason: str | None) -> str:
    size = "" if job.target.dynamic else f" --size {job.size[0]}x{job.size[1]}"
    return f"no {job.file_name} in --out, and making it {reason}, then arllie-export --target {job.target.name}{size}"
