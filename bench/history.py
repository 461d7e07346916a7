"""How the rows of many runs went over time: ratios to the copy floor of each run, never times."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from arllie_deploy.bench.comparable import machine_of
from arllie_deploy.bench.result import Result
from arllie_deploy.bench.result_file import FILE_NAME, read_result
from arllie_deploy.bench.row_key import RowKey, rows_by_key
from arllie_deploy.bench.status import Status
from arllie_deploy.errors import ArllieError

# Where arllie-bench puts its results, and where people put copies of them.
_PLACES = ("*.json", f"*/{FILE_NAME}", f"runs/*/{FILE_NAME}")
# What else the commands of this package write into the same folder.
_NOT_RESULTS = frozenset({"manifest.json", "compare.json"})
_LEAST_RATIO, _GREATEST_RATIO = 1e-6, 1e9
_BARS = "▁▂▃▄▅▆▇█"


@dataclass(frozen=True)
class Run:
    """One run: its id, when it started (UTC, ISO 8601) and whether every round was done."""

    run_id: str
    started: str
    complete: bool


@dataclass(frozen=True)
class Point:
    """A row in one run.

    Attributes:
        run: index into the runs of the history.
        status: of the row.
        x_copy_cold: times the copy through memory; None where it was not measured.
        x_copy_hot: times the copy between two buffers; None where it was not measured.
        reason: why there is no time.
    """

    run: int
    status: Status
    x_copy_cold: float | None
    x_copy_hot: float | None
    reason: str | None


@dataclass(frozen=True)
class Series:
    """One row over time, on one machine.

    Attributes:
        key: which row.
        machine: the processor; ratios of two processors are two series.
        points: in the order of the runs.
    """

    key: RowKey
    machine: str
    points: tuple[Point, ...]

    @property
    def ratios(self) -> list[float]:
        """Every measured ratio to the cold copy, oldest first; the frames of end to end are in rotation as well."""
        return [point.x_copy_cold for point in self.points if point.x_copy_cold is not None]


@dataclass(frozen=True)
class Skipped:
    """A file that could not be used, and why."""

    path: str
    reason: str


@dataclass(frozen=True)
class History:
    """What a folder of results holds.

    Attributes:
        runs: oldest first.
        series: in the order in which their rows first appear.
        skipped: files that are no results.
    """

    runs: tuple[Run, ...]
    series: tuple[Series, ...]
    skipped: tuple[Skipped, ...]

    def to_json(self) -> dict[str, Any]:
        """JSON values."""
        return asdict(self)


def read_history(folder: Path) -> History:
    """Read every result in `folder`: its .json files, `*/bench.json` and `runs/*/bench.json`.

    Raises:
        ArllieError: if it is no folder, or holds no result.
    """
    if not folder.is_dir():
        raise ArllieError(f"{folder} is not a folder; give one that arllie-bench wrote to with --out")
    results: dict[str, Result] = {}
    skipped = []
    for path in _files(folder):
        try:
            result = read_result(path)
            _refuse_impossible(result)
        except ArllieError as error:
            skipped.append(Skipped(str(path), str(error).removeprefix(f"{path}: ")))
        except OSError as error:
            skipped.append(Skipped(str(path), error.strerror or str(error)))
        else:
            results.setdefault(result.run_id, result)  # the newest run lies in OUT once more
    if not results:
        first = f"; {skipped[0].path}: {skipped[0].reason}" if skipped else ""
        raise ArllieError(f"{folder} holds no result of arllie-bench ({', '.join(_PLACES)}){first}")
    return assemble(list(results.values()), skipped)


def assemble(results: Sequence[Result], skipped: Sequence[Skipped] = ()) -> History:
    """Put the rows of at least one run in order of time."""
    ordered = sorted(results, key=lambda result: (result.started, result.run_id))
    found: dict[tuple[str, RowKey], list[Point]] = {}
    for number, result in enumerate(ordered):
        for key, row in rows_by_key(result).items():
            point = Point(number, row.status, row.x_copy_cold, row.x_copy_hot, row.reason)
            found.setdefault((_machine_name(result, key), key), []).append(point)
    runs = tuple(Run(result.run_id, result.started, result.complete) for result in ordered)
    return History(runs, tuple(_joined(found)), tuple(skipped))


def table(history: History) -> tuple[list[str], list[list[str]]]:
    """Header and cells for a terminal, a line per row that was ever measured."""
    header = ["row", "size", "model", "runs", "first", "last", "change", "least", "most", "trend of × copy cold"]
    several = len({series.machine for series in history.series}) > 1
    header = [*header[:3], "machine", *header[3:]] if several else header
    return header, [_cells(series, several) for series in history.series if series.ratios]


def sparkline(values: Sequence[float]) -> str:
    """One bar a value, the least lowest and the greatest highest; all alike are in the middle."""
    low, high = min(values), max(values)
    if high == low:
        return _BARS[3] * len(values)
    return "".join(_BARS[min(7, int(8 * (value - low) / (high - low)))] for value in values)


def _refuse_impossible(result: Result) -> None:
    """A ratio that no measurement gives would leave the others no room in a chart."""
    for number, row in enumerate(result.rows):
        for name in ("x_copy_cold", "x_copy_hot"):
            ratio = getattr(row, name)
            if ratio is not None and not _LEAST_RATIO < ratio < _GREATEST_RATIO:
                raise ArllieError(f"row {number} has {name} {ratio:g}, which no measurement gives")


def _files(folder: Path) -> list[Path]:
    found = {path for place in _PLACES for path in folder.glob(place) if path.name not in _NOT_RESULTS}
    return sorted(path for path in found if path.is_file())


def _joined(found: dict[tuple[str, RowKey], list[Point]]) -> list[Series]:
    """The series; a row that failed before it told its threads joins the one that was measured with some."""
    joined = {place: list(points) for place, points in found.items()}
    for (machine, key), points in found.items():
        if key.threads is not None or any(point.status is Status.MEASURED for point in points):
            continue
        for other in found:
            if other[1].threads is not None and (other[0], replace(other[1], threads=None)) == (machine, key):
                joined[other] = sorted([*joined[other], *joined.pop((machine, key))], key=lambda point: point.run)
                break
    return [Series(key, machine, tuple(points)) for (machine, key), points in joined.items()]


def _machine_name(result: Result, key: RowKey) -> str:
    machine = machine_of(result, key.device)
    return "unknown" if machine is None else f"{machine.cpu} ({machine.architecture}, {machine.cores} cores)"


def _cells(series: Series, several: bool) -> list[str]:
    ratios = series.ratios
    change = f"{100 * (ratios[-1] / ratios[0] - 1):+.1f} %"
    figures = [f"{ratios[0]:.3g}", f"{ratios[-1]:.3g}", change]
    figures += [f"{ratio:.3g}" for ratio in (min(ratios), max(ratios))]
    machine = [series.machine] if several else []
    return [
        series.key.label,
        series.key.size,
        series.key.model,
        *machine,
        str(len(ratios)),
        *figures,
        sparkline(ratios),
    ]
