import os
import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from support.adb_benchmark_model import nnapi_log, write_benchmark_model
from support.adb_device import LoopbackDevice
from support.adb_sandbox import PROPERTIES
from support.adb_tasks import FRAME, candidate, exported, model, right_int8, subject, task
from support.qnn_sdk import tensor_bytes, write_contexts, write_sdk

from arllie_deploy.bench.adb.client import Adb, Server
from arllie_deploy.bench.adb.rows import PhoneResult, Tools, rows_of_phone
from arllie_deploy.bench.adb.session import Limits
from arllie_deploy.bench.candidate import Candidate
from arllie_deploy.bench.row import Row
from arllie_deploy.bench.status import Status
from arllie_deploy.frames import to_unit

Connect = Callable[..., LoopbackDevice]


def script(folder: Path, text: str) -> Path:
    path = folder / "runner.sh"
    path.write_text(f"#!/bin/sh\n{text}\n")
    return path


def statuses(result: PhoneResult) -> list[tuple[str, Status]]:
    return [(row.backend, row.status) for row in result.rows]


def test_the_runner_is_pushed_checked_and_timed(adb: Adb, device: LoopbackDevice, runner: Path) -> None:
    result = rows_of_phone(adb.server, device.serial, task("cpu", tools=Tools(runner=runner)), "run", "adb:phone")
    (row,) = result.rows
    assert row.status is Status.MEASURED, row.reason
    assert (row.backend, row.runtime, row.precision, row.threads, row.size) == ("cpu", "runner", "fp32", 1, "16x12")
    assert row.infer_ms is not None
    assert row.end_to_end_ms is not None
    assert (row.infer_ms.n, row.end_to_end_ms.n) == (4, 4)
    assert row.parity is not None
    assert row.parity.max_abs is not None
    assert row.parity.max_abs < 1e-5
    assert row.x_copy_hot is not None
    assert (row.device, row.model, row.executed_by) == ("adb:phone", "arllie-plain-lol", "plain C")
    assert result.floor is not None
    assert (result.floor.frame_bytes, result.floor.pairs, result.floor.copy_hot_ms.n) == (16 * 12 * 3, 8, 4)
    assert result.before is not None
    assert result.before.soc == "QTI SM8650"
    assert result.after == result.before
    assert (result.interruptions, result.left_behind, result.complete) == (0, None, True)
    assert device.sandbox.leftovers() == []


def test_without_a_runner_ours_is_made(adb: Adb, device: LoopbackDevice, runner: Path) -> None:
    (row,) = rows_of_phone(adb.server, None, task("cpu"), "run", "adb:phone").rows
    assert row.status is Status.MEASURED, row.reason


def test_ours_is_not_sent_to_another_processor(adb: Adb, connect: Connect, tmp_path: Path) -> None:
    device = connect(properties={**PROPERTIES, "ro.product.cpu.abi": "armeabi-v7a"})
    wanted = task("cpu", artifacts={"cpu": [candidate("cpu", tmp_path / "none.a")]})
    rows = rows_of_phone(adb.server, device.serial, wanted, "run", "adb:phone").rows
    assert [row.runtime for row in rows] == ["runner", "native-arm64"]
    for row in rows:
        assert (row.status, "armeabi-v7a" in str(row.reason)) == (Status.UNAVAILABLE, True)


def test_an_emulator_proves_bytes_and_yields_no_time(adb: Adb, connect: Connect, runner: Path) -> None:
    device = connect(properties={**PROPERTIES, "ro.boot.qemu": "1"})
    (row,) = rows_of_phone(adb.server, device.serial, task("cpu", tools=Tools(runner=runner)), "run", "adb:phone").rows
    assert row.status is Status.EMULATED
    assert row.infer_ms is None
    assert row.parity is not None


def test_a_runner_that_is_wrong_is_wrong(adb: Adb, device: LoopbackDevice, tmp_path: Path) -> None:
    frame = subject().frames[0]
    zeros = f'[ -s "$1" ] && head -c {frame.size * 4} /dev/zero > "$2"'
    lines = ['{"protocol": 1, "threads": 1}', '{"run_ns": 5}', '{"done": true, "peak_memory_bytes": 1}']
    said = "; ".join(f"echo '{line}'" for line in lines)
    short = f'case "$1" in *uint8*) head -c {frame.size} /dev/zero > "$2";; *) {zeros};; esac'
    tools = Tools(runner=script(tmp_path, f"{short}; {said}"))
    (row,) = rows_of_phone(adb.server, device.serial, task("cpu", tools=tools), "run", "adb:phone").rows
    assert row.status is Status.WRONG, row.reason
    assert row.infer_ms is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("echo 'license expired'; exit 3", "the runner ended with status 3: license expired"),
        ("kill -11 $$", "the runner ended with status 139"),
        ("echo hello", "does not follow the runner's protocol 1: hello"),
    ],
)
def test_a_runner_that_fails_is_failed(adb: Adb, device: LoopbackDevice, tmp_path: Path, text: str, said: str) -> None:
    tools = Tools(runner=script(tmp_path, text))
    (row,) = rows_of_phone(adb.server, device.serial, task("cpu", tools=tools), "run", "adb:phone").rows
    assert row.status is Status.FAILED
    assert row.reason is not None
    assert said in row.reason
    assert device.sandbox.leftovers() == []


def test_what_the_user_has_not_given_is_unavailable_and_the_rest_goes_on(
    adb: Adb, device: LoopbackDevice, runner: Path, tmp_path: Path
) -> None:
    artifact = exported(tmp_path, "int8")
    artifacts = {name: [candidate(name, artifact)] for name in ("npu", "dsp")}
    result = rows_of_phone(
        adb.server,
        device.serial,
        task("npu", "dsp", "cpu", artifacts=artifacts, tools=Tools(runner=runner)),
        "run",
        "adb:phone",
    )
    assert statuses(result) == [("npu", Status.UNAVAILABLE), ("dsp", Status.UNAVAILABLE), ("cpu", Status.MEASURED)]
    assert "--benchmark-model FILE" in str(result.rows[0].reason)
    assert result.rows[0].target == "tflite-nnapi"


def test_without_the_delegates_libraries_dsp_is_unavailable(adb: Adb, device: LoopbackDevice, tmp_path: Path) -> None:
    program = write_benchmark_model(tmp_path / "program", answers={}, log=[])
    artifacts = {"dsp": [candidate("dsp", exported(tmp_path, "int8"))]}
    wanted = task("dsp", artifacts=artifacts, tools=Tools(benchmark_model=program))
    (row,) = rows_of_phone(adb.server, device.serial, wanted, "run", "adb:phone").rows
    assert (row.status, "--hexagon-libraries" in str(row.reason)) == (Status.UNAVAILABLE, True)


def npu_row(adb: Adb, device: LoopbackDevice, folder: Path, log: list[tuple[str, str]]) -> Row:
    """Of a right artifact, with a program that prints these lines."""
    source, answer = right_int8()
    program = write_benchmark_model(folder / "program", answers={source: answer}, log=log)
    artifacts = {"npu": [candidate("npu", exported(folder, "int8"))]}
    wanted = task("npu", artifacts=artifacts, tools=Tools(benchmark_model=program))
    (row,) = rows_of_phone(adb.server, device.serial, wanted, "run", "adb:phone").rows
    return row


def test_a_measured_artifact_is_a_row(adb: Adb, device: LoopbackDevice, tmp_path: Path) -> None:
    row = npu_row(adb, device, tmp_path, nnapi_log(1, 1))
    assert row.status is Status.MEASURED, row.reason
    assert row.infer_ms is not None
    assert (row.infer_ms.n, row.device, row.end_to_end_ms) == (4, "adb:phone", None)
    assert (row.requested_accelerator, row.executed_by) == ("nnapi", "NNAPI")
    assert (row.nodes_delegated, row.nodes_total) == (1, 1)


def test_a_fallback_is_a_row_with_its_reason(adb: Adb, device: LoopbackDevice, tmp_path: Path) -> None:
    row = npu_row(adb, device, tmp_path, nnapi_log(2, 3))
    assert row.status is Status.FALLBACK
    assert "2 of 3 nodes" in str(row.reason)


HTP_INPUT = tensor_bytes(FRAME / np.float32(255))
HTP_OUTPUT = tensor_bytes(model().reference(to_unit(FRAME)))


def htp(artifact: Path | None) -> Candidate:
    return replace(
        candidate("dsp", Path("none")), runtime="qnn", target="qnn-htp", accelerator="htp", artifact=artifact
    )


def sdk_for(folder: Path) -> Tools:
    return Tools(qnn_sdk=write_sdk(folder / "sdk", answers={HTP_INPUT: HTP_OUTPUT}))


def test_the_htp_stands_beside_the_hexagon_delegate(adb: Adb, device: LoopbackDevice, tmp_path: Path) -> None:
    artifacts = {"dsp": [candidate("dsp", tmp_path), htp(write_contexts(tmp_path, 73, 75))]}
    wanted = task("dsp", artifacts=artifacts, tools=sdk_for(tmp_path))
    legacy, row = rows_of_phone(adb.server, device.serial, wanted, "run", "adb:phone").rows
    assert (legacy.status, "--hexagon-libraries" in str(legacy.reason)) == (Status.UNAVAILABLE, True)
    assert row.status is Status.MEASURED, row.reason
    assert (row.backend, row.runtime, row.target, row.precision) == ("dsp", "qnn", "qnn-htp", "int8")
    assert (row.requested_accelerator, row.executed_by) == ("htp", "Qualcomm HTP v75")
    assert row.infer_ms is not None
    assert row.kernel_ms is not None
    assert (row.infer_ms.n, row.kernel_ms.n, row.end_to_end_ms) == (10, 10, None)
    assert row.kernel_ms.p50 == row.infer_ms.p50 - 0.5
    assert device.sandbox.leftovers() == []


def test_without_qualcomms_sdk_the_htp_is_unavailable(adb: Adb, device: LoopbackDevice) -> None:
    (row,) = rows_of_phone(adb.server, device.serial, task("dsp", artifacts={"dsp": [htp(None)]}), "run", "phone").rows
    assert (row.status, "--qnn-sdk" in str(row.reason)) == (Status.UNAVAILABLE, True)
    assert not any("qnn" in event for event in device.events)


@pytest.mark.parametrize(
    ("soc", "said"),
    [("SM8250", "not known which HTP a phone with QTI SM8250 has"), ("SM8550", "the HTP of QTI SM8550 is v73")],
)
def test_a_phone_that_no_context_is_for_is_unavailable(
    adb: Adb, connect: Connect, tmp_path: Path, soc: str, said: str
) -> None:
    device = connect(properties={**PROPERTIES, "ro.soc.model": soc})
    wanted = task("dsp", artifacts={"dsp": [htp(write_contexts(tmp_path, 75))]}, tools=sdk_for(tmp_path))
    (row,) = rows_of_phone(adb.server, device.serial, wanted, "run", "phone").rows
    assert (row.status, said in str(row.reason)) == (Status.UNAVAILABLE, True), row.reason


def test_a_folder_that_is_no_sdk_is_one_row_and_the_rest_goes_on(
    adb: Adb, device: LoopbackDevice, runner: Path, tmp_path: Path
) -> None:
    artifacts = {"dsp": [htp(write_contexts(tmp_path, 75))]}
    wanted = task("dsp", "cpu", artifacts=artifacts, tools=Tools(runner=runner, qnn_sdk=tmp_path / "none"))
    result = rows_of_phone(adb.server, device.serial, wanted, "run", "phone")
    assert statuses(result) == [("dsp", Status.FAILED), ("cpu", Status.MEASURED)]
    assert "no bin/aarch64-android/qnn-net-run, lib/aarch64-android/libQnnHtp.so" in str(result.rows[0].reason)


def test_an_emulated_phone_gives_the_htp_no_time(adb: Adb, connect: Connect, tmp_path: Path) -> None:
    device = connect(properties={**PROPERTIES, "ro.boot.qemu": "1"})
    wanted = task("dsp", artifacts={"dsp": [htp(write_contexts(tmp_path, 75))]}, tools=sdk_for(tmp_path))
    (row,) = rows_of_phone(adb.server, device.serial, wanted, "run", "phone").rows
    assert (row.status, row.infer_ms, row.kernel_ms) == (Status.EMULATED, None, None)
    assert row.parity is not None


def test_a_phone_lost_for_good_in_the_htp_keeps_what_is_proven(
    adb: Adb, device: LoopbackDevice, tmp_path: Path
) -> None:
    device.returns, device.drops = False, ["--num_inferences 8"]
    artifacts = {"dsp": [htp(write_contexts(tmp_path, 75))]}
    wanted = task("dsp", artifacts=artifacts, tools=sdk_for(tmp_path), waits=Limits(return_s=0.5))
    (row,) = rows_of_phone(adb.server, device.serial, wanted, "run", "phone").rows
    assert (row.status, row.infer_ms) == (Status.FAILED, None)
    assert "its output is right, but it has no time: " in str(row.reason)
    assert "did not come back" in str(row.reason)
    assert row.parity is not None


def test_no_server_no_device_and_two_devices_are_rows(adb: Adb, connect: Connect) -> None:
    lonely = Server("127.0.0.1", 1)
    assert "adb start-server" in str(rows_of_phone(lonely, None, task("cpu"), "run", "adb").rows[0].reason)
    result = rows_of_phone(adb.server, None, task("cpu", "npu"), "run", "adb")
    assert statuses(result) == [("cpu", Status.UNAVAILABLE), ("npu", Status.UNAVAILABLE)]
    assert result.before is None
    connect(), connect()
    assert "more than one phone" in str(rows_of_phone(adb.server, None, task("cpu"), "run", "adb").rows[0].reason)


def test_no_adb_is_a_row(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    result = rows_of_phone(Server(), None, task("cpu", "dsp"), "run", "adb")
    assert statuses(result) == [("cpu", Status.UNAVAILABLE), ("dsp", Status.UNAVAILABLE)]
    assert "apt-get install adb" in str(result.rows[1].reason)


def test_an_unauthorized_phone_is_a_row(adb: Adb, connect: Connect) -> None:
    device = connect(owner="refuses")
    (row,) = rows_of_phone(adb.server, device.serial, task("cpu"), "run", "adb:phone").rows
    assert (row.status, "allow USB debugging" in str(row.reason)) == (Status.UNAVAILABLE, True)


def test_a_full_phone_is_a_row(adb: Adb, device: LoopbackDevice, runner: Path) -> None:
    device.capacity_bytes = 1000
    (row,) = rows_of_phone(adb.server, device.serial, task("cpu", tools=Tools(runner=runner)), "run", "adb:phone").rows
    assert (row.status, "no space is left" in str(row.reason)) == (Status.FAILED, True)
    assert device.sandbox.leftovers() == []


def test_a_phone_that_is_lost_for_good_is_waited_for_once(adb: Adb, device: LoopbackDevice, runner: Path) -> None:
    device.returns, device.drops = False, ["send "]
    wanted = task("cpu", "npu", "dsp", tools=Tools(runner=runner), waits=Limits(return_s=3.0))
    start = time.monotonic()
    result = rows_of_phone(adb.server, device.serial, wanted, "run", "adb:phone")
    assert time.monotonic() - start < 2 * 3.0  # neither the look at the phone nor cleaning up waits again
    assert result.rows[0].status is Status.FAILED
    assert "did not come back" in str(result.rows[0].reason)
    assert len(result.rows) == 3
    assert result.left_behind is not None


def test_a_phone_that_is_lost_for_a_moment_gives_its_row(adb: Adb, device: LoopbackDevice, runner: Path) -> None:
    device.drops = ["send ", 'print {"run_ns"']
    result = rows_of_phone(adb.server, device.serial, task("cpu", tools=Tools(runner=runner)), "run", "adb:phone")
    assert statuses(result) == [("cpu", Status.MEASURED)]
    assert result.interruptions == 2


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_ctrl_c_or_being_told_to_end_keeps_the_rows_that_are_done(
    adb: Adb, device: LoopbackDevice, tmp_path: Path, number: signal.Signals
) -> None:
    before = signal.getsignal(number)
    first = script(tmp_path, "echo no; exit 3")
    source, answer = right_int8()
    log = [*nnapi_log(1, 1)]
    program = write_benchmark_model(tmp_path / "program", answers={source: answer}, log=log)
    program.write_text(program.read_text().replace("import hashlib", "import time; time.sleep(60)\nimport hashlib", 1))
    artifact = exported(tmp_path, "int8")
    artifacts = {"npu": [candidate("npu", artifact), candidate("npu", artifact)]}
    wanted = task("cpu", "npu", artifacts=artifacts, tools=Tools(runner=first, benchmark_model=program))
    end_once_it_runs(device, number)
    result = rows_of_phone(adb.server, device.serial, wanted, "run", "adb:phone")
    assert not result.complete
    assert statuses(result) == [("cpu", Status.FAILED), ("npu", Status.FAILED), ("npu", Status.FAILED)]
    assert "status 3" in str(result.rows[0].reason)
    assert [row.reason for row in result.rows[1:]] == ["interrupted before it was timed"] * 2
    assert device.sandbox.leftovers() == []
    assert device.all_ended()
    assert signal.getsignal(number) is before


def end_once_it_runs(device: LoopbackDevice, number: signal.Signals) -> None:
    """Send this process a signal when the device has been asked to run benchmark_model."""

    def wait() -> None:
        end = time.monotonic() + 10
        while time.monotonic() < end and not any("--graph" in event for event in list(device.events)):
            time.sleep(0.02)
        os.kill(os.getpid(), number)

    threading.Thread(target=wait, daemon=True).start()


def test_two_phones_at_once(adb: Adb, connect: Connect, runner: Path) -> None:
    serials = [connect().serial for _ in range(2)]
    wanted = task("cpu", tools=Tools(runner=runner))
    with ThreadPoolExecutor(2) as threads:
        results = list(threads.map(lambda serial: rows_of_phone(adb.server, serial, wanted, "run", serial), serials))
    assert [statuses(result) for result in results] == [[("cpu", Status.MEASURED)]] * 2
    assert [result.rows[0].device for result in results] == serials
