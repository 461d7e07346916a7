"""A signal processor: our HVX kernel in an emulator, and the Hexagon delegate of a phone."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from arllie_deploy.bench.accelerators import HEXAGON_EMULATOR
from arllie_deploy.bench.backends.base import Backend, Entry
from arllie_deploy.bench.candidate import Candidate, Subject
from arllie_deploy.bench.native import hexagon
from arllie_deploy.bench.phones import phone_problem
from arllie_deploy.bench.status import Status
from arllie_deploy.bench.timed_network import TimedNetwork
from arllie_deploy.native.hexagon import missing_tools


def _entries(subject: Subject, artifacts: Sequence[Entry]) -> list[Entry]:
    row = Candidate(backend="dsp", runtime="litert", accelerator="hexagon", precision="int8", size=subject.size_text)
    reason = f"the Hexagon delegate runs on a Snapdragon phone, and {phone_problem()}"
    # Our kernel is one layer; a network has the delegate alone.
    native = [] if isinstance(subject.enhancer, TimedNetwork) else [_of_native(subject)]
    return [*native, row.row(Status.UNAVAILABLE, reason=reason), *_emulated(subject, artifacts)]


def _of_native(subject: Subject) -> Entry:
    candidate = Candidate(
        backend="dsp",
        runtime=hexagon.NAME,
        opener=f"{hexagon.__name__}:ROW",
        accelerator=HEXAGON_EMULATOR,
        precision="int8x16",
        size=subject.size_text,
    )
    missing = missing_tools()
    return candidate if missing is None else candidate.row(Status.UNAVAILABLE, reason=missing)


def _emulated(subject: Subject, artifacts: Sequence[Entry]) -> Iterator[Entry]:
    """An artifact is executed by the emulator too, once, because that has no choice of threads."""
    for artifact in artifacts:
        if not isinstance(artifact, Candidate):
            yield artifact
        elif artifact.threads == subject.threads:
            yield replace(artifact, accelerator=HEXAGON_EMULATOR, threads=None)


ROW = Backend("dsp", "a signal processor: our HVX kernel emulated, Hexagon of a phone", _entries)
