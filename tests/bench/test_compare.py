import json
import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.bench_rows import MACHINE, made_result, measured_row, unavailable_row

from arllie_deploy import ArllieError
from arllie_deploy.bench.comparable import doubts, refuse_unlike
from arllie_deploy.bench.compare import (
    Comparison,
    Verdict,
    compare,
    parse_share,
    refuse_regressions,
    table,
)
from arllie_deploy.bench.contestant import Settings
from arllie_deploy.bench.noise import noise_bound, relative_error
from arllie_deploy.bench.result import Result
from arllie_deploy.bench.row import Row
from arllie_deploy.bench.statistics import Timing
from arllie_deploy.bench.status import Status
from arllie_deploy.errors import CheckFailedError


def steady(p50: float, spread: float = 0.0, n: int = 60) -> Timing:
    """Times whose quartiles are `spread` of the median apart."""
    return Timing(n, p50, p50, p50, p50, spread * p50)


def row(x_cold: float, x_hot: float | None = None, *, spread: float = 0.0, n: int = 60, **changes: Any) -> Row:
    made = measured_row(**{name: changes.pop(name) for name in ("runtime", "target") if name in changes})
    return replace(
        made,
        end_to_end_ms=steady(x_cold / 10, spread, n),
        x_copy_cold=x_cold,
        x_copy_hot=2 * x_cold if x_hot is None else x_hot,
        **changes,
    )


def run(*rows: Row, floor_spread: float = 0.0, **changes: Any) -> Result:
    result = made_result(*rows)
    assert result.floor is not None
    floor = replace(result.floor, copy_hot_ms=steady(0.05, floor_spread), copy_cold_ms=steady(0.1, floor_spread))
    return replace(result, **{"floor": floor, **changes})


def verdicts(comparison: Comparison) -> list[Verdict]:
    return [change.verdict for change in comparison.rows]


def judged(old: Row, new: Row, fail_over: float = 0.05, **floor: float) -> Verdict:
    (change,) = compare(run(old, **floor), run(new, **floor), fail_over).rows
    return change.verdict


@pytest.mark.parametrize(
    ("change", "verdict"),
    [
        (1.00, Verdict.STEADY),
        (1.049, Verdict.STEADY),
        (1.06, Verdict.REGRESSED),
        (3.0, Verdict.REGRESSED),
        (0.96, Verdict.STEADY),
        (0.9, Verdict.FASTER),
    ],
)
def test_without_noise_the_threshold_decides(change: float, verdict: Verdict) -> None:
    assert judged(row(100.0), row(100.0 * change)) is verdict


def test_absolute_times_are_nothing() -> None:
    """A machine at half the clock: every time doubles, also that of the copy."""
    old = row(100.0)
    new = replace(old, end_to_end_ms=steady(1000.0), infer_ms=steady(900.0))
    assert judged(old, new) is Verdict.STEADY


@pytest.mark.parametrize("where", ["row", "floor"])
def test_what_is_within_the_noise_is_no_regression(where: str) -> None:
    spread = 0.5
    rows = {"spread": spread} if where == "row" else {}
    floor = {"floor_spread": spread} if where == "floor" else {}
    # Two medians of 20 independent turns, each with an error of 1.25/1.35 · 0.5 / √20 = 10.4 %.
    bound = math.exp(3 * math.sqrt(2) * 1.25 / 1.35 * 0.5 / math.sqrt(Settings().rounds)) - 1
    for change, verdict in ((bound - 0.01, Verdict.UNSURE), (bound + 0.01, Verdict.REGRESSED)):
        assert judged(row(100.0, **rows), row(100.0 * (1 + change), **rows), **floor) is verdict
    assert judged(row(100.0, **rows), row(100.0 / (1 + bound + 0.01), **rows), **floor) is Verdict.FASTER
    assert judged(row(100.0, **rows), row(100.0 / (1 + bound - 0.01), **rows), **floor) is Verdict.STEADY


def test_calls_of_one_turn_do_not_count_as_more_rounds() -> None:
    times = steady(10.0, 0.2, n=60)
    assert relative_error(times, rounds=20) == pytest.approx(1.25 / 1.35 * 0.2 / math.sqrt(20))
    assert relative_error(replace(times, n=9), rounds=20) == pytest.approx(1.25 / 1.35 * 0.2 / 3)
    assert relative_error(replace(times, n=4), rounds=20) is None
    assert relative_error(steady(0.0), rounds=20) is None


def test_where_only_one_ratio_moved_it_was_the_floor() -> None:
    assert judged(row(100.0, 200.0), row(150.0, 200.0)) is Verdict.STEADY
    assert judged(row(100.0, 200.0), row(100.0, 300.0)) is Verdict.STEADY
    assert judged(row(100.0, 200.0), row(150.0, 300.0)) is Verdict.REGRESSED


def test_hot_is_never_compared_with_cold() -> None:
    old, new = replace(row(100.0), x_copy_hot=None), replace(row(100.0), x_copy_cold=None, x_copy_hot=900.0)
    with pytest.raises(ArllieError, match="nothing can be compared"):
        compare(run(old), run(new), 0.05)


@given(st.floats(1.0, 1e4), st.floats(1.0, 1e4), st.floats(0.0, 0.5), st.floats(0.0, 1.0), st.floats(0.0, 1.0))
def test_a_regression_one_way_is_an_improvement_the_other(
    x_old: float, x_new: float, fail_over: float, spread: float, more: float
) -> None:
    old, new = row(x_old, spread=spread), row(x_new, spread=more)
    there, back = judged(old, new, fail_over), judged(new, old, fail_over)
    if abs(max(x_old, x_new) / min(x_old, x_new) - 1 - fail_over) > 1e-9:
        assert (there is Verdict.REGRESSED) == (back is Verdict.FASTER)
    if x_new <= x_old:
        assert there not in (Verdict.REGRESSED, Verdict.UNSURE)


@given(st.lists(st.floats(0.0, 1.0), min_size=1, max_size=4), st.floats(0.0, 1.0))
def test_more_spread_never_makes_the_bound_narrower(errors: list[float], more: float) -> None:
    assert noise_bound([*errors, more]) >= noise_bound(errors) >= 0.0
    assert math.isfinite(noise_bound([*errors, 1e300]))


def test_rows_are_matched_by_everything_that_names_them() -> None:
    base = row(100.0)
    others = {
        "device": "phone",
        "backend": "cuda",
        "runtime": "numpy",
        "target": "onnx-cpu",
        "precision": "int8",
        "threads": 1,
        "size": "64x48",
        "model": "other",
    }
    for name, value in others.items():
        comparison = compare(run(base), run(base, replace(row(900.0), **{name: value})), 0.05)
        assert verdicts(comparison) == [Verdict.STEADY, Verdict.NEW], name


def test_rows_that_agree_in_everything_are_matched_in_their_order() -> None:
    comparison = compare(run(row(100.0), row(50.0)), run(row(100.0), row(80.0)), 0.05)
    assert verdicts(comparison) == [Verdict.STEADY, Verdict.REGRESSED]
    assert comparison.rows[1].key.label.endswith("#2")


def bad(status: Status, threads: int | None) -> Row:
    return replace(
        unavailable_row("it broke"), backend="cpu", runtime="numpy", precision="fp32", status=status, threads=threads
    )


@pytest.mark.parametrize("status", [Status.WRONG, Status.FAILED, Status.FALLBACK])
@pytest.mark.parametrize("threads", [2, None])
def test_a_row_that_broke_fails_and_is_named(status: Status, threads: int | None) -> None:
    old = run(row(100.0), row(50.0, runtime="numpy"))
    comparison = compare(old, run(row(100.0), bad(status, threads)), 0.05)
    assert verdicts(comparison) == [Verdict.STEADY, Verdict.BROKEN]
    with pytest.raises(CheckFailedError, match=f"numpy.* is {status}: it broke"):
        refuse_regressions(comparison)


def test_what_was_broken_before_is_not_blamed_again() -> None:
    both = row(100.0), bad(Status.FAILED, None)
    assert verdicts(compare(run(*both), run(*both), 0.05)) == [Verdict.STEADY]


def test_rows_that_come_and_go_are_reported_and_do_not_fail() -> None:
    old = run(row(100.0), row(50.0, runtime="litert"), row(60.0, runtime="numpy"))
    gone = bad(Status.UNAVAILABLE, None)
    comparison = compare(old, run(row(100.0), gone, row(70.0, runtime="ncnn")), 0.05)
    found = {change.key.runtime: (change.verdict, change.reason) for change in comparison.rows}
    assert found == {
        "onnxruntime": (Verdict.STEADY, None),
        "numpy": (Verdict.VANISHED, "unavailable: it broke"),
        "ncnn": (Verdict.NEW, "the older run has no such row"),
        "litert": (Verdict.VANISHED, "this run has no such row"),
    }
    refuse_regressions(comparison)


def test_the_regression_is_named_with_its_figures() -> None:
    comparison = compare(run(row(100.0)), run(row(120.0)), 0.05)
    with pytest.raises(CheckFailedError) as caught:
        refuse_regressions(comparison)
    for piece in ("cpu · onnxruntime · fp32 · 2 threads", "20.0 % slower", "x_copy_cold 100 → 120", "5 % allowed"):
        assert piece in str(caught.value)
    assert caught.value.exit_code == 1
    assert len(str(caught.value).splitlines()) == 1


def test_few_rounds_say_nothing() -> None:
    short = row(900.0, n=3, runtime="numpy")
    comparison = compare(run(row(100.0), row(100.0, runtime="numpy")), run(row(100.0), short), 0.05)
    assert verdicts(comparison) == [Verdict.STEADY, Verdict.INCOMPARABLE]
    refuse_regressions(comparison)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ([row(100.0)], [row(100.0, runtime="numpy")], "no row was measured in both runs"),
        ([row(100.0)], [row(100.0, n=2)], "fewer than 5 rounds"),
        ([replace(row(100.0), x_copy_cold=None, x_copy_hot=None)], [row(100.0)], "the copy was not timed"),
        ([unavailable_row()], [unavailable_row()], "no row was measured in both runs"),
    ],
)
def test_a_gate_that_compared_nothing_is_no_pass(old: Sequence[Row], new: Sequence[Row], message: str) -> None:
    with pytest.raises(ArllieError, match=message):
        compare(run(*old), run(*new), 0.05)


def test_a_phone_without_times_of_its_copy_is_as_uncertain_as_its_rows() -> None:
    old, new = (row(x, spread=0.5, device="phone") for x in (100.0, 150.0))
    alone = math.exp(3 * math.sqrt(4) * 1.25 / 1.35 * 0.5 / math.sqrt(Settings().rounds)) - 1
    (change,) = compare(run(old), run(new), 0.05).rows
    assert change.verdict is Verdict.UNSURE
    assert change.ratios[0].noise == pytest.approx(alone)


def test_another_size_is_refused_with_the_option_that_mends_it() -> None:
    with pytest.raises(ArllieError, match="is at 18x12, this one at 64x48; give --size 18x12"):
        refuse_unlike(replace(run(row(100.0)), size="18x12"), "64x48", MACHINE)


def test_another_processor_is_refused_before_and_after() -> None:
    old, new = run(row(100.0)), run(row(100.0), machine=replace(MACHINE, cpu="Other CPU"))
    with pytest.raises(ArllieError, match="ratios of different processors are not comparable"):
        refuse_unlike(old, old.size, new.machine)
    with pytest.raises(ArllieError, match="ratios of different processors are not comparable"):
        compare(old, new, 0.05)
    refuse_unlike(old, old.size, replace(MACHINE, cores=8, python="3.13.0"))


BUSY = replace(MACHINE, load_average=4.0)


def on_a_busy_machine(*changes: float) -> Comparison:
    names = ["onnxruntime", "litert", "ncnn", "openvino", "numpy"]
    old = run(*(row(100.0, runtime=name) for name, _ in zip(names, changes, strict=False)))
    new = run(*(row(100.0 * change, runtime=name) for name, change in zip(names, changes, strict=False)), machine=BUSY)
    return compare(old, new, 0.05)


def test_what_all_rows_of_a_busy_machine_share_is_put_down_to_the_load() -> None:
    comparison = on_a_busy_machine(1.30, 1.31, 1.29, 1.32, 1.60)
    assert comparison.drift == pytest.approx(0.31)
    assert verdicts(comparison) == [*[Verdict.UNSURE] * 4, Verdict.REGRESSED]
    assert "+31.0 %" in comparison.warnings[-1]


def test_a_row_that_kept_its_ratio_is_not_praised_for_the_load_of_the_others() -> None:
    assert verdicts(on_a_busy_machine(1.3, 1.3, 1.3, 1.0))[-1] is Verdict.STEADY
    assert verdicts(on_a_busy_machine(0.7, 0.7, 0.7, 1.0))[-1] is Verdict.STEADY
    assert verdicts(on_a_busy_machine(0.7, 0.7, 0.7, 0.4)) == [*[Verdict.STEADY] * 3, Verdict.FASTER]


def test_the_load_of_this_machine_excuses_no_phone() -> None:
    names = ["onnxruntime", "litert", "ncnn", "openvino"]
    phone = {"runtime": "numpy", "device": "phone"}
    old, new = (run(*(row(x, runtime=name) for name in names), row(x, **phone), machine=BUSY) for x in (100.0, 130.0))
    assert verdicts(compare(old, new, 0.05)) == [*[Verdict.UNSURE] * 4, Verdict.REGRESSED]


def test_few_rows_cannot_tell_the_load() -> None:
    comparison = on_a_busy_machine(1.3, 1.3, 1.3)
    assert (comparison.drift, verdicts(comparison)) == (0.0, [Verdict.REGRESSED] * 3)


def test_on_an_idle_machine_a_change_of_all_rows_is_one() -> None:
    names = ["onnxruntime", "litert", "ncnn", "openvino"]
    old, new = (run(*(row(x, runtime=name) for name in names)) for x in (100.0, 130.0))
    assert verdicts(compare(old, new, 0.05)) == [Verdict.REGRESSED] * 4


def test_doubts_are_said() -> None:
    old = run(row(100.0), tools={"onnxruntime": "1.20", "gone": "1"})
    new = run(
        row(100.0),
        complete=False,
        machine=replace(MACHINE, load_average=7.0, cores=4),
        tools={"onnxruntime": "1.31"},
        model=replace(old.model, sha256="f" * 64),
    )
    said = " / ".join(doubts(old, new))
    for piece in (
        "this run was interrupted",
        "load 7",
        "weights differ",
        "cores differs: 2 and 4",
        "was 1.20, is 1.31",
    ):
        assert piece in said
    assert "gone" not in said
    assert doubts(old, old) == []


def test_a_floor_that_moved_is_doubted() -> None:
    old = run(row(100.0))
    assert old.floor is not None
    moved = replace(old, floor=replace(old.floor, copy_cold_ms=steady(0.2)))
    assert doubts(old, moved) == ["the copy itself changed (cold): 0.1 ms, now 0.2 ms; was the machine busy?"]


@pytest.mark.parametrize(("text", "share"), [("5%", 0.05), ("0%", 0.0), (" 12.5 % ", 0.125), ("1000%", 10.0)])
def test_a_share_is_a_percentage(text: str, share: float) -> None:
    assert parse_share(text) == pytest.approx(share)


@pytest.mark.parametrize(
    "text", ["5", "0.05", "-5%", "%", "", "nan%", "1e2%", "1001%", "5%%", "p50:5%", "٥%", "5%\n6%"]
)
def test_anything_else_is_no_percentage(text: str) -> None:
    with pytest.raises(ArllieError, match="write for example 5%"):
        parse_share(text)


def test_json_and_table_have_every_row() -> None:
    comparison = compare(run(row(100.0)), run(row(120.0), row(5.0, runtime="ncnn")), 0.05, ["mind this"])
    value = json.loads(json.dumps(comparison.to_json(), allow_nan=False))
    assert (value["ok"], value["warnings"], value["fail_over"]) == (False, ["mind this"], 0.05)
    assert value["rows"][0]["ratios"][0] == {
        "name": "x_copy_cold",
        "old": 100.0,
        "new": 120.0,
        "change": pytest.approx(0.2),
        "noise": 0.0,
    }
    header, cells = table(comparison)
    assert [len(line) for line in cells] == [len(header)] * 2
    assert cells[0][:6] == ["regressed", comparison.rows[0].key.label, "x_copy_cold", "100", "120", "+20.0 %"]
    assert cells[1][0] == "new"
