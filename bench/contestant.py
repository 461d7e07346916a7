"""One engine in a run: its worker, the check of its output, its turns and the row that comes of them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.bench.accelerators import fallback_reason, is_emulator
from arllie_deploy.bench.candidate import Candidate
from arllie_deploy.bench.judgement import Limit, judge, unjudged_problem
from arllie_deploy.bench.proofs import emulated_reason
from arllie_deploy.bench.row import Row, RowParity
from arllie_deploy.bench.statistics import Timing, summarize
from arllie_deploy.bench.status import Status
from arllie_deploy.bench.worker_process import MissingError, WorkerError, WorkerProcess

INFER, END_TO_END = "infer", "end_to_end"
KERNEL, TRANSFER = "kernel", "transfer"
# Beyond this, what the other engines left in the caches no longer shows in a call.
_SLOW_MS = 100.0


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
        sustained_s: of a constant load on each engine after the rounds; None for none.
    """

    rounds: int = 40
    calls: int = 3
    share_s: float = 6.0
    least_rounds: int = 10
    warm_up_s: float = 1.5
    timeout_s: float = 120.0
    sustained_s: float | None = None


@dataclass(frozen=True, eq=False)
class Material:
    """The files of a run in a temporary folder.

    Attributes:
        folder: the temporary folder.
        model: the model file.
        frames: the frames as .npy files.
        references: what the first of the frames should become, (height, width, 3) float64, as .npy files.
    """

    folder: Path
    model: Path
    frames: Sequence[Path]
    references: Sequence[Path]


class Contestant:
    """A candidate on its way to a row.

    Args:
        candidate: what to run.
        limit: of its precision.
        settings: of the run.
    """

    def __init__(self, candidate: Candidate, limit: Limit, settings: Settings) -> None:
        self._candidate, self._limit, self._settings = candidate, limit, settings
        self._facts: dict[str, Any] = {}
        self._counted: dict[str, int] = {}
        self._times: dict[str, list[float]] = {INFER: [], END_TO_END: []}
        self._device_times: dict[str, list[float]] = {}
        self._peak_bytes_per_s: float | None = None
        self._pixel_bytes = 0
        self._slow = False
        self._rounds = settings.rounds
        self._ended: Row | None = None
        #: What became of the first frame, (height, width, 3) uint8; None where nothing did.
        self.output: NDArray[np.uint8] | None = None

    def enter(self, worker: WorkerProcess, material: Material) -> None:
        """Open the engine, check its output and warm it up."""
        self._worker = worker
        self._guarded(lambda: self._prepare(material))

    def take_turn(self, number: int) -> None:
        """Time a few calls, if this engine takes part in round `number`."""
        if self._ended is None and takes_part(number, self._rounds, self._settings.rounds):
            self._guarded(self._time)

    def sustain(self, seconds: float) -> None:
        """Keep the engine busy and note how its times change."""
        if self._ended is None:
            self._guarded(lambda: self._sustain(seconds))

    def end_to_end(self) -> Timing | None:
        """Uint8 frame in, uint8 frame out; None where that was not timed, or the row is no measured one."""
        times = self._times[END_TO_END]
        return summarize(times) if times and self._ended is None else None

    def row(self, ratios: Callable[[Timing], dict[str, float | None]]) -> Row:
        """The row; `ratios` gives those of a median end to end."""
        if self._ended is not None:
            return self._ended
        if not all(self._times.values()):
            return self._candidate.row(Status.FAILED, reason="interrupted before it was timed")
        infer, end_to_end = summarize(self._times[INFER]), summarize(self._times[END_TO_END])
        times = {"infer_ms": infer, "end_to_end_ms": end_to_end, **self._of_device(), **ratios(end_to_end)}
        return self._candidate.row(Status.MEASURED, **self._facts, **times)

    def _prepare(self, material: Material) -> None:
        candidate = self._candidate
        source = str(candidate.artifact or material.model)
        runtime = candidate.opener or candidate.runtime
        opened = self._ask("open", runtime=runtime, source=source, threads=candidate.threads)
        self._facts |= {"threads": opened["threads"], "executed_by": opened["executed_by"]}
        elsewhere = fallback_reason(candidate.accelerator, opened["executed_by"])
        if elsewhere is not None:
            self._ended = candidate.row(Status.FALLBACK, reason=elsewhere, **self._facts)
            return
        self._check(material)
        if self._ended is None and is_emulator(candidate.accelerator):
            facts = {**self._facts, **self._counts(), "memory_bytes": None}
            self._ended = candidate.row(Status.EMULATED, reason=emulated_reason(opened["executed_by"]), **facts)
        elif self._ended is None:
            ready = self._ask("rotate", frames=[str(frame) for frame in material.frames])
            self._device_times = {what: [] for what in ready["device_calls"]}
            self._peak_bytes_per_s, self._pixel_bytes = ready["peak_bytes_per_s"], ready["pixel_bytes"]
            self._warm_up()

    def _check(self, material: Material) -> None:
        """Every frame that has a reference; the first decides the row's parity, the worst its least PSNR."""
        judged: list[RowParity] = []
        frames = material.frames[: 1 if self._candidate.unjudged else len(material.references)]
        for number, path in enumerate(frames):
            tensor, frame = self._outputs(path, material.folder)
            if number == 0:
                self.output = frame if frame.dtype == np.uint8 else None
            if self._candidate.unjudged:
                parity, wrong = None, unjudged_problem(tensor, frame, np.load(path, mmap_mode="r").shape)
            else:
                parity, wrong = judge(tensor, frame, np.load(material.references[number]), self._limit)
            judged += [parity] if parity else []
            if wrong is not None:
                facts = {**self._facts, "memory_bytes": None, "parity": parity, "dark_psnr_db": _least_psnr(judged)}
                self._ended = self._candidate.row(Status.WRONG, reason=wrong, **facts)
                return
        if judged:
            self._facts |= {"parity": judged[0], "dark_psnr_db": _least_psnr(judged)}

    def _outputs(self, frame: Path, folder: Path) -> tuple[NDArray[Any], NDArray[Any]]:
        tensor_file, frame_file = folder / "tensor.npy", folder / "frame.npy"
        said = self._ask("check", frame=str(frame), tensor_to=str(tensor_file), frame_to=str(frame_file))
        self._facts.setdefault("memory_bytes", said["memory_bytes"])
        self._counted = self._counted or said["counts"]
        return np.load(tensor_file), np.load(frame_file)

    def _counts(self) -> dict[str, float]:
        """What an emulator executed for the first frame."""
        packets = self._counted.get("packets")
        width, height = map(int, self._candidate.size.split("x"))
        return {**self._counted, **({} if packets is None else {"packets_per_pixel": packets / (width * height)})}

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
        on_device = {what: self._ask("device_turn", what=what, calls=calls)["ms"] for what in self._device_times}
        for series, found in ((self._times, turns), (self._device_times, on_device)):
            for what, times in found.items():
                series[what].extend(times)

    def _sustain(self, seconds: float) -> None:
        timeout_s = seconds + self._settings.timeout_s
        self._facts["sustained"] = self._worker.ask("sustain", timeout_s, what=END_TO_END, seconds=seconds)["curve"]

    def _of_device(self) -> dict[str, Any]:
        """What the accelerator's own clock says, where it has one."""
        timings = {f"{what}_ms": summarize(times) for what, times in self._device_times.items() if times}
        kernel = timings.get("kernel_ms")
        if kernel is None or self._peak_bytes_per_s is None:
            return {**timings}
        width, height = map(int, self._candidate.size.split("x"))
        frame_bytes = width * height * self._pixel_bytes
        return {**timings, "bandwidth_share": bandwidth_share(frame_bytes, kernel.p50, self._peak_bytes_per_s)}

    def _ask(self, do: str, **arguments: Any) -> dict[str, Any]:
        return self._worker.ask(do, self._settings.timeout_s, **arguments)

    def _guarded(self, step: Callable[[], None]) -> None:
        """Run a step; what goes wrong in it ends this contestant alone, and its worker at once."""
        try:
            step()
        except WorkerError as error:
            status = Status.UNAVAILABLE if isinstance(error, MissingError) else Status.FAILED
            facts = {"threads": self._candidate.threads, **self._facts, "memory_bytes": None, "sustained": None}
            self._ended = self._candidate.row(status, reason=str(error), **facts)
        if self._ended is not None:
            self._worker.close()


def takes_part(number: int, wanted: int, rounds: int) -> bool:
    """Whether an engine with `wanted` of `rounds` turns, evenly spread, has one in round `number` (from 0)."""
    return (number + 1) * wanted // rounds > number * wanted // rounds


def bandwidth_share(frame_bytes: int, kernel_ms: float, peak_bytes_per_s: float) -> float | None:
    """What a frame has to move at least, over what the memory could move meanwhile; None for a time of nothing.

    Args:
        frame_bytes: that are read or written at least.
        kernel_ms: that the accelerator computed.
        peak_bytes_per_s: of its memory.
    """
    movable = peak_bytes_per_s * kernel_ms / 1000.0
    return frame_bytes / movable if movable > 0 else None


def _least_psnr(judged: Sequence[RowParity]) -> float | None:
    return min((parity.psnr_db for parity in judged if parity.psnr_db is not None), default=None)
