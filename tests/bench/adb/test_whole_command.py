"""`arllie-bench --device` as a user runs it: the genuine adb, the loopback device, the command's own files."""

import json
from pathlib import Path

import numpy as np
import pytest
from support.adb_device import LoopbackDevice
from support.commands import run_program
from support.qnn_sdk import tensor_bytes, write_sdk

from arllie_deploy.bench.adb.client import Adb
from arllie_deploy.cli.artifacts import model_for
from arllie_deploy.cli.bench_request import Request
from arllie_deploy.cli.bench_run import subject_of
from arllie_deploy.export.targets import TARGETS
from arllie_deploy.frames import to_unit


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
    processor = [(row["target"], row["precision"]) for row in result["rows"] if row["status"] == "measured"]
    assert processor == [(None, "fp32"), ("native-arm64-android", "int8x16")]
    assert {backend for backend, status in statuses if status == "unavailable"} == {"npu", "dsp"}
    assert {row["device"] for row in result["rows"]} == {"phone"}
    assert device.sandbox.leftovers() == []


def test_a_phones_htp_is_timed_with_qualcomms_sdk(
    adb: Adb, device: LoopbackDevice, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The contexts are those that the exporter really makes; the stand-in tells their generation from their bytes."""
    target = TARGETS["qnn-htp"]
    if not target.availability().ok:
        pytest.skip(str(target.availability().reason))
    subject = subject_of(Request(size="64x48"))
    frame, member = subject.frames[0], model_for(target, "int8", subject.enhancer)
    answers = {tensor_bytes(frame / np.float32(255)): tensor_bytes(member.reference(to_unit(frame)))}
    sdk = write_sdk(tmp_path / "Q SDK; touch $(T)", answers=answers)
    monkeypatch.setenv("ANDROID_ADB_SERVER_ADDRESS", str(adb.server.host))
    monkeypatch.setenv("ANDROID_ADB_SERVER_PORT", str(adb.server.port))
    arguments = ["--device", f"adb:{device.serial}", "--backends", "dsp", "--size", "64x48", "--qnn-sdk", sdk]
    ended = run_program("bench", *arguments, "--out", tmp_path / "out")
    assert ended.status == 0, ended.err
    result = json.loads((tmp_path / "out" / "bench.json").read_text())
    rows = {row["target"]: row for row in result["rows"]}
    assert rows["tflite-hexagon"]["status"] == "unavailable"
    row = rows["qnn-htp"]
    assert row["status"] == "measured", row["reason"]
    assert (row["backend"], row["executed_by"], row["model"]) == ("dsp", "Qualcomm HTP v75", member.name)
    assert row["infer_ms"]["n"] == row["kernel_ms"]["n"] == 50
    assert row["parity"]["psnr_db"] is None or row["parity"]["psnr_db"] > 100
    assert f"--qnn-sdk '{sdk}'" in result["command"]
    assert device.sandbox.leftovers() == []
    assert not (tmp_path / "T").exists()
