"""The physical floor under every row: copying one uint8 frame."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from arllie_deploy.bench.contestant import Material, Settings
from arllie_deploy.bench.statistics import Timing, summarize
from arllie_deploy.bench.worker_process import WorkerError, WorkerProcess

COPY_HOT, COPY_COLD = "copy_hot", "copy_cold"


@dataclass(frozen=True)
class FloorTimes:
    """How long a copy of one uint8 frame takes.

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


class Floor:
    """The copies of one group, timed in its rounds by a worker that holds no engine.

    If that worker fails there is no floor, and the rows have no ratios to it.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._times: dict[str, list[float]] = {COPY_HOT: [], COPY_COLD: []}
        self._failed = False

    @property
    def times(self) -> Mapping[str, Sequence[float]]:
        """Kind of copy -> ms; empty where there is no floor."""
        return {} if self._failed else self._times

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

    def _ask(self, do: str, **arguments: Any) -> dict[str, Any]:
        if self._failed:
            return {}
        try:
            return self._worker.ask(do, self._settings.timeout_s, **arguments)
        except WorkerError:
            self._failed = True
            return {}


def floor_times(floors: Sequence[Floor], frame_bytes: int, pairs: int) -> FloorTimes | None:
    """The copies of one or several groups together; None where there are none."""
    series = {what: [ms for floor in floors for ms in floor.times.get(what, ())] for what in (COPY_HOT, COPY_COLD)}
    if not all(series.values()):
        return None
    return FloorTimes(summarize(series[COPY_HOT]), summarize(series[COPY_COLD]), frame_bytes, pairs)
