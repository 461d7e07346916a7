"""`qnn-net-run` on the loopback device: a program of the same options and files stands in for it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.adb_device import LoopbackDevice
from support.adb_tasks import FRAME, judge_int8, model
from support.qnn_sdk import tensor_bytes, write_contexts, write_sdk

from arllie_deploy.bench.adb.benchmark_model import Rounds
from arllie_deploy.bench.adb.outcome import Outcome
from arllie_deploy.bench.adb.qnn_net_run import Context, QnnNetRun, context_of
from arllie_deploy.bench.adb.session import Session
from arllie_deploy.bench.adb.trouble import AdbError
from arllie_deploy.bench.status import Status
from arllie_deploy.errors import ArllieError, UnavailableError
from arllie_deploy.frames import to_unit

Time = Callable[..., Outcome]
INPUT = tensor_bytes(FRAME / np.float32(255))
RIGHT = tensor_bytes(model().reference(to_unit(FRAME)))


@pytest.fixture
def time_it(session: Session, tmp_path: Path) -> Time:
    """Times a context with an SDK that behaves as the options say."""

    def timed(context_arch: int = 75, rounds: int = 2, **behavior: Any) -> Outcome:
        sdk = write_sdk(tmp_path / "Q SDK; touch $(T)", **{"answers": {INPUT: RIGHT}, **behavior})
        binary = context_of(write_contexts(tmp_path, context_arch), context_arch, None).binary
        tool = QnnNetRun(session, sdk, Context(binary, 75))
        return tool.outcome(FRAME, judge_int8, Rounds(rounds, 0.0), tmp_path)

    return timed


def runs(device: LoopbackDevice) -> list[str]:
    return [event for event in device.events if "--retrieve_context" in event]


def test_a_right_output_is_timed_by_the_runners_clock(time_it: Time, device: LoopbackDevice) -> None:
    outcome = time_it(rounds=3, calls_us=(90000, 80000, 70000, 6000, 6100, 6200, 6300, 6400))
    assert outcome.status is Status.MEASURED, outcome.reason
    assert outcome.infer_ms is not None
    assert (outcome.infer_ms.n, outcome.infer_ms.min, outcome.infer_ms.p50) == (15, 6.0, 6.2)
    assert outcome.kernel_ms is not None
    assert (outcome.kernel_ms.n, outcome.kernel_ms.p50) == (15, 5.7)
    assert outcome.executed_by == "Qualcomm HTP v75"
    assert outcome.parity is not None
    assert outcome.parity.max_abs is not None
    assert outcome.parity.max_abs < 1e-6
    assert len(runs(device)) == 1 + 3


def test_what_is_pushed_is_what_the_phone_needs(time_it: Time, device: LoopbackDevice) -> None:
    assert time_it().status is Status.MEASURED
    sent = [event for event in device.events if event.startswith("send")]
    libraries = {event.rpartition("/")[2] for event in sent if "libQnn" in event}
    shared = {"libQnnHtp.so", "libQnnHtpPrepare.so", "libQnnSystem.so"}
    assert libraries == {*shared, "libQnnHtpV75Stub.so", "libQnnHtpV75Skel.so"}
    for command in runs(device):
        assert "LD_LIBRARY_PATH=/data/local/tmp/arllie-run ADSP_LIBRARY_PATH=/data/local/tmp/arllie-run " in command


def test_a_wrong_output_is_wrong_and_not_timed(time_it: Time, device: LoopbackDevice) -> None:
    broken = np.frombuffer(RIGHT, "<f4").copy()
    broken[5] += 0.5
    outcome = time_it(answers={INPUT: broken.tobytes()})
    assert outcome.status is Status.WRONG
    assert "differs from the reference" in str(outcome.reason)
    assert (outcome.infer_ms, outcome.kernel_ms) == (None, None)
    assert len(runs(device)) == 1


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_an_output_that_is_not_finite_is_wrong(time_it: Time, value: float) -> None:
    broken = np.frombuffer(RIGHT, "<f4").copy()
    broken[5] = value
    assert time_it(answers={INPUT: broken.tobytes()}).status is Status.WRONG


def test_a_program_that_saw_another_input_is_wrong(time_it: Time) -> None:
    assert time_it(answers={}, output_bytes=len(RIGHT)).status is Status.WRONG


def test_an_output_of_another_size_is_an_error(time_it: Time) -> None:
    with pytest.raises(ArllieError, match=r"its output has 7 bytes, a float32 frame of 16x12 has 2304"):
        time_it(answers={}, output_bytes=7)


def test_no_output_is_failed(time_it: Time) -> None:
    outcome = time_it(writes_output=False)
    assert outcome.status is Status.FAILED
    assert "wrote no Result_0/output.raw" in str(outcome.reason)


def test_a_context_of_another_generation_is_refused_with_the_reason(time_it: Time) -> None:
    with pytest.raises(ArllieError) as caught:
        time_it(context_arch=81)
    said = str(caught.value)
    assert said.startswith("qnn-net-run ended with status 6: ")
    assert "Request feature arch with value 81 unsupported; " in said
    assert "Could not create context from binary" in said
    assert "an SDK that is not older" in said


def test_a_graph_of_another_size_is_refused_with_the_reason(time_it: Time) -> None:
    with pytest.raises(ArllieError, match="Read 2304 bytes, expected 4608"):
        time_it(input_bytes=4608)


def test_a_crash_is_an_error_with_its_status(time_it: Time) -> None:
    with pytest.raises(ArllieError, match="status 139"):
        time_it(crash=11)


def test_a_profile_without_the_accelerator_is_a_fallback(time_it: Time) -> None:
    outcome = time_it(accelerator=False)
    assert (outcome.status, outcome.infer_ms, outcome.executed_by) == (Status.FALLBACK, None, None)
    assert "nothing in its profile" in str(outcome.reason)
    assert outcome.parity is not None


def test_a_profile_of_other_executions_gives_no_time(time_it: Time) -> None:
    outcome = time_it(logged=1)
    assert (outcome.status, outcome.infer_ms) == (Status.FAILED, None)
    assert "its profile has 1 by the runner's clock and 1 by the HTP's of 8 executions" in str(outcome.reason)


def test_without_a_profile_parity_stays_and_there_is_no_time(time_it: Time) -> None:
    outcome = time_it(writes_log=False)
    assert (outcome.status, outcome.infer_ms) == (Status.FAILED, None)
    assert outcome.reason == "its output is right, but it has no time: qnn-net-run wrote no qnn-profiling-data log"
    assert outcome.parity is not None


@pytest.mark.parametrize(("there", "status"), [(False, Status.UNAVAILABLE), (True, Status.FAILED)])
def test_without_a_working_viewer_parity_stays_and_there_is_no_time(
    session: Session, tmp_path: Path, there: bool, status: Status
) -> None:
    sdk = write_sdk(tmp_path / "sdk", answers={INPUT: RIGHT}, viewer_status=1)
    if not there:
        (sdk / "bin/x86_64-linux-clang/qnn-profile-viewer").unlink()
    tool = QnnNetRun(session, sdk, context_of(write_contexts(tmp_path, 75), 75, None))
    outcome = tool.outcome(FRAME, judge_int8, Rounds(1, 0.0), tmp_path)
    assert (outcome.status, outcome.infer_ms) == (status, None)
    assert "its output is right, but it has no time: " in str(outcome.reason)
    assert "qnn-profile-viewer" in str(outcome.reason)
    assert outcome.parity is not None


def test_a_loss_costs_only_the_run_under_way(time_it: Time, session: Session, device: LoopbackDevice) -> None:
    device.drops = ["libQnnSystem.so", "--num_inferences 8", "Graph 0 executed 8"]
    outcome = time_it(rounds=2)
    assert outcome.status is Status.MEASURED, outcome.reason
    assert outcome.infer_ms is not None
    assert outcome.infer_ms.n == 10
    assert session.interruptions == 3
    assert sum(event.startswith("send") and event.endswith("context.bin") for event in device.events) == 1


def test_a_phone_that_is_full_is_said(session: Session, device: LoopbackDevice, tmp_path: Path) -> None:
    sdk, main = write_sdk(tmp_path / "sdk", answers={}), write_contexts(tmp_path, 75)
    device.capacity_bytes = 1000
    with pytest.raises(AdbError, match="no space is left"):
        QnnNetRun(session, sdk, context_of(main, 75, None))


def test_the_context_is_that_of_the_phones_generation(tmp_path: Path) -> None:
    main = write_contexts(tmp_path, 69, 75, 81)
    (tmp_path / "other-qnn-htp-int8-v73.bin").write_bytes(b"of another model")
    assert context_of(main, 75, "QTI SM8650") == Context(tmp_path / f"{main.stem}-v75.bin", 75)
    with pytest.raises(
        UnavailableError, match=r"the HTP of QTI SM8550 is v73; .*\.onnx has contexts for v69, v75, v81"
    ):
        context_of(main, 73, "QTI SM8550")
    with pytest.raises(UnavailableError, match="not known which HTP a phone with Mediatek MT6989 has"):
        context_of(main, None, "Mediatek MT6989")
    with pytest.raises(UnavailableError, match="an unnamed chip"):
        context_of(main, None, None)
