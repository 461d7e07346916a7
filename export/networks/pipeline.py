"""One network in one format: written and verified in processes of their own; what fails the gate is not shipped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.errors import ArllieError
from arllie_deploy.export.child import ChildError, run_child
from arllie_deploy.export.manifest import Status
from arllie_deploy.export.networks.formats import NetworkFormat
from arllie_deploy.export.networks.frames import Size, calibration_frames, integer_size, judged_size, parity_sizes
from arllie_deploy.export.request import Written
from arllie_deploy.networks.network import Network

MEMORY_BYTES = 8 * 1024**3
_STEP = "arllie_deploy.export.networks.step"


@dataclass(frozen=True)
class NetworkJob:
    """Write `network` for `target`.

    Attributes:
        network: the network.
        format: a row of `FORMATS`.
        target: the target's name.
        precision: one of the format's.
        size: (width, height) of the frames where the format or the network has one size; the caller pads them.
        pictures: (height, width, 3) uint8 that int8 is calibrated on.
        accelerator: the target's.
        delegate: whose list of operators the artifact is held to; None: nobody's.
        percentile: as in `Calibration`.
    """

    network: Network
    format: NetworkFormat
    target: str
    precision: str
    size: Size
    pictures: Sequence[NDArray[np.uint8]]
    accelerator: str = "cpu"
    delegate: str | None = None
    percentile: float = 100.0

    def __post_init__(self) -> None:
        if self.precision not in self.format.precisions:
            known = ", ".join(self.format.precisions)
            raise ArllieError(f"{self.format.name} of a network has no precision {self.precision!r}; it has {known}")
        if min(self.size) < self.network.minimum:
            self.network.check_size(self.size)
        if not self.pictures:
            raise ArllieError("calibration needs at least one picture")

    @property
    def tensor_size(self) -> Size:
        """(width, height) of the artifact's tensors: `size` as far as it is padded."""
        return self.network.aligned_size(self.size)

    @property
    def judged_sizes(self) -> tuple[Size, ...]:
        """(width, height) of the tensors that are judged on every frame, and that integers are calibrated on."""
        square, integers = parity_sizes(self.network)["square"], self.precision == "int8"
        own = (integer_size if integers else judged_size)(self.network, self.tensor_size)
        if not self.dynamic:
            return (own,)
        return tuple(dict.fromkeys((square, own))) if integers else (square,)

    @property
    def dynamic(self) -> bool:
        """Whether the artifact serves every size."""
        return self.format.dynamic and self.network.dynamic


@dataclass(frozen=True)
class Outcome:
    """What came of a job.

    Attributes:
        status: "ok", "rejected" or "failed".
        reason: why it is not "ok".
        written: what the writer says; None where it failed.
        verdict: of the gate, as the manifest has it: "failed", "parity", "executed_by", "facts"; None where it was not
            verified. Parity and engine are None where a delegate's list refused the artifact, which was not run then.
        log: the end of what a failed step printed.
        seconds: step -> how long it took.
        peak_bytes: step -> the most memory that it held.
    """

    status: Status
    reason: str | None = None
    written: Written | None = None
    verdict: dict[str, Any] | None = None
    log: str | None = None
    seconds: dict[str, float] = field(default_factory=dict)
    peak_bytes: dict[str, int] = field(default_factory=dict)


def make(
    job: NetworkJob, path: Path, *, timeout_s: float, memory_bytes: int = MEMORY_BYTES, floats: Path | None = None
) -> Outcome:
    """Write the artifact of a job to `path`, with its sidecars beside it, and hold it to the gate.

    The files are there whatever the outcome but "failed": whoever asked gives them their names, or `.rejected`.

    Args:
        job: what to write.
        path: the main file.
        timeout_s: for each of the two steps.
        memory_bytes: the most that each of them may allocate.
        floats: a folder for what is made of the network in float, shared by jobs; None: each makes it anew.

    Raises:
        UnavailableError: if a converter is missing.
    """
    job.format.require()
    seconds: dict[str, float] = {}
    peaks: dict[str, int] = {}
    with TemporaryDirectory(prefix=".arllie-network-", dir=path.parent) as scratch:
        message = _message(job, _places(job, path, Path(scratch)), Path(scratch), memory_bytes)
        message["floats"] = _place(floats)
        answers: dict[str, Any] = {}
        for step, worker in (("write", "converter"), ("verify", "runtime")):
            try:
                answer = run_child(_STEP, {**message, "do": step}, timeout_s)
            except ChildError as error:
                reason = f"the {worker} failed: {error}"
                return Outcome(Status.FAILED, reason, log=error.log, seconds=seconds, peak_bytes=peaks)
            answers[step], seconds[step], peaks[step] = answer["result"], answer["seconds"], answer["peak_bytes"]
    failed = answers["verify"]["failed"]
    status = Status.OK if failed is None else Status.REJECTED
    return Outcome(status, failed, Written(**answers["write"]), answers["verify"], seconds=seconds, peak_bytes=peaks)


def verify_again(
    job: NetworkJob, path: Path, *, timeout_s: float, memory_bytes: int = MEMORY_BYTES, floats: Path | None = None
) -> dict[str, Any]:
    """Hold an artifact that was made by `make` to the gate again; the verdict as `Outcome` has it.

    Args:
        job: what it was made by.
        path: the main file; one of one size is run at that size alone.
        timeout_s: for it.
        memory_bytes: the most that the step may allocate.
        floats: as for `make`.

    Raises:
        ChildError: if it cannot be run.
    """
    with TemporaryDirectory(prefix="arllie-network-") as scratch:
        places = _places(job, path, Path(scratch)) if job.dynamic else {job.tensor_size: path.resolve()}
        message = {**_message(job, places, Path(scratch), memory_bytes), "floats": _place(floats)}
        verdict: dict[str, Any] = run_child(_STEP, {**message, "do": "verify"}, timeout_s)["result"]
        return verdict


def _place(floats: Path | None) -> str | None:
    return None if floats is None else str(floats.resolve())


def _message(job: NetworkJob, places: Mapping[Size, Path], scratch: Path, memory_bytes: int) -> dict[str, Any]:
    calibration = scratch.resolve() / "calibration.npz"
    seen = [calibration_frames(job.network, job.pictures, size) for size in job.judged_sizes]
    np.savez(calibration, *(frame for frames in seen for frame in frames))
    return {
        "network": job.network.to_json(),
        "format": job.format.name,
        "target": job.target,
        "precision": job.precision,
        "accelerator": job.accelerator,
        "delegate": job.delegate,
        "dynamic": job.dynamic,
        "calibration": str(calibration),
        "percentile": job.percentile,
        "memory_bytes": memory_bytes,
        "size": list(job.tensor_size),
        "frame": list(job.size),
        "judged": [list(size) for size in job.judged_sizes],
        "files": [[str(file), *size] for size, file in places.items()],
    }


def _places(job: NetworkJob, path: Path, scratch: Path) -> dict[Size, Path]:
    """Size -> the file to verify there: the artifact itself at every size, or a sibling of it where it has one."""
    if job.dynamic:
        return dict.fromkeys([*parity_sizes(job.network).values(), job.tensor_size], path.resolve())
    # A converter of a large network takes minutes for a size: no more of them than the gate needs.
    [(width, height)] = job.judged_sizes
    sibling = scratch.resolve() / f"{width}x{height}{job.format.suffix}"
    return {(width, height): sibling, job.tensor_size: path.resolve()}
