"""`benchmark_model` on the loopback device: a program of the same flags and output stands in for it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.adb_benchmark_model import nnapi_log, write_benchmark_model
from support.adb_device import LoopbackDevice
from support.adb_tasks import FRAME, exported, judge_int8, right_int8

from arllie_deploy.bench.adb.benchmark_model import HEXAGON, NNAPI, Accelerator, BenchmarkModel, Rounds, hexagon
from arllie_deploy.bench.adb.outcome import Outcome
from arllie_deploy.bench.adb.session import Session
from arllie_deploy.bench.adb.trouble import AdbError
from arllie_deploy.bench.status import Status
from arllie_deploy.errors import ArllieError

ALL = nnapi_log(1, 1)
Time = Callable[..., Outcome]


@pytest.fixture
def time_it(session: Session, tmp_path: Path) -> Time:
    """Times the int8 artifact with a program that behaves as the options say."""
    artifact = exported(tmp_path, "int8")
    source, result = right_int8()

    def timed(accelerator: Accelerator = NNAPI, rounds: int = 2, **behavior: Any) -> Outcome:
        options = {"answers": {source: result}, "log": ALL, **behavior}
        program = write_benchmark_model(tmp_path / "bench mark; touch $(T)", **options)
        tool = BenchmarkModel(session, program, artifact, accelerator, None)
        return tool.outcome(FRAME, judge_int8, Rounds(rounds, 0.0), tmp_path)

    return timed


def test_a_right_output_of_the_accelerator_is_timed(time_it: Time, session: Session, device: LoopbackDevice) -> None:
    outcome = time_it(rounds=3, calls_us=(6400, 6600))
    assert outcome.status is Status.MEASURED, outcome.reason
    assert outcome.infer_ms is not None
    assert (outcome.infer_ms.n, outcome.infer_ms.min, outcome.infer_ms.p50) == (6, 6.4, 6.5)
    assert (outcome.nodes_delegated, outcome.nodes_total) == (1, 1)
    assert outcome.executed_by == "NNAPI"
    assert outcome.memory_bytes == int(42.5 * 1048576)
    assert outcome.parity is not None
    assert outcome.parity.max_abs is not None
    assert outcome.parity.max_abs < 0.01
    commands = [event for event in device.events if "--graph" in event]
    assert len(commands) == 4
    for flag in (
        "--use_nnapi=true",
        "--disable_nnapi_cpu=true",
        "--input_layer_value_files=input:",
        "--output_filepath=",
    ):
        assert all(flag in command for command in commands)


@pytest.mark.parametrize("behavior", [{"prefixes": False, "percentiles": False}, {"calls_us": (5000, 5000)}])
def test_an_older_version_is_read_too(time_it: Time, behavior: dict[str, Any]) -> None:
    outcome = time_it(unknown=["report_peak_memory_footprint"], **behavior)
    assert outcome.status is Status.MEASURED, outcome.reason
    assert outcome.infer_ms is not None
    assert outcome.infer_ms.n == 4
    assert outcome.memory_bytes is None


def test_a_wrong_output_is_wrong_and_not_timed(time_it: Time, device: LoopbackDevice) -> None:
    source, result = right_int8()
    broken = bytearray(result)
    broken[5] ^= 0x40
    outcome = time_it(answers={source: bytes(broken)})
    assert outcome.status is Status.WRONG
    assert outcome.infer_ms is None
    assert outcome.parity is not None
    assert outcome.reason is not None
    assert "differs from the reference" in outcome.reason
    assert sum("--graph" in event for event in device.events) == 1


def test_a_program_that_saw_another_input_is_wrong(time_it: Time) -> None:
    outcome = time_it(answers={}, output_bytes=len(right_int8()[1]))
    assert outcome.status is Status.WRONG


def test_an_output_of_another_size_is_an_error(time_it: Time) -> None:
    with pytest.raises(ArllieError, match="its output has 7 bytes"):
        time_it(answers={}, output_bytes=7)


@pytest.mark.parametrize(
    ("delegated", "said"),
    [(0, "NNAPI executed nothing, the processor the rest"), (2, "NNAPI executed 2 of 3 nodes, the processor the rest")],
)
def test_fewer_nodes_than_the_graph_has_is_a_fallback(time_it: Time, delegated: int, said: str) -> None:
    outcome = time_it(log=nnapi_log(delegated, 3))
    assert outcome.status is Status.FALLBACK
    assert outcome.reason == f"{said}; NNAPI has here: qti-dsp, qti-gpu, nnapi-reference"
    assert outcome.nodes_delegated == (delegated or None)
    assert outcome.infer_ms is None


def test_a_log_that_says_nothing_is_a_fallback(time_it: Time) -> None:
    outcome = time_it(log=[])
    assert outcome.status is Status.FALLBACK
    assert outcome.reason is not None
    assert "nothing in its log says that NNAPI executed anything" in outcome.reason


def test_a_delegate_that_is_refused_is_a_fallback(time_it: Time) -> None:
    outcome = time_it(log=[("WARN", "NNAPI acceleration is unsupported on this platform.")])
    assert outcome.status is Status.FALLBACK
    assert outcome.reason is not None
    assert outcome.reason.startswith("NNAPI was refused (WARN: NNAPI acceleration is unsupported")


@pytest.mark.parametrize("flag", ["output_filepath", "input_layer_value_files", "use_nnapi", "disable_nnapi_cpu"])
def test_a_program_without_a_needed_flag_is_failed_with_that_reason(time_it: Time, flag: str) -> None:
    outcome = time_it(unknown=[flag])
    assert outcome.status is Status.FAILED
    assert outcome.reason is not None
    assert f"does not know --{flag}; take a newer one" in outcome.reason


def test_a_program_that_fails_is_failed_with_its_last_error(time_it: Time) -> None:
    outcome = time_it(status=1)
    assert outcome.status is Status.FAILED
    assert outcome.reason == "benchmark_model ended with status 1: ERROR: Failed to allocate tensors!"


def test_a_program_that_crashes_is_failed(time_it: Time) -> None:
    outcome = time_it(crash=11)
    assert outcome.status is Status.FAILED
    assert outcome.reason is not None
    assert "status 139" in outcome.reason


def test_a_loss_between_two_runs_costs_only_the_run(time_it: Time, session: Session, device: LoopbackDevice) -> None:
    device.drops = ["--output_filepath", "Running benchmark for at least 2"]
    outcome = time_it(rounds=2)
    assert outcome.status is Status.MEASURED, outcome.reason
    assert outcome.infer_ms is not None
    assert outcome.infer_ms.n == 4
    assert session.interruptions == 2
    assert sum(event.startswith("send") and event.endswith("graph.tflite") for event in device.events) == 1


def test_hexagon_gets_the_libraries_of_the_user(time_it: Time, tmp_path: Path, device: LoopbackDevice) -> None:
    folder = tmp_path / "hexagon libs"
    folder.mkdir()
    for name in ("libhexagon_interface.so", "libhexagon_nn_skel.so", "libhexagon_nn_skel v66.so", "notes.txt"):
        (folder / name).write_bytes(b"library")
    needs = ["libhexagon_interface.so", "libhexagon_nn_skel.so"]
    outcome = time_it(hexagon(folder), log=nnapi_log(1, 1, "Hexagon"), needs_files=needs)
    assert outcome.status is Status.MEASURED, outcome.reason
    sent = [event for event in device.events if event.startswith("send")]
    assert sum("libhexagon" in event for event in sent) == 3
    assert not any("notes" in event for event in sent)
    assert any("--use_hexagon=true" in event and "--hexagon_lib_path=" in event for event in device.events)


def test_without_its_libraries_hexagon_falls_back(time_it: Time) -> None:
    outcome = time_it(HEXAGON, log=[], needs_files=["libhexagon_interface.so"])
    assert outcome.status is Status.FALLBACK
    assert outcome.reason is not None
    assert "Could not create Hexagon delegate" in outcome.reason


@pytest.mark.parametrize("there", [[], ["libhexagon_interface.so"], ["libhexagon_nn_skel.so"]])
def test_a_folder_without_the_libraries_is_refused(tmp_path: Path, there: list[str]) -> None:
    for name in there:
        (tmp_path / name).touch()
    with pytest.raises(ArllieError, match="of the Hexagon delegate in this folder"):
        hexagon(tmp_path)


def test_a_program_that_is_not_there_is_named(session: Session, tmp_path: Path) -> None:
    with pytest.raises(ArllieError, match="--benchmark-model"):
        BenchmarkModel(session, tmp_path / "nothing", tmp_path / "x.tflite", NNAPI, None)


def test_a_device_that_is_full_is_said(session: Session, device: LoopbackDevice, tmp_path: Path) -> None:
    device.capacity_bytes = 3000
    program = write_benchmark_model(tmp_path / "program", answers={}, log=ALL)
    with pytest.raises(AdbError, match="no space is left"):
        BenchmarkModel(session, program, exported(tmp_path, "int8"), NNAPI, None)
