"""One target from request to manifest entry: write, verify, and only then give the files their names."""

import hashlib
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from arllie_deploy.errors import ArllieError
from arllie_deploy.export.calibration import Calibration
from arllie_deploy.export.child import ChildError, run_child
from arllie_deploy.export.job import Job
from arllie_deploy.export.manifest import Entry, Status
from arllie_deploy.export.request import Written
from arllie_deploy.export.targets import INTEGER_PRECISIONS, Target
from arllie_deploy.frames import VALUE_RANGE
from arllie_deploy.stored_model import save_model

_WRITE_STEP = "arllie_deploy.export.write_step"
_VERIFY_STEP = "arllie_deploy.export.verify_step"


class Described(Protocol):
    """What the manifest says of a model."""

    @property
    def name(self) -> str:
        """Of the artifacts."""
        ...

    @property
    def sha256(self) -> str:
        """Of what decides its output."""
        ...

    @property
    def epilogue(self) -> str:
        """Its form."""
        ...

    @property
    def license(self) -> str:
        """Of its weights."""
        ...


class Exported(Protocol):
    """A job, of a one-layer model or of a network."""

    @property
    def target(self) -> Target:
        """The row of the table."""
        ...

    @property
    def model(self) -> Described:
        """What is exported."""
        ...

    @property
    def precision(self) -> str:
        """One of the target's."""
        ...

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) of the frames."""
        ...

    @property
    def color(self) -> str:
        """Order of the input's channels."""
        ...

    @property
    def calibration(self) -> Calibration:
        """What integers are made for."""
        ...

    @property
    def file_name(self) -> str:
        """The artifact's name in the output folder."""
        ...


def export(job: Job, out: Path, *, timeout_s: float, force: bool) -> Entry:
    """Run a job; the entry says what came of it.

    Raises:
        ArllieError: if a file of one of its names with other bytes is there and `force` is false.
    """
    available = job.target.availability()
    if not available.ok:
        return entry_of(job, Status.UNAVAILABLE, reason=available.reason)
    problem = job.form_problem()
    if problem is not None:
        return entry_of(job, Status.UNAVAILABLE, reason=problem)
    with tempfile.TemporaryDirectory(prefix=".arllie-export-", dir=out) as scratch:
        places = job.places(Path(scratch).resolve())
        model = Path(scratch).resolve() / "model.safetensors"
        save_model(job.model, model)
        request = _request(job, model)
        try:
            files = [[str(path), *size] for size, path in places.items()]
            written = [Written(**each) for each in run_child(_WRITE_STEP, {**request, "files": files}, timeout_s)]
        except ChildError as error:
            return entry_of(job, Status.FAILED, reason=f"the converter {_failed(error)}", log=error.log)
        proofs = {
            size: path if each.proof is None else path.with_name(each.proof)
            for (size, path), each in zip(places.items(), written, strict=True)
        }
        checks = [[str(check.path), *check.size, check.one_frame] for check in job.checks(proofs)]
        picture = Path(scratch).resolve() / "failed.png"
        try:
            verdict = run_child(_VERIFY_STEP, {**request, "checks": checks, "picture": str(picture)}, timeout_s)
        except ChildError as error:
            return entry_of(job, Status.FAILED, reason=f"the runtime {_failed(error)}", log=error.log)
        entry = keep(job, places[job.size], out, written[-1], verdict, force=force)
        _keep_picture(picture, out / f"{job.file_name}.rejected.png")
        return entry


def _request(job: Job, model: Path) -> dict[str, Any]:
    folder = job.calibration.folder
    return {
        "model": str(model),
        "target": job.target.name,
        "precision": job.precision,
        "calibration": None if folder is None else str(folder.resolve()),
        "percentile": job.calibration.percentile_for(job.precision),
    }


def _failed(error: ChildError) -> str:
    text = str(error)
    return text if text.startswith(("took", "crashed")) else f"failed: {text}"


def keep(job: Exported, made: Path, out: Path, written: Written, verdict: dict[str, Any], *, force: bool) -> Entry:
    """Give an artifact and its sidecars their names in `out`, `.rejected` where it failed the gate; its entry.

    Args:
        job: what was asked for.
        made: the main file, its sidecars beside it.
        out: the folder.
        written: what the writer says.
        verdict: `failed`, `parity`, `executed_by` and `facts` of the gate; where it failed, the engine may be None.
        force: replace files that have other bytes.

    Raises:
        ArllieError: if a file of one of its names with other bytes is there and `force` is false.
    """
    rejected = verdict["failed"] is not None
    names = [made.name, *written.sidecars]
    sources = [made.with_name(name) for name in names]
    files = [
        {"file": name, "sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
        for name, data in ((f"{path.name}.rejected" if rejected else path.name, path.read_bytes()) for path in sources)
    ]
    if not rejected and not force:
        _refuse_other_bytes(out, files)
    # The main file comes last: whoever sees it finds the others beside it.
    for source, facts in reversed(list(zip(sources, files, strict=True))):
        if not _same(out / str(facts["file"]), facts):
            source.replace(out / str(facts["file"]))
    if not rejected:
        for name in names:
            (out / f"{name}.rejected").unlink(missing_ok=True)
    return entry_of(
        job,
        Status.REJECTED if rejected else Status.OK,
        reason=verdict["failed"],
        file=files[0]["file"],
        sha256=files[0]["sha256"],
        bytes=files[0]["bytes"],
        files=files,
        proof=written.proof or files[0]["file"],
        operators=written.operators,
        layout=written.layout,
        tools=written.tools,
        parity=verdict["parity"],
        executed_by=verdict["executed_by"],
        calibration=job.calibration.to_json(job.precision) if job.precision in INTEGER_PRECISIONS else None,
        scales=written.scales,
        facts={**written.facts, **verdict["facts"]},
    )


def _keep_picture(made: Path, place: Path) -> None:
    if made.exists():
        made.replace(place)
    else:
        place.unlink(missing_ok=True)


def _refuse_other_bytes(out: Path, files: Sequence[dict[str, Any]]) -> None:
    for facts in files:
        path = out / str(facts["file"])
        if path.exists() and not _same(path, facts):
            raise ArllieError(f"{path} exists with other bytes; pass --force to replace it")


def _same(path: Path, facts: dict[str, Any]) -> bool:
    return path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == facts["sha256"]


def entry_of(job: Exported, status: Status, **facts: Any) -> Entry:
    """The manifest's entry of a job."""
    empty = dict.fromkeys(
        (
            *("reason", "file", "sha256", "bytes", "files", "proof", "operators", "layout", "tools", "parity", "log"),
            *("executed_by", "calibration", "scales", "facts"),
        )
    )
    return {
        **empty,
        "target": job.target.name,
        "format": job.target.format,
        "accelerator": job.target.accelerator,
        "runtime": job.target.runtime,
        "backend": job.target.backend,
        "model": job.model.name,
        "model_sha256": job.model.sha256,
        "form": job.model.epilogue,
        "precision": job.precision,
        "size": None if job.target.dynamic else f"{job.size[0]}x{job.size[1]}",
        "color": job.color,
        "range": list(VALUE_RANGE),
        "license": job.model.license,
        "status": status.value,
        **facts,
    }
