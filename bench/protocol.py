"""How rows are timed: parity first, then interleaved rounds over one worker process per engine (docs/protocol.md)."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.bench.backends.base import Entry
from arllie_deploy.bench.candidate import Candidate, Subject
from arllie_deploy.bench.contestant import Contestant, Material, Settings
from arllie_deploy.bench.demand import engine_bytes, group_bytes
from arllie_deploy.bench.floor import FloorTimes, floor_times
from arllie_deploy.bench.group import Group, split
from arllie_deploy.bench.judgement import Limit
from arllie_deploy.bench.row import Row
from arllie_deploy.bench.timed_network import OPENER, TimedModel, TimedNetwork
from arllie_deploy.enhancer_file import save
from arllie_deploy.frames import to_unit

__all__ = ["BASELINE", "FloorTimes", "Measurement", "Progress", "measure"]

# (backend, runtime, precision) of the row that the others are compared with.
BASELINE = ("cpu", "onnxruntime", "fp32")
# Called with the steps that are done and the steps in all.
Progress = Callable[[int, int], None]
# Frames of the rotation whose outputs are compared with the reference: at least so many, and more as long as they have
# no more pixels together than three of 1920×1080 (docs/protocol.md says what all of them would cost).
_LEAST_JUDGED = 3
_JUDGED_PIXELS = 3 * 1920 * 1080


@dataclass(frozen=True)
class Measurement:
    """What was measured.

    Attributes:
        rows: one per entry, in the entries' order.
        floor: the copies of all groups; None where nothing was timed.
        complete: whether all rounds were done.
        outputs: number of the row -> what its engine made of the first frame, (height, width, 3) uint8.
    """

    rows: tuple[Row, ...]
    floor: FloorTimes | None
    complete: bool
    outputs: Mapping[int, NDArray[np.uint8]] = field(default_factory=dict)


def measure(
    subject: Subject,
    entries: Sequence[Entry],
    *,
    limits: Mapping[str, Limit],
    settings: Settings,
    progress: Progress = lambda done, total: None,
    group_limit_bytes: int | None = None,
) -> Measurement:
    """Time every candidate among the entries.

    Args:
        subject: the model and the frames.
        entries: candidates to time, and rows that are decided already.
        limits: precision -> what its outputs must keep.
        settings: how long and how often.
        progress: called after every round.
        group_limit_bytes: of memory for the engines that are resident together; None is half of what is free.

    Returns:
        What was measured; also after Ctrl-C, then with `complete` false.
    """
    candidates = {number: entry for number, entry in enumerate(entries) if isinstance(entry, Candidate)}
    groups = _groups(subject, candidates, limits, settings, group_limit_bytes)
    complete = not groups
    with tempfile.TemporaryDirectory(prefix="arllie-bench-") as scratch:
        try:
            _run(subject, candidates, groups, Path(scratch), settings, progress)
            complete = True
        except KeyboardInterrupt:
            complete = False
    return _measurement(subject, entries, groups, complete)


def judged_frames(size: tuple[int, int]) -> int:
    """How many frames of `size` (width, height) are judged, where there are so many."""
    return max(_LEAST_JUDGED, _JUDGED_PIXELS // (size[0] * size[1]))


def _groups(
    subject: Subject,
    candidates: Mapping[int, Candidate],
    limits: Mapping[str, Limit],
    settings: Settings,
    limit_bytes: int | None,
) -> list[Group]:
    most_bytes = group_bytes(subject.size) if limit_bytes is None else limit_bytes
    numbers = list(candidates)
    baseline = next((number for number in numbers if _is_baseline(candidates[number])), None)
    groups: list[Group] = []
    needed = [candidates[number].resident_bytes or engine_bytes(subject.size) for number in numbers]
    for positions in split(needed, most_bytes):
        members = {
            number: Contestant(candidates[number], limits[candidates[number].precision], settings)
            for number in (numbers[position] for position in positions)
        }
        own = None
        if baseline is not None:
            own = members.get(baseline) or Contestant(candidates[baseline], limits[BASELINE[2]], settings)
        groups.append(Group(len(groups), members, own, settings))
    return groups


def _is_baseline(candidate: Candidate) -> bool:
    named = (candidate.backend, candidate.runtime, candidate.precision) == BASELINE
    return named and candidate.opener in (None, OPENER) and candidate.unjudged is None


def _run(
    subject: Subject,
    candidates: Mapping[int, Candidate],
    groups: Sequence[Group],
    scratch: Path,
    settings: Settings,
    progress: Progress,
) -> None:
    if not groups:
        return
    frames = [scratch / f"frame-{number}.npy" for number in range(len(subject.frames))]
    for path, frame in zip(frames, subject.frames, strict=True):
        np.save(path, frame)
    materials: dict[str, Material] = {}

    def material(number: int) -> Material:
        """Of an entry's model; of the subject's where the entry names none, which the baseline does not."""
        enhancer = (candidates[number].enhancer if number >= 0 else None) or subject.enhancer
        if enhancer.sha256 not in materials:
            materials[enhancer.sha256] = _prepare(enhancer, subject, frames, scratch)
        return materials[enhancer.sha256]

    loads = 0 if settings.sustained_s is None else len(candidates)
    done, total = 0, len(groups) * settings.rounds + loads

    def report() -> None:
        nonlocal done
        done += 1
        progress(done, total)

    for group in groups:
        group.run(material, scratch, report)


def _prepare(enhancer: TimedModel, subject: Subject, frames: Sequence[Path], scratch: Path) -> Material:
    folder = scratch / enhancer.sha256[:16]
    folder.mkdir()
    references = []
    for number, frame in enumerate(subject.frames[: judged_frames(subject.size)]):
        references.append(folder / f"reference-{number}.npy")
        np.save(references[-1], enhancer.reference(to_unit(frame)))
    return Material(folder, _model_file(enhancer, folder), frames, references)


def _model_file(enhancer: TimedModel, folder: Path) -> Path:
    if isinstance(enhancer, TimedNetwork):
        return enhancer.network.weights
    save(enhancer, folder / "model.safetensors")
    return folder / "model.safetensors"


def _measurement(subject: Subject, entries: Sequence[Entry], groups: Sequence[Group], complete: bool) -> Measurement:
    frame_bytes, pairs = subject.frames[0].nbytes, len(subject.frames)
    timed: dict[int, Row] = {}
    outputs: dict[int, NDArray[np.uint8]] = {}
    for group in groups:
        timed |= group.rows(frame_bytes, pairs)
        outputs |= {number: one.output for number, one in group.contestants.items() if one.output is not None}
    rows = tuple(entry if isinstance(entry, Row) else timed[number] for number, entry in enumerate(entries))
    floor = floor_times([group.floor for group in groups], frame_bytes, pairs)
    return Measurement(rows, floor, complete, outputs)
