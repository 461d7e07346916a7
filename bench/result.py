"""The result of one run, as `bench.json` holds it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from arllie_deploy.bench.adb.phone import Phone
from arllie_deploy.bench.candidate import Subject
from arllie_deploy.bench.contestant import Settings
from arllie_deploy.bench.device_facts import DeviceFacts
from arllie_deploy.bench.machine import Machine
from arllie_deploy.bench.protocol import FloorTimes, Measurement
from arllie_deploy.bench.row import Row
from arllie_deploy.bench.timed_network import TimedModel, TimedNetwork
from arllie_deploy.runtimes import RUNTIMES

SCHEMA_VERSION = 1


@dataclass(frozen=True)
class ModelFacts:
    """Which model was run.

    Attributes:
        name: of the model.
        sha256: of what decides its output.
        epilogue: its form.
        license: of its weights.
        parameters: trained numbers; None where nobody counted.
        macs: multiply-accumulates of convolutions for one frame; None as above.
    """

    name: str
    sha256: str
    epilogue: str
    license: str
    parameters: int | None = None
    macs: int | None = None


@dataclass(frozen=True, kw_only=True)
class Result:
    """One run.

    Attributes:
        schema_version: of this structure; raised when a field changes its meaning or goes.
        run_id: the folder under OUT/runs; sorts by time.
        started: UTC, ISO 8601.
        complete: whether every round was done; false after Ctrl-C.
        command: what repeats the run.
        model: that was run.
        size: WIDTHxHEIGHT of the frames.
        settings: of the protocol.
        machine: that it ran on.
        tools: distribution -> version, of this package and of every engine that is installed.
        floor: the copy of a frame, timed in the same rounds; None where nothing was timed.
        rows: in the order of the backends asked for.
        load_average_after: of the machine in the minute before the end, the run's own load included.
        warnings: one line each about what makes the figures less sure.
        phone_before: the phone before the first row; None where none was reached or asked for.
        phone_after: after the last row; None also where it could no longer be asked.
        devices: name -> what is known of a device that rows name, where it is not this machine.
    """

    schema_version: int
    run_id: str
    started: str
    complete: bool
    command: str
    model: ModelFacts
    size: str
    settings: Settings
    machine: Machine
    tools: Mapping[str, str]
    floor: FloorTimes | None
    rows: Sequence[Row]
    load_average_after: float | None = None
    warnings: Sequence[str] = ()
    phone_before: Phone | None = None
    phone_after: Phone | None = None
    devices: Mapping[str, DeviceFacts] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """JSON values that fit `bench.schema.json`."""
        return asdict(self)


def model_facts(enhancer: TimedModel, size: tuple[int, int]) -> ModelFacts:
    """What a result says about a model for frames of `size` (width, height)."""
    if isinstance(enhancer, TimedNetwork):
        width, height = enhancer.network.aligned_size(size)
        counts = enhancer.figures.parameters, round(enhancer.figures.macs_per_pixel * width * height)
    else:
        counts = enhancer.kernel.size + enhancer.bias.size, enhancer.kernel.size * size[0] * size[1]
    return ModelFacts(enhancer.name, enhancer.sha256, enhancer.epilogue, enhancer.license, *counts)


def tool_versions() -> dict[str, str]:
    """Versions of this package and of the engines that are installed."""
    from arllie_deploy import __version__

    found = {row.distribution: row.availability().version for row in RUNTIMES.values()}
    return {"arllie-deploy": __version__, **{name: version for name, version in found.items() if version}}


def compose(
    measurement: Measurement,
    subject: Subject,
    *,
    run_id: str,
    started: str,
    command: str,
    settings: Settings,
    machine: Machine,
    warnings: Sequence[str] = (),
    phone_before: Phone | None = None,
    phone_after: Phone | None = None,
    load_average_after: float | None = None,
) -> Result:
    """Put what was measured beside what it was measured with."""
    return Result(
        schema_version=SCHEMA_VERSION,
        run_id=run_id,
        started=started,
        complete=measurement.complete,
        command=command,
        model=model_facts(subject.enhancer, subject.size),
        size=subject.size_text,
        settings=settings,
        machine=machine,
        tools=tool_versions(),
        floor=measurement.floor,
        rows=measurement.rows,
        warnings=tuple(warnings),
        phone_before=phone_before,
        phone_after=phone_after,
        load_average_after=load_average_after,
    )
