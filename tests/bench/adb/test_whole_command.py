"""`arllie-bench --device` as a user runs it: the genuine adb, the loopback device, the command's own files."""

import json
from pathlib import Path

import pytest
from support.adb_device import LoopbackDevice
from support.commands import run_program

from arllie_deploy.bench.adb.client import Adb


def test_a_phones_processor_is_timed_and_the_rest_says_why_not(
    adb: Adb, device: LoopbackDevice, runner: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANDROID_ADB_SERVER_ADDRESS", str(adb.server.host))
    monkeypatch.setenv("ANDROID_ADB_SERVER_PORT", str(adb.server.port))
    arguments = ["--device", f"adb:{device.serial}", "--backends", "cpu,npu,dsp", "--size", "64x48", "--runner", runner]
    ended = run_program("bench", *arguments, "--out", tmp_path / "out")
    assert ended.status == 0, ended.err
    result = json.loads((tmp_path / "out" / "bench.json").read_text())
    statuses = {(row["backend"], row["status"]) for row in result["rows"]}
    assert ("cpu", "measured") in statuses
    assert {backend for backend, status in statuses if status == "unavailable"} == {"npu", "dsp"}
    assert {row["device"] for row in result["rows"]} == {"phone"}
    assert device.sandbox.leftovers() == []
