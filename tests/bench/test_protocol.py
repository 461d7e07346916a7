from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from support.bench_rows import unavailable_row
from support.bench_runtimes import MODULE
from support.enhancers import random_enhancer
from support.pictures import darkened, scene

from arllie_deploy.bench.candidate import Candidate, Subject
from arllie_deploy.bench.contestant import Settings
from arllie_deploy.bench.protocol import Measurement, judged_frames, measure
from arllie_deploy.bench.row import ONLY_OF_MEASURED, Row
from arllie_deploy.bench.status import Status
from arllie_deploy.export.parity import LIMITS

QUICK = Settings(rounds=3, calls=2, warm_up_s=0.02, timeout_s=60.0)
SUBJECT = Subject(random_enhancer(), [darkened(scene(seed), seed) for seed in range(2)], 1)


def candidate(name: str) -> Candidate:
    runtime = f"{MODULE}:{name}" if name.isupper() else name
    return Candidate(backend="cpu", runtime=runtime, size=SUBJECT.size_text, threads=1)


def run(*names: str, settings: Settings = QUICK) -> Measurement:
    return measure(SUBJECT, [candidate(name) for name in names], limits=LIMITS, settings=settings)


def bad_row(name: str, settings: Settings = QUICK) -> Row:
    """The row of an engine that misbehaves between two that do not; those must be measured."""
    measurement = run("GOOD", name, "numpy", settings=settings)
    before, row, after = measurement.rows
    assert measurement.complete
    assert (before.status, after.status) == (Status.MEASURED, Status.MEASURED)
    assert row.runtime == f"{MODULE}:{name}"
    assert row.infer_ms is None
    return row


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("CRASHING", "SIGSEGV"),
        ("EXITING", "status 3 (license expired)"),
        ("RAISING", "RuntimeError: delegate refused the graph"),
        ("RAISING_LATE", "RuntimeError: device lost"),
        ("MISSING", "AttributeError"),
    ],
)
def test_an_engine_that_ends_badly_gives_one_failed_row(name: str, said: str) -> None:
    row = bad_row(name)
    assert row.status is Status.FAILED
    assert row.reason is not None
    assert said in row.reason


def test_an_engine_that_hangs_gives_one_failed_row() -> None:
    row = bad_row("HANGING", Settings(rounds=1, calls=1, warm_up_s=0.02, timeout_s=4.0))
    assert row.status is Status.FAILED
    assert row.reason == "no answer to 'check' within 4 s"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("WRONG", "max 2e-05, limit 1e-05"),
        ("WRONG_FRAME", "uint8 frame"),
        ("NOT_FINITE", "inf"),
        ("OTHER_SHAPE", "shape"),
    ],
)
def test_a_wrong_output_is_not_timed(name: str, said: str) -> None:
    row = bad_row(name)
    assert row.status is Status.WRONG
    assert row.reason is not None
    assert said in row.reason


def emulated(name: str, accelerator: str) -> Measurement:
    asked = replace(candidate(name), accelerator=accelerator, precision="int8x16")
    return measure(SUBJECT, [asked], limits=LIMITS, settings=QUICK)


def test_what_an_emulator_executes_is_judged_and_counted_and_never_timed() -> None:
    measurement = emulated("EMULATED", "hexagon-emulator")
    (row,) = measurement.rows
    assert row.status is Status.EMULATED, row.reason
    assert "an emulator's time says nothing" in str(row.reason)
    assert (row.packets_per_pixel, row.packets, row.instructions) == (4.0, 4 * SUBJECT.frames[0][..., 0].size, 9)
    assert row.parity is not None
    assert row.parity.limit_max_abs == LIMITS["int8x16"].max_abs
    assert [name for name in ONLY_OF_MEASURED if getattr(row, name) is not None] == []
    assert list(measurement.outputs) == [0]


def test_an_emulator_that_is_wrong_is_wrong_and_one_that_nobody_asked_for_is_a_fallback() -> None:
    (wrong,) = emulated("EMULATED_WRONG", "hexagon-emulator").rows
    assert (wrong.status, wrong.packets_per_pixel) == (Status.WRONG, None)
    (unasked,) = emulated("EMULATED", "hexagon").rows
    assert (unasked.status, unasked.packets_per_pixel) == (Status.FALLBACK, None)


def test_an_output_that_is_wrong_on_the_last_frame_of_a_rotation_alone_is_noticed() -> None:
    frames = [np.maximum(darkened(scene(seed), seed), 1) for seed in range(8)]
    entry = candidate("WRONG_ON_ONE_FRAME")
    for last, status in ((frames[7], Status.MEASURED), (np.zeros_like(frames[7]), Status.WRONG)):
        subject = Subject(SUBJECT.enhancer, [*frames[:7], last], 1)
        assert [row.status for row in measure(subject, [entry], limits=LIMITS, settings=QUICK).rows] == [status]


@pytest.mark.parametrize(
    ("size", "count"), [((64, 48), 8), ((960, 540), 8), ((1280, 720), 6), ((1920, 1080), 3), ((6000, 4000), 3)]
)
def test_more_of_small_frames_are_judged(size: tuple[int, int], count: int) -> None:
    assert min(8, judged_frames(size)) == count


def test_a_measured_row_has_its_times_and_ratios() -> None:
    measurement = run("onnxruntime", "GOOD")
    floor = measurement.floor
    assert floor is not None
    assert (floor.frame_bytes, floor.pairs, floor.copy_hot_ms.n) == (48 * 40 * 3, 2, 6)
    for row in measurement.rows:
        assert row.infer_ms is not None
        assert row.end_to_end_ms is not None
        assert (row.infer_ms.n, row.end_to_end_ms.n) == (6, 6)
        assert row.memory_bytes is not None
        assert 5e6 < row.memory_bytes < 1e9
        assert row.x_copy_hot == pytest.approx(row.end_to_end_ms.p50 / floor.copy_hot_ms.p50)
        assert row.x_copy_cold == pytest.approx(row.end_to_end_ms.p50 / floor.copy_cold_ms.p50)
    baseline, other = measurement.rows
    assert baseline.x_ort_fp32 == 1.0
    assert other.x_ort_fp32 is not None
    assert other.x_ort_fp32 == pytest.approx(other.end_to_end_ms.p50 / baseline.end_to_end_ms.p50)  # type: ignore[union-attr]


def test_without_onnxruntime_there_is_no_ratio_to_it() -> None:
    assert run("GOOD").rows[0].x_ort_fp32 is None


def test_what_an_engine_prints_does_not_reach_the_figures() -> None:
    row = run("TALKING").rows[0]
    assert row.infer_ms is not None
    assert row.infer_ms.p99 < 100_000


def test_an_engine_beyond_its_share_has_fewer_rounds() -> None:
    settings = Settings(rounds=6, calls=1, share_s=1e-9, least_rounds=2, warm_up_s=0.02)
    measurement = run("GOOD", settings=settings)
    assert measurement.rows[0].infer_ms is not None
    assert measurement.rows[0].infer_ms.n == 2
    assert measurement.floor is not None
    assert measurement.floor.copy_hot_ms.n == 6


def test_rows_keep_the_order_of_the_entries() -> None:
    decided = unavailable_row()
    rows = measure(SUBJECT, [decided, candidate("GOOD"), decided], limits=LIMITS, settings=QUICK).rows
    assert [row.status for row in rows] == [Status.UNAVAILABLE, Status.MEASURED, Status.UNAVAILABLE]


def test_with_nothing_to_time_no_process_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("arllie_deploy.bench.group.WorkerProcess", None)
    measurement = measure(SUBJECT, [unavailable_row()], limits=LIMITS, settings=QUICK)
    assert measurement.complete
    assert measurement.floor is None


def test_ctrl_c_keeps_what_was_measured() -> None:
    settings = Settings(rounds=500, calls=1, warm_up_s=0.0, timeout_s=60.0, share_s=60.0)
    measurement = run("GOOD", "INTERRUPTING", settings=settings)
    assert not measurement.complete
    assert measurement.floor is not None
    assert [row.status for row in measurement.rows] == [Status.MEASURED, Status.MEASURED]
    assert all(row.infer_ms is not None and 1 <= row.infer_ms.n < 500 for row in measurement.rows)


def test_ctrl_c_before_the_first_round_leaves_no_row_without_a_reason() -> None:
    def interrupt(done: int, total: int) -> None:
        raise AssertionError("no round may be done")

    broken = Subject(Interrupted(), SUBJECT.frames, 1)  # type: ignore[arg-type]
    measurement = measure(broken, [candidate("GOOD")], limits=LIMITS, settings=QUICK, progress=interrupt)
    assert not measurement.complete
    assert measurement.floor is None
    assert (measurement.rows[0].status, measurement.rows[0].reason) == (
        Status.FAILED,
        "interrupted before it was timed",
    )


class Interrupted:
    """A model whose reference is interrupted."""

    def __getattr__(self, name: str) -> object:
        raise KeyboardInterrupt


def test_no_process_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spawned = tmp_path / "spawned"
    monkeypatch.setenv("SPAWNED_FILE", str(spawned))
    assert run("SPAWNING").rows[0].status is Status.MEASURED
    assert [number for number in spawned.read_text().split() if is_alive(int(number))] == []


def test_no_process_is_left_after_ctrl_c(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spawned = tmp_path / "spawned"
    monkeypatch.setenv("SPAWNED_FILE", str(spawned))
    assert not run(
        "SPAWNING", "INTERRUPTING", settings=Settings(rounds=500, calls=1, warm_up_s=0.0, share_s=60.0)
    ).complete
    assert [number for number in spawned.read_text().split() if is_alive(int(number))] == []


def is_alive(number: int) -> bool:
    """A zombie is not: where nobody reaps the children of a container it stays listed."""
    status = Path(f"/proc/{number}/stat")
    try:
        return status.read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_frames_are_what_the_floor_copies() -> None:
    """The ratio is to a copy of the very frame: another size has another floor."""
    large = Subject(SUBJECT.enhancer, [np.zeros((480, 640, 3), np.uint8)] * 2, 1)
    measurement = measure(large, [candidate("numpy")], limits=LIMITS, settings=QUICK)
    assert measurement.floor is not None
    assert measurement.floor.frame_bytes == 480 * 640 * 3


def test_groups_have_their_own_floor_and_baseline() -> None:
    """One byte a group: every engine is alone with a baseline, which is onnxruntime once more."""
    entries = [candidate(name) for name in ("onnxruntime", "GOOD", "numpy")]
    rows = measure(SUBJECT, entries, limits=LIMITS, settings=QUICK, group_limit_bytes=1).rows
    assert [row.group for row in rows] == [0, 1, 2]
    assert rows[0].x_ort_fp32 == 1.0
    assert all(row.x_ort_fp32 is not None and row.x_copy_cold is not None for row in rows)


def test_an_engine_that_needs_more_than_a_group_may_hold_is_alone() -> None:
    entries = [candidate("GOOD"), replace(candidate("GOOD"), resident_bytes=2**40), candidate("GOOD")]
    rows = measure(SUBJECT, entries, limits=LIMITS, settings=QUICK, group_limit_bytes=2**32).rows
    assert [row.group for row in rows] == [0, 1, 2]


def test_all_groups_are_in_the_floor_of_the_run() -> None:
    measurement = measure(SUBJECT, [candidate("GOOD")] * 2, limits=LIMITS, settings=QUICK, group_limit_bytes=1)
    assert measurement.floor is not None
    assert measurement.floor.copy_hot_ms.n == 2 * QUICK.rounds * QUICK.calls


def test_a_row_of_another_model_is_compared_with_that_model() -> None:
    other = random_enhancer("plain", seed=3)
    right = replace(candidate("GOOD"), enhancer=other)
    row = measure(SUBJECT, [right], limits=LIMITS, settings=QUICK).rows[0]
    assert (row.status, row.model) == (Status.MEASURED, other.name)


def test_the_accelerator_that_was_not_used_is_a_fallback_without_a_time() -> None:
    asked = replace(candidate("GOOD"), accelerator="cuda")
    row = measure(SUBJECT, [asked], limits=LIMITS, settings=QUICK).rows[0]
    assert row.status is Status.FALLBACK
    assert row.reason == "asked for cuda, it was executed by a test on the CPU"
    assert (row.requested_accelerator, row.executed_by) == ("cuda", "a test on the CPU")


def test_what_an_engine_misses_is_unavailable_in_its_own_words() -> None:
    row = run("LACKING").rows[0]
    assert (row.status, row.reason) == (Status.UNAVAILABLE, "no Vulkan device: install your GPU's driver")


def test_what_cannot_be_judged_is_timed_and_says_so() -> None:
    foreign = replace(candidate("WRONG"), unjudged="random weights", model="a peer")
    row = measure(SUBJECT, [foreign], limits=LIMITS, settings=QUICK).rows[0]
    assert (row.status, row.unjudged, row.parity, row.model) == (Status.MEASURED, "random weights", None, "a peer")
    shape = replace(candidate("OTHER_SHAPE"), unjudged="random weights")
    assert measure(SUBJECT, [shape], limits=LIMITS, settings=QUICK).rows[0].status is Status.WRONG


def test_a_sustained_load_has_a_curve() -> None:
    settings = replace(QUICK, sustained_s=0.3)
    steps: list[tuple[int, int]] = []
    rows = measure(
        SUBJECT,
        [candidate("GOOD"), candidate("RAISING")],
        limits=LIMITS,
        settings=settings,
        progress=lambda done, total: steps.append((done, total)),
    ).rows
    curve = rows[0].sustained
    assert curve is not None
    assert 10 <= len(curve) <= 61
    seconds = [point[0] for point in curve]
    assert seconds == sorted(seconds)
    assert 0.2 < seconds[-1] < 1.0
    assert all(ms > 0 for _, ms in curve)
    assert rows[1].sustained is None
    assert steps[-1] == (5, 5)


def test_the_output_of_the_first_frame_is_kept() -> None:
    measurement = run("RAISING", "GOOD", "WRONG_FRAME")
    assert sorted(measurement.outputs) == [1, 2]
    np.testing.assert_array_equal(measurement.outputs[1], SUBJECT.enhancer.enhance(SUBJECT.frames[0]))
