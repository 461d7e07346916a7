"""How a row is timed: parity first, then interleaved rounds over one worker process per engine. See docs/protocol.md."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from arllie_deploy.bench.backends.base import Entry
from arllie_deploy.bench.candidate import Candidate, Subject
from arllie_deploy.bench.contestant import Contestant, Floor, Material, Settings
from arllie_deploy.bench.result import FloorTimes
from arllie_deploy.bench.row import Row
from arllie_deploy.bench.statistics import summarize
from arllie_deploy.bench.status import Status
from arllie_deploy.bench.worker_process import WorkerError, WorkerProcess
from arllie_deploy.enhancer_file import save
from arllie_deploy.frames import to_unit

# (rounds done, rounds in all)
Progress = Callable[[int, int], None]
BASELINE = "onnxruntime"


@dataclass(frozen=True)
class Measurement:
    """What came of a run: a row per entry in the entries' order, the copy floor, and whether all rounds were done."""

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
    if not any(isinstance(entry, Candidate) for entry in entries):
        return Measurement(tuple(entry for entry in entries if isinstance(entry, Row)), None, True)
    complete, contestants, floor = False, dict[int, Contestant](), None
    with tempfile.TemporaryDirectory(prefix="arllie-bench-") as scratch, ExitStack() as workers:
        try:
            material = prepare(subject, Path(scratch))
            for number, entry in enumerate(entries):
                if isinstance(entry, Candidate):
                    contestants[number] = Contestant(entry, limits[entry.precision], settings)
                    worker = workers.enter_context(WorkerProcess(material.folder, f"worker-{number}"))
                    contestants[number].enter(worker, material)
            floor = Floor(workers.enter_context(WorkerProcess(material.folder, "floor")), settings)
            floor.enter(material)
            _rounds(contestants, floor, settings.rounds, progress)
            complete = True
        except KeyboardInterrupt:
            pass
    return _measurement(entries, contestants, floor, complete)
