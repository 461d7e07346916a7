"""How rows are timed: parity first, then interleaved rounds over one worker process per engine (docs/protocol.md)."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from arllie_deploy.bench.backends.base import Entry
from arllie_deploy.bench.candidate import Candidate, Subject
from arllie_deploy.bench.contestant import Contestant, Floor, Material, Settings
from arllie_deploy.bench.row import Row
from arllie_deploy.bench.statistics import Timing
from arllie_deploy.bench.status import Status
from arllie_deploy.bench.worker_process import WorkerProcess
from arllie_deploy.enhancer_file import save
from arllie_deploy.frames import to_unit

# (backend, runtime, precision) of the row that the others are compared with.
BASELINE = ("cpu", "onnxruntime", "fp32")
# Called with the rounds that are done and the rounds in all.
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class FloorTimes:
    """The physical floor under every row: copying one uint8 frame.

    Attributes:
        copy_hot_ms: between the same two buffers again and again.
        copy_cold_ms: between `pairs` pairs of buffers in rotation.
        frame_bytes: of one frame.
        pairs: of buffers; together they hold 2 · pairs · frame_bytes.
    """

    copy_hot_ms: Timing
    copy_cold_ms: Timing
    frame_bytes: int
    pairs: int


@dataclass(frozen=True)
class Measurement:
    """A row per entry in the entries' order, the copy floor if it was timed, and whether all rounds were done."""

    rows: tuple[Row, ...]
    floor: FloorTimes | None
    complete: bool


def measure(
    subject: Subject,
    entries: Sequence[Entry],
    *,
    limits: Mapping[str, float],
    settings: Settings,
    progress: Progress = lambda done, total: None,
) -> Measurement:
    """Time every candidate among the entries.

    Args:
        subject: the model and the frames.
        entries: candidates to time, and rows that are decided already.
        limits: precision -> largest absolute difference from the reference.
        settings: how long and how often.
        progress: called after every round.

    Returns:
        What was measured; also after Ctrl-C, then with `complete` false.
    """
    contestants = {
        number: Contestant(entry, limits[entry.precision], settings)
        for number, entry in enumerate(entries)
        if isinstance(entry, Candidate)
    }
    floor, complete = Floor(settings), not contestants
    with tempfile.TemporaryDirectory(prefix="arllie-bench-") as scratch, ExitStack() as workers:
        try:
            if contestants:
                _run(subject, list(contestants.values()), floor, Path(scratch), workers, settings.rounds, progress)
            complete = True
        except KeyboardInterrupt:
            complete = False
    return _measurement(subject, entries, contestants, floor, complete)


def _run(
    subject: Subject,
    contestants: Sequence[Contestant],
    floor: Floor,
    scratch: Path,
    workers: ExitStack,
    rounds: int,
    progress: Progress,
) -> None:
    material = _prepare(subject, scratch)
    for number, contestant in enumerate(contestants):
        contestant.enter(workers.enter_context(WorkerProcess(scratch, f"worker-{number}")), material)
    floor.enter(workers.enter_context(WorkerProcess(scratch, "floor")), material)
    for number in range(rounds):
        floor.take_turn()
        for contestant in contestants:
            contestant.take_turn(number)
        progress(number + 1, rounds)


def _prepare(subject: Subject, scratch: Path) -> Material:
    model = scratch / "model.safetensors"
    save(subject.enhancer, model)
    frames = [scratch / f"frame-{number}.npy" for number in range(len(subject.frames))]
    for path, frame in zip(frames, subject.frames, strict=True):
        np.save(path, frame)
    return Material(scratch, model, frames, subject.enhancer.reference(to_unit(subject.frames[0])))


def _measurement(
    subject: Subject, entries: Sequence[Entry], contestants: Mapping[int, Contestant], floor: Floor, complete: bool
) -> Measurement:
    times = floor.summary()
    copies = None if times is None else FloorTimes(*times, subject.frames[0].nbytes, len(subject.frames))

    def ratios(end_to_end: Timing) -> dict[str, float | None]:
        if copies is None:
            return {}
        return {
            "x_copy_hot": _ratio(end_to_end, copies.copy_hot_ms),
            "x_copy_cold": _ratio(end_to_end, copies.copy_cold_ms),
        }

    rows = [
        contestants[number].row(ratios) if isinstance(entry, Candidate) else entry
        for number, entry in enumerate(entries)
    ]
    return Measurement(_with_baseline(rows), copies, complete)


def _with_baseline(rows: Sequence[Row]) -> tuple[Row, ...]:
    """The rows with `x_ort_fp32`, where the first onnxruntime fp32 row was measured."""
    of_baseline = (row for row in rows if (row.backend, row.runtime, row.precision) == BASELINE)
    baseline = next((row.end_to_end_ms for row in of_baseline if row.status is Status.MEASURED), None)
    if baseline is None:
        return tuple(rows)
    return tuple(
        replace(row, x_ort_fp32=_ratio(row.end_to_end_ms, baseline)) if row.end_to_end_ms else row for row in rows
    )


def _ratio(time: Timing, unit: Timing) -> float | None:
    return time.p50 / unit.p50 if unit.p50 > 0 else None
