"""The engines that are resident together: they share rounds, a copy floor and a baseline of their own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

from arllie_deploy.bench.contestant import Contestant, Material, Settings
from arllie_deploy.bench.floor import Floor, FloorTimes, floor_times
from arllie_deploy.bench.row import Row
from arllie_deploy.bench.statistics import Timing
from arllie_deploy.bench.worker_process import WorkerProcess


class Group:
    """Some of a run's contestants.

    Args:
        number: of the group, from 0.
        contestants: number of the entry -> contestant.
        baseline: that the others are compared with, one of them or one of its own; None where there is none.
        settings: of the run.
    """

    def __init__(
        self, number: int, contestants: Mapping[int, Contestant], baseline: Contestant | None, settings: Settings
    ) -> None:
        self.number, self.contestants, self.floor = number, contestants, Floor(settings)
        self._baseline, self._settings = baseline, settings

    def run(self, material: Callable[[int], Material], scratch: Path, report: Callable[[], None]) -> None:
        """Check, warm up and time everything in the group; its workers end with it.

        Args:
            material: number of the entry -> the files of its model.
            scratch: folder of the workers.
            report: called after every round and every sustained load.
        """
        with ExitStack() as workers:

            def worker(name: str) -> WorkerProcess:
                return workers.enter_context(WorkerProcess(scratch, f"{name}-of-group-{self.number}"))

            everyone = list(self.contestants.values())
            for number, contestant in self.contestants.items():
                contestant.enter(worker(f"worker-{number}"), material(number))
            first = material(next(iter(self.contestants)))
            if self._baseline is not None and self._baseline not in everyone:
                everyone.insert(0, self._baseline)
                self._baseline.enter(worker("baseline"), material(-1))
            self.floor.enter(worker("floor"), first)
            for number in range(self._settings.rounds):
                self.floor.take_turn()
                for contestant in everyone:
                    contestant.take_turn(number)
                report()
            if self._settings.sustained_s is not None:
                for contestant in self.contestants.values():
                    contestant.sustain(self._settings.sustained_s)
                    report()

    def rows(self, frame_bytes: int, pairs: int) -> dict[int, Row]:
        """Number of the entry -> row."""
        copies = floor_times([self.floor], frame_bytes, pairs)
        baseline = None if self._baseline is None else self._baseline.end_to_end()

        def ratios(end_to_end: Timing) -> dict[str, float | int | None]:
            return {"group": self.number, **copy_ratios(end_to_end, copies), "x_ort_fp32": ratio(end_to_end, baseline)}

        return {number: contestant.row(ratios) for number, contestant in self.contestants.items()}


def copy_ratios(end_to_end: Timing, copies: FloorTimes | None) -> dict[str, float | None]:
    """Medians over the medians of both copies; empty where nothing was copied."""
    if copies is None:
        return {}
    return {
        "x_copy_hot": ratio(end_to_end, copies.copy_hot_ms),
        "x_copy_cold": ratio(end_to_end, copies.copy_cold_ms),
    }


def ratio(time: Timing, unit: Timing | None) -> float | None:
    """Median over median; None where there is no unit."""
    return time.p50 / unit.p50 if unit is not None and unit.p50 > 0 else None


def split(needed_bytes: Sequence[int], most_bytes: int | None) -> list[list[int]]:
    """Cut a series into groups that fit, in its order; one that is too large by itself has a group of its own.

    Args:
        needed_bytes: of each member.
        most_bytes: of a group; None where nothing is known.

    Returns:
        The positions of each group's members.
    """
    groups: list[list[int]] = []
    held = 0
    for position, needed in enumerate(needed_bytes):
        if not groups or (most_bytes is not None and held + needed > most_bytes):
            groups.append([])
            held = 0
        groups[-1].append(position)
        held += needed
    return groups
