"""The native kernel's runner on the loopback device: the real program of AArch64, executed by qemu-aarch64."""

from collections.abc import Callable
from pathlib import Path

from support.adb_device import LoopbackDevice
from support.adb_sandbox import PROPERTIES
from support.adb_tasks import candidate, native_library, task
from support.enhancers import random_enhancer

from arllie_deploy.bench.adb.client import Adb
from arllie_deploy.bench.adb.rows import Tools, rows_of_phone
from arllie_deploy.bench.status import Status

Connect = Callable[..., LoopbackDevice]


def failing(folder: Path) -> Path:
    """A runner of any model that gives nothing, at once."""
    path = folder / "runner.sh"
    path.write_text("#!/bin/sh\nexit 3\n")
    return path


def test_the_native_kernels_runner_is_timed_beside_it_on_bytes_alone(
    adb: Adb, device: LoopbackDevice, runner: Path, tmp_path: Path
) -> None:
    artifacts = {"cpu": [candidate("cpu", native_library(tmp_path))]}
    wanted = task("cpu", artifacts=artifacts, tools=Tools(runner=runner))
    result = rows_of_phone(adb.server, device.serial, wanted, "run", "adb:phone")
    plain, row = result.rows
    assert (plain.status, plain.runtime, plain.precision) == (Status.MEASURED, "runner", "fp32")
    assert row.status is Status.MEASURED, row.reason
    assert (row.runtime, row.target, row.precision) == ("native-arm64", "native-arm64-android", "int8x16")
    assert (row.device, row.threads, row.size) == ("adb:phone", 1, "16x12")
    assert str(row.executed_by).startswith("the native kernel, neon")
    assert row.infer_ms is not None
    assert (row.infer_ms.n, row.end_to_end_ms) == (4, row.infer_ms)
    assert row.parity is not None
    assert row.parity.max_abs is not None
    assert 0 < row.parity.max_abs <= 1.5 / 255
    assert None not in (row.x_copy_hot, row.x_copy_cold, row.memory_bytes)
    requests = [event for event in device.events if event.startswith("send") and event.endswith(".request")]
    assert [request.rpartition("/")[2] for request in requests] == ["float.request", "uint8.request"]
    assert device.sandbox.leftovers() == []


def test_a_runner_with_another_model_inside_is_failed_and_says_so(
    adb: Adb, device: LoopbackDevice, tmp_path: Path
) -> None:
    artifacts = {"cpu": [candidate("cpu", native_library(tmp_path, random_enhancer("plain")))]}
    wanted = task("cpu", artifacts=artifacts, tools=Tools(runner=failing(tmp_path)))
    row = rows_of_phone(adb.server, device.serial, wanted, "run", "adb:phone").rows[1]
    assert (row.status, row.infer_ms) == (Status.FAILED, None)
    assert "of another model than the one inside" in str(row.reason)


def test_an_emulator_gives_the_native_kernel_no_time(adb: Adb, connect: Connect, tmp_path: Path) -> None:
    device = connect(properties={**PROPERTIES, "ro.boot.qemu": "1"})
    artifacts = {"cpu": [candidate("cpu", native_library(tmp_path))]}
    wanted = task("cpu", artifacts=artifacts, tools=Tools(runner=failing(tmp_path)))
    row = rows_of_phone(adb.server, device.serial, wanted, "run", "adb:phone").rows[1]
    assert (row.status, row.infer_ms, row.x_copy_hot) == (Status.EMULATED, None, None)
    assert row.parity is not None


def test_without_its_artifact_the_native_kernels_row_says_what_is_missing(
    adb: Adb, device: LoopbackDevice, tmp_path: Path
) -> None:
    decided = candidate("cpu", tmp_path / "none.a").row(Status.UNAVAILABLE, reason="no compiler here")
    artifacts = {"cpu": [decided, candidate("cpu", tmp_path / "none.a")]}
    wanted = task("cpu", artifacts=artifacts, tools=Tools(runner=failing(tmp_path)))
    rows = rows_of_phone(adb.server, device.serial, wanted, "run", "adb:phone").rows
    assert [row.device for row in rows] == ["adb:phone"] * 3
    assert (rows[1].status, rows[1].reason) == (Status.UNAVAILABLE, "no compiler here")
    assert (rows[2].status, "none-runner: no such file" in str(rows[2].reason)) == (Status.FAILED, True)
