"""This run against an older one: ratios to the copy floor of the same run, never times, and never within their noise.

What decides is in `bench/noise.py`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any

from arllie_deploy.bench.comparable import floor_of, is_busy, machine_difference
from arllie_deploy.bench.noise import LEAST_ROUNDS, drift_of, noise_bound, relative_error
from arllie_deploy.bench.result import Result
from arllie_deploy.bench.row import THIS_MACHINE, Row
from arllie_deploy.bench.row_key import RowKey, rows_by_key
from arllie_deploy.bench.status import Status
from arllie_deploy.errors import ArllieError, CheckFailedError

_BAD = frozenset({Status.WRONG, Status.FAILED, Status.FALLBACK})


class Verdict(StrEnum):
    """What became of a row."""

    REGRESSED = "regressed"
    """Every ratio is worse by more than the threshold, and at least one of them by more than its noise."""
    BROKEN = "broken"
    """It is wrong, failed or on another unit, and was not so before."""
    UNSURE = "unsure"
    """Worse by more than the threshold, but within the noise or what all rows of a busy machine changed by."""
    FASTER = "faster"
    """Every ratio is better by more than the threshold, and at least one of them by more than its noise."""
    STEADY = "steady"
    """Neither."""
    INCOMPARABLE = "incomparable"
    """Measured in both runs, and yet nothing can be said; the reason says why."""
    VANISHED = "vanished"
    """Measured before; now it is not there, or not timed."""
    NEW = "new"
    """Measured now, and not before."""


_FAILING = (Verdict.REGRESSED, Verdict.BROKEN)


@dataclass(frozen=True)
class RatioChange:
    """One ratio of a row in both runs.

    Attributes:
        name: x_copy_cold or x_copy_hot.
        old: times the copy in the older run, above 0.
        new: in this run.
        change: new / old − 1; above 0 is slower.
        noise: what `change` may be without meaning anything, from 0; see `bench/noise.py`.
    """

    name: str
    old: float
    new: float
    change: float
    noise: float


@dataclass(frozen=True)
class RowChange:
    """A row in both runs.

    Attributes:
        key: which row.
        verdict: what became of it.
        ratios: those that both runs have.
        reason: in words, where the verdict is not about ratios.
    """

    key: RowKey
    verdict: Verdict
    ratios: tuple[RatioChange, ...] = ()
    reason: str | None = None

    @property
    def decisive(self) -> RatioChange | None:
        """The ratio that is known best: that with the least noise."""
        return min(self.ratios, key=lambda ratio: ratio.noise, default=None)


@dataclass(frozen=True)
class Comparison:
    """Two runs, row by row.

    Attributes:
        old_run: run id of the older one.
        new_run: of this one.
        fail_over: the threshold as a share: 0.05 is 5 %.
        drift: the change that rows of this machine share because it was busy; 0 where it was not.
        rows: that either run timed, and those that broke, in this run's order; vanished ones last.
        warnings: what makes the comparison less sure, one line each.
    """

    old_run: str
    new_run: str
    fail_over: float
    drift: float
    rows: tuple[RowChange, ...]
    warnings: tuple[str, ...]

    @property
    def failing(self) -> tuple[RowChange, ...]:
        """The rows that the gate is for."""
        return tuple(row for row in self.rows if row.verdict in _FAILING)

    def to_json(self) -> dict[str, Any]:
        """JSON values."""
        return {**asdict(self), "ok": not self.failing}


def parse_share(text: str) -> float:
    """The share that `N%` means: 0.05 for "5%".

    Raises:
        ArllieError: if it is no percentage from 0 % to 1000 %.
    """
    found = re.fullmatch(r"(\d{1,4}(?:\.\d{1,6})?) ?%", text.strip(), re.ASCII)
    if found is None or float(found[1]) > 1000:
        raise ArllieError(f"--fail-over {text!r} is no percentage; write for example 5%")
    return float(found[1]) / 100


def compare(old: Result, new: Result, fail_over: float, warnings: Sequence[str] = ()) -> Comparison:
    """Judge every row.

    Args:
        old: the run to compare with.
        new: this run.
        fail_over: a ratio that is worse by more than this share is worse; at least 0.
        warnings: to hand on.

    Raises:
        ArllieError: if rows were measured in both runs and not one of them can be compared, or none was in both.
    """
    old_rows, new_rows = rows_by_key(old), rows_by_key(new)
    partner = _partners(old_rows, new_rows)
    pairs = {key: (old_rows[partner[key]] if key in partner else None, row) for key, row in new_rows.items()}
    ratios = {key: _ratios(before, row, old, new, key.device) for key, (before, row) in pairs.items()}
    here = [known[0].change for key, known in ratios.items() if known and key.device == THIS_MACHINE]
    drift = drift_of(here) if is_busy(old.machine) or is_busy(new.machine) else 0.0
    changes = [
        _judge(key, *pair, machine_difference(old, new, key.device), ratios[key], drift, fail_over)
        for key, pair in pairs.items()
    ]
    gone = [key for key, row in old_rows.items() if key not in partner.values() and row.status is Status.MEASURED]
    changes.extend(RowChange(key, Verdict.VANISHED, reason="this run has no such row") for key in gone)
    rows = tuple(change for change in changes if change is not None)
    comparison = Comparison(old.run_id, new.run_id, fail_over, drift, rows, (*warnings, *_said(drift)))
    _refuse_nothing(comparison)
    return comparison


def refuse_regressions(comparison: Comparison) -> None:
    """Raise `CheckFailedError` naming every row that regressed or broke."""
    if comparison.failing:
        names = "; ".join(_sentence(row) for row in comparison.failing)
        limit = f"{comparison.fail_over:.3g}" if comparison.fail_over > 10 else f"{100 * comparison.fail_over:.3g} %"
        raise CheckFailedError(f"against {comparison.old_run}, more than {limit} allowed: {names}")


def table(comparison: Comparison) -> tuple[list[str], list[list[str]]]:
    """Header and cells for a terminal; the ratio shown is the one that is known best."""
    header = ["verdict", "row", "ratio", "old", "new", "change", "noise", "reason"]
    return header, [_cells(row) for row in comparison.rows]


def _partners(old: dict[RowKey, Row], new: dict[RowKey, Row]) -> dict[RowKey, RowKey]:
    """New key -> old key: those that are equal, then those that differ only in threads that one of them does not know.

    An engine that did not open never told its threads.
    """
    found = {key: key for key in new if key in old}
    for key in (key for key in new if key not in old):
        for before in (before for before in old if before not in found.values()):
            if None in (key.threads, before.threads) and replace(key, threads=None) == replace(before, threads=None):
                found[key] = before
                break
    return found


def _judge(
    key: RowKey,
    before: Row | None,
    row: Row,
    unlike: str | None,
    ratios: tuple[RatioChange, ...],
    drift: float,
    fail_over: float,
) -> RowChange | None:
    """What became of a row; None where there is nothing to tell of it."""
    was_timed = before is not None and before.status is Status.MEASURED
    if row.status in _BAD:
        known = before is not None and before.status in _BAD
        return None if known else RowChange(key, Verdict.BROKEN, reason=f"{row.status}: {row.reason}")
    if row.status is not Status.MEASURED:
        return RowChange(key, Verdict.VANISHED, reason=f"{row.status}: {row.reason}") if was_timed else None
    if before is None or not was_timed:
        was = "the older run has no such row" if before is None else f"it was {before.status}"
        return RowChange(key, Verdict.NEW, reason=was)
    if unlike is not None:
        return RowChange(key, Verdict.INCOMPARABLE, reason=unlike)
    if not ratios:
        reason = f"the copy was not timed beside it in both runs, or one has fewer than {LEAST_ROUNDS} rounds"
        return RowChange(key, Verdict.INCOMPARABLE, reason=reason)
    return RowChange(key, _verdict(ratios, drift if key.device == THIS_MACHINE else 0.0, fail_over), ratios)


def _ratios(before: Row | None, row: Row, old: Result, new: Result, device: str) -> tuple[RatioChange, ...]:
    if before is None:
        return ()
    found = []
    for name, copy in (("x_copy_cold", "copy_cold_ms"), ("x_copy_hot", "copy_hot_ms")):
        x_old, x_new = getattr(before, name), getattr(row, name)
        errors = [*_errors(before, old, device, copy), *_errors(row, new, device, copy)]
        known = [error for error in errors if error is not None]
        if x_old is not None and x_new is not None and x_old > 0 and x_new > 0 and len(known) == len(errors):
            found.append(RatioChange(name, x_old, x_new, x_new / x_old - 1, noise_bound(known)))
    return tuple(found)


def _errors(row: Row, run: Result, device: str, copy: str) -> list[float | None]:
    """Relative errors of both medians of a ratio; a copy whose times the result has not is as uncertain as the row."""
    own = None if row.end_to_end_ms is None else relative_error(row.end_to_end_ms, run.settings.rounds)
    floor = floor_of(run, device)
    return [own, own if floor is None else relative_error(getattr(floor, copy), run.settings.rounds)]


def _said(drift: float) -> list[str]:
    if drift == 0.0:
        return []
    return [
        f"a run began on a busy machine: {100 * drift:+.1f} %, by which its rows changed together, is put down to that"
    ]


def _verdict(ratios: Sequence[RatioChange], drift: float, fail_over: float) -> Verdict:
    """All ratios must agree: where only one of two moved, it was the floor under it and not the row."""
    slower, faster = 1 + max(0.0, drift), 1 + min(0.0, drift)
    # What is slower by a factor is as far from 1 as what is faster by it.
    faster_under = 1 / (1 + fail_over) - 1
    if all(ratio.change > fail_over for ratio in ratios):
        own = [((1 + ratio.change) / slower - 1, ratio.noise) for ratio in ratios]
        beyond = all(change > fail_over for change, _ in own) and any(change > noise for change, noise in own)
        return Verdict.REGRESSED if beyond else Verdict.UNSURE
    if all((1 + ratio.change) / faster - 1 < faster_under for ratio in ratios):
        beyond = any((1 + ratio.change) / faster < 1 / (1 + ratio.noise) for ratio in ratios)
        return Verdict.FASTER if beyond else Verdict.STEADY
    return Verdict.STEADY


def _refuse_nothing(comparison: Comparison) -> None:
    """A gate that compared nothing must not look like one that found nothing."""
    told = {Verdict.REGRESSED, Verdict.BROKEN, Verdict.UNSURE, Verdict.FASTER, Verdict.STEADY}
    if any(row.verdict in told for row in comparison.rows):
        return
    reasons = [row.reason for row in comparison.rows if row.verdict is Verdict.INCOMPARABLE and row.reason]
    why = reasons[0] if reasons else "no row was measured in both runs; are backends, model, size and threads the same?"
    raise ArllieError(f"nothing can be compared with run {comparison.old_run}: {why}")


def _sentence(row: RowChange) -> str:
    ratio = row.decisive
    if ratio is None:
        return f"{row.key.label} is {row.reason}"
    return f"{row.key.label} is {100 * ratio.change:.1f} % slower ({ratio.name} {ratio.old:.3g} → {ratio.new:.3g})"


def _cells(row: RowChange) -> list[str]:
    ratio, reason = row.decisive, row.reason or ""
    if ratio is None:
        return [row.verdict, row.key.label, *["–"] * 5, reason]
    figures = [f"{ratio.old:.3g}", f"{ratio.new:.3g}", f"{100 * ratio.change:+.1f} %", f"± {100 * ratio.noise:.1f} %"]
    return [row.verdict, row.key.label, ratio.name, *figures, reason]
