"""One engine in a run: its worker, the check of its output, its turns and the row that comes of them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.bench.candidate import Candidate
from arllie_deploy.bench.row import Row, RowParity, row_parity
from arllie_deploy.bench.statistics import Timing, summarize
from arllie_deploy.bench.status import Status
from arllie_deploy.bench.worker_process import WorkerError, WorkerProcess
from arllie_deploy.quality.parity import compare

INFER, END_TO_END = "infer", "end_to_end"
COPY_HOT, COPY_COLD = "copy_hot", "copy_cold"
# Beyond this, what the other engines left in the caches no longer shows in a call.
_SLOW_MS = 100.0
# Rounding to 8 bits moves a value by at most half a level.
_HALF_LEVEL = 0.5 / 255


@dataclass(frozen=True)
class Settings:
    """How often and how long.

    Attributes:
        rounds: in which every engine has a turn.
        calls: timed calls of each kind in a turn.
        share_s: an engine whose turns would take longer in all takes part in fewer rounds, at least `least_rounds`.
        least_rounds: see there.
        warm_up_s: at most, for each kind of call.
        timeout_s: an answer that takes longer makes the row failed.
    """

    rounds: int = 20
    calls: int = 3
    share_s: float = 3.0
    least_rounds: int = 5
    warm_up_s: float = 1.5
    timeout_s: float = 120.0


@dataclass(frozen=True, eq=False)
class Material:
    """The files of a run in a temporary folder, and what the first frame should become.

    Attributes:
        folder: the temporary folder.
        model: the model file.
        frames: the frames as .npy files.
        reference: (height, width, 3) float64, the first frame enhanced.
    """

    folder: Path
    model: Path
    frames: Sequence[Path]
    reference: NDArray[np.float64]


class Contestant:
    """A candidate on its way to a row.

    Args:
        candidate: what to run.
        limit: largest absolute difference from the reference.
        settings: of the run.
    """

    def __init__(self, candidate: Candidate, limit: float, settings: Settings) -> None:
        self._candidate, self._limit, self._settings = candidate, limit, settings
        self._facts: dict[str, Any] = {}
        self._times: dict[str, list[float]] = {INFER: [], END_TO_END: []}
        self._slow = False
        self._rounds = settings.rounds
        self._ended: Row | None = None

    def enter(self, worker: WorkerProcess, material: Material) -> None:
        """Open the engine, check its output and warm it up."""
        self._worker = worker
        self._guarded(lambda: self._prepare(material))

    def take_turn(self, number: int) -> None:
        """Time a few calls, if this engine takes part in round `number`."""
        if self._ended is None and takes_part(number, self._rounds, self._settings.rounds):
            self._guarded(self._time)

    def row(self, ratios: Callable[[Timing], dict[str, float | None]]) -> Row:
        """The row; `ratios` gives those of a median end to end."""
        if self._ended is not None:
            return self._ended
        if not all(self._times.values()):
            return self._candidate.row(Status.FAILED, reason="interrupted before it was timed")
        infer, end_to_end = summarize(self._times[INFER]), summarize(self._times[END_TO_END])
        times = {"infer_ms": infer, "end_to_end_ms": end_to_end, **ratios(end_to_end)}
        return self._candidate.row(Status.MEASURED, **self._facts, **times)

    def _prepare(self, material: Material) -> None:
        source = str(self._candidate.artifact or material.model)
        opened = self._ask("open", runtime=self._candidate.runtime, source=source, threads=self._candidate.threads)
        self._facts["threads"] = opened["threads"]
        self._check(material)
        if self._ended is None:
            self._ask("rotate", frames=[str(frame) for frame in material.frames])
            self._warm_up()

    def _check(self, material: Material) -> None:
        tensor_file, frame_file = material.folder / "tensor.npy", material.folder / "frame.npy"
        files = {"frame": str(material.frames[0]), "tensor_to": str(tensor_file), "frame_to": str(frame_file)}
        self._facts["memory_bytes"] = self._ask("check", **files)["memory_bytes"]
        parity, wrong = judge(np.load(tensor_file), np.load(frame_file), material.reference, self._limit)
        if wrong is None:
            self._facts["parity"] = parity
        else:
            facts = {"threads": self._facts["threads"], "parity": parity}
            self._ended = self._candidate.row(Status.WRONG, reason=wrong, **facts)

    def _warm_up(self) -> None:
        settings = self._settings
        calls_ms = [
            float(self._ask("warm_up", what=what, at_most_s=settings.warm_up_s)["call_ms"]) for what in self._times
        ]
        self._slow = max(calls_ms) > _SLOW_MS
        turn_s = sum(calls_ms) / 1000 * (1 if self._slow else settings.calls + 1)
        self._rounds = min(settings.rounds, max(settings.least_rounds, math.floor(settings.share_s / turn_s)))

    def _time(self) -> None:
        calls = 1 if self._slow else self._settings.calls
        turns = {what: self._ask("turn", what=what, calls=calls, warm=not self._slow)["ms"] for what in self._times}
        for what, times in turns.items():
            self._times[what].extend(times)

    def _ask(self, do: str, **arguments: Any) -> dict[str, Any]:
        return self._worker.ask(do, self._settings.timeout_s, **arguments)

    def _guarded(self, step: Callable[[], None]) -> None:
        """Run a step; what goes wrong in it ends this contestant alone, and its worker at once."""
        try:
            step()
        except WorkerError as error:
            facts = {"threads": self._facts.get("threads", self._candidate.threads)}
            self._ended = self._candidate.row(Status.FAILED, reason=str(error), **facts)
        if self._ended is not None:
            self._worker.close()


def judge(
    tensor: NDArray[Any], frame: NDArray[Any], reference: NDArray[np.float64], limit: float
) -> tuple[RowParity | None, str | None]:
    """Compare both outputs with the reference.

    Args:
        tensor: what float in, float out gave, (height, width, 3).
        frame: what uint8 in, uint8 out gave.
        reference: the float64 truth, (height, width, 3) in [0, 1].
        limit: largest absolute difference of the tensor; the frame may add half a level, which rounding costs.

    Returns:
        The parity of the tensor, and what is wrong; None if nothing is.
    """
    for what, output in (("tensor", tensor), ("frame", frame)):
        if output.shape != reference.shape:
            return None, f"its output {what} has shape {output.shape}, the reference {reference.shape}"
    if frame.dtype != np.uint8:
        return None, f"its output frame is {frame.dtype}, not uint8"
    parity = compare(tensor, reference)
    figures = row_parity(parity.to_json(), limit)
    if not parity.max_abs <= limit:
        return figures, f"its output differs from the reference by up to {parity.max_abs:.3g}, the limit is {limit:g}"
    rounded = compare(frame / 255.0, reference).max_abs
    if not rounded <= limit + _HALF_LEVEL:
        return figures, f"its uint8 frame differs from the reference by up to {rounded * 255:.3g} of 255 levels"
    return figures, None


def takes_part(number: int, wanted: int, rounds: int) -> bool:
    """Whether an engine with `wanted` of `rounds` turns, evenly spread, has one in round `number` (from 0)."""
    return (number + 1) * wanted // rounds > number * wanted // rounds


class Floor:
    """The physical floor: copying one uint8 frame, timed in the same rounds by a worker that holds no engine.

    If that worker fails there is no floor, and the rows have no ratios to it.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._times: dict[str, list[float]] = {COPY_HOT: [], COPY_COLD: []}
        self._failed = False

    def enter(self, worker: WorkerProcess, material: Material) -> None:
        """Read the frames and warm up."""
        self._worker = worker
        self._ask("rotate", frames=[str(frame) for frame in material.frames])
        for what in self._times:
            self._ask("warm_up", what=what, at_most_s=self._settings.warm_up_s)

    def take_turn(self) -> None:
        """Time a few copies of both kinds."""
        for what, times in self._times.items():
            times.extend(self._ask("turn", what=what, calls=self._settings.calls, warm=True).get("ms", ()))

    def summary(self) -> tuple[Timing, Timing] | None:
        """(hot, cold), None where there is no floor."""
        if self._failed or not all(self._times.values()):
            return None
        return summarize(self._times[COPY_HOT]), summarize(self._times[COPY_COLD])

    def _ask(self, do: str, **arguments: Any) -> dict[str, Any]:
        if self._failed:
            return {}
        try:
            return self._worker.ask(do, self._settings.timeout_s, **arguments)
        except WorkerError:
            self._failed = True
            return {}
