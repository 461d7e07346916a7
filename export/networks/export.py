"""A network to a target of the table: made and held to the gate, then named and entered as a one-layer model's is."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from arllie_deploy.errors import ArllieError
from arllie_deploy.export.calibration import Calibration, load_frames
from arllie_deploy.export.manifest import Entry, Status
from arllie_deploy.export.networks.formats import FORMATS, NetworkFormat
from arllie_deploy.export.networks.pipeline import NetworkJob, make, verify_again
from arllie_deploy.export.pipeline import entry_of, keep
from arllie_deploy.export.targets import TARGETS, Target
from arllie_deploy.networks.network import Network

Size = tuple[int, int]


@dataclass(frozen=True)
class NetworkExport:
    """Export `model` to `target`; `size` is (width, height) of the frames, which whoever runs the artifact pads.

    Raises:
        ArllieError: if no network goes to this target, not in this precision, or not in this size.
    """

    target: Target
    model: Network
    precision: str
    size: Size
    calibration: Calibration = field(default_factory=Calibration)

    def __post_init__(self) -> None:
        if self.precision not in precisions_of(self.target):
            has = ", ".join(precisions_of(self.target))
            raise ArllieError(
                f"target {self.target.name} of a network has no precision {self.precision!r}; it has {has}"
            )
        if min(self.size) < self.model.minimum:
            self.model.check_size(self.size)

    @property
    def format(self) -> NetworkFormat:
        """The row of the formats of networks."""
        return format_of(self.target)

    @property
    def color(self) -> str:
        """Order of the input's channels."""
        return self.model.color

    @property
    def file_name(self) -> str:
        """The artifact's name in the output folder."""
        return self.target.file_name(self.model.name, self.precision, self.size)


def format_of(target: Target) -> NetworkFormat:
    """What writes networks for a target.

    Raises:
        ArllieError: if nothing does.
    """
    found = FORMATS.get(target.name) or FORMATS.get(target.format)
    if found is None:
        able = ", ".join(name for name, row in TARGETS.items() if has_format(row))
        raise ArllieError(
            f"target {target.name} carries one-layer models only: its kernel is one 3×3 convolution; "
            f"a network goes to {able}"
        )
    return found


def has_format(target: Target) -> bool:
    """Whether anything writes networks for a target."""
    return target.name in FORMATS or target.format in FORMATS


def precisions_of(target: Target) -> tuple[str, ...]:
    """The precisions of a target that networks have, the default first; raises as `format_of`."""
    able = format_of(target).precisions
    return tuple(precision for precision in target.precisions if precision in able)


def export_network(
    job: NetworkExport, out: Path, *, timeout_s: float, force: bool, floats: Path | None = None
) -> Entry:
    """Run a job; the entry says what came of it.

    Args:
        job: what to make.
        out: the folder.
        timeout_s: for writing, and for verifying.
        force: replace files that have other bytes.
        floats: as `make` takes it.

    Raises:
        ArllieError: if a file of one of its names with other bytes is there and `force` is false.
    """
    reason = job.format.why_unavailable() or job.target.problem()
    if reason is not None:
        return entry_of(job, Status.UNAVAILABLE, reason=reason)
    with tempfile.TemporaryDirectory(prefix=".arllie-export-", dir=out) as scratch:
        made = Path(scratch).resolve() / job.file_name
        outcome = make(_network_job(job), made, timeout_s=timeout_s, floats=floats)
        if outcome.written is None or outcome.verdict is None:
            return entry_of(job, Status.FAILED, reason=outcome.reason, log=outcome.log)
        return keep(job, made, out, outcome.written, outcome.verdict, force=force)


def recheck_network(job: NetworkExport, path: Path, *, timeout_s: float, floats: Path | None = None) -> dict[str, Any]:
    """Hold an artifact in a folder to the gate again: the verdict.

    Args:
        job: what it was made by.
        path: the main file.
        timeout_s: for it.
        floats: as `make` takes it.

    Raises:
        ChildError: if it cannot be run.
    """
    return verify_again(_network_job(job), path, timeout_s=timeout_s, floats=floats)


def _network_job(job: NetworkExport) -> NetworkJob:
    return NetworkJob(
        network=job.model,
        format=job.format,
        target=job.target.name,
        precision=job.precision,
        size=job.size,
        pictures=load_frames(job.calibration.folder),
        accelerator=job.target.accelerator,
        delegate=job.target.delegate,
        percentile=job.calibration.percentile_for(job.precision),
    )
