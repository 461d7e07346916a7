import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

import pytest
from support.bench_runtimes import MODULE
from support.commands import assert_refused, bound_by_permissions, run_apart, run_program
from support.enhancers import random_enhancer
from support.json_schema import violations

from arllie_deploy.bench.backends.cuda import has_device
from arllie_deploy.bench.candidate import Candidate
from arllie_deploy.bench.schema import shipped
from arllie_deploy.cli.bench import command
from arllie_deploy.cli.program import run_one
from arllie_deploy.enhancer_file import save
from arllie_deploy.export.targets import TARGETS
from arllie_deploy.native.hexagon import missing_tools

REPORTS = ["bench.csv", "bench.json", "bench.md", "report.html"]


def read(path: Path) -> Any:
    return json.loads(path.read_text())


def test_twice_in_a_row_keeps_both_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CXX", "/nowhere/g++")  # compiling takes half a minute; what says that it cannot takes none
    for _ in range(2):
        ended = run_program("bench", "--backends", "cpu,cuda,npu,dsp", "--size", "64x48", "--out", tmp_path)
        assert ended.status == 0, ended.err
        assert "report:" in ended.out
    runs = sorted((tmp_path / "runs").iterdir())
    assert [sorted(path.name for path in run.iterdir()) for run in runs] == [REPORTS] * 2
    newest = read(tmp_path / "bench.json")
    # An integer row is of another member; the page compares it with that one's own reference.
    assert "was not made" not in (tmp_path / "report.html").read_text()
    assert newest["run_id"] in [run.name for run in runs]
    assert violations(newest, shipped()) == []
    assert newest["complete"]
    assert newest["command"] == "arllie-bench --backends cpu,cuda,npu,dsp --model arllie-lol --size 64x48"
    rows = {(row["backend"], row["runtime"], row["target"], row["precision"]): row for row in newest["rows"]}
    assert rows["cpu", "onnxruntime", None, "fp32"]["status"] == "measured"
    assert rows["cpu", "numpy", None, "fp32"]["status"] == "measured"
    for (backend, runtime, target, precision), row in rows.items():
        if backend == "cpu" and target is not None:
            expected = "measured" if TARGETS[target].availability().ok else "unavailable"
            assert row["status"] == expected, row["reason"]
            assert row["model"] == ("arllie-plain-lol" if precision == "int8" and expected == "measured" else None)
        if backend == "cuda" and not has_device():
            assert (row["status"], "no NVIDIA device" in row["reason"]) == ("unavailable", True), runtime
        if backend == "dsp":
            executed = runtime == "native-hexagon" and missing_tools() is None
            assert row["status"] == ("emulated" if executed else "unavailable")
    assert {row["status"] for row in rows.values()} <= {"measured", "estimated", "emulated", "unavailable"}
    torch = rows["cpu", "torch-compiled", None, "fp32"]
    assert torch["status"] == "unavailable"
    assert "g++" in torch["reason"] or "pip install" in torch["reason"]
    for target, status in (("ethos-u", "estimated"), ("qnn-htp", "emulated")):
        (row,) = [row for key, row in rows.items() if key[2] == target]
        assert row["status"] == (status if TARGETS[target].availability().ok else "unavailable"), row["reason"]


def test_json_is_one_object_and_nothing_else(tmp_path: Path) -> None:
    save(random_enhancer(), tmp_path / "m.safetensors")
    arguments = ["--backends", "npu,dsp", "--model", tmp_path / "m.safetensors", "--size", "64x48", "--json"]
    ended = run_program("bench", *arguments, "--out", tmp_path)
    assert ended.status == 0
    backends = [row["backend"] for row in json.loads(ended.out)["rows"]]
    assert list(dict.fromkeys(backends)) == ["npu", "dsp"]
    assert json.loads(ended.out) == read(tmp_path / "bench.json")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--backends", "cpi"], "unknown backend 'cpi'; did you mean 'cpu'?"),
        (["--backends", ""], "unknown backend ''"),
        (["--size", "0x0"], "0x0"),
        (["--size", "1e9"], "1e9"),
        (["--size", "abc"], "abc"),
        (["--size=-5x5"], "-5x5"),
        (["--threads", "0"], "--threads"),
        (["--model", "arlie"], "did you mean 'arllie'?"),
        (["--model", "none.safetensors"], "no such model file"),
        (["--no-such-option"], "--no-such-option"),
        (["--sustained", "0"], "--sustained"),
        (["--device", "R5CT1"], "write adb:SERIAL"),
        (["--device", "adb:X", "--devices", "fleet.toml"], "give one of them"),
        (["--fail-over", "much"], "no percentage"),
        (["--compare", "none.json"], "no such file"),
        (["--device", "adb:X", "--backends", "cuda"], "none of a phone's"),
        (["--model", "none.onnx"], "none.onnx"),
    ],
)
def test_wrong_use_is_one_line(arguments: list[str], message: str, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert_refused(run_program("bench", *arguments, "--out", out), message)
    assert not out.exists()


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("")
    assert_refused(run_program("bench", "--backends", "npu", "--out", tmp_path / "out"), "a file is in the way")


def test_a_read_only_folder_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    folder.mkdir(mode=0o555)
    arguments = ["--backends", "npu", "--out", folder]
    assert_refused(run_apart("bench", arguments, within=bound_by_permissions(folder)), "permission denied")
    assert list(folder.iterdir()) == []


def run_here(monkeypatch: pytest.MonkeyPatch, out: Path, *runtimes: str) -> int:
    """The program in this process, with made-up engines instead of the backends'."""
    entries = [Candidate(backend="cpu", runtime=f"{MODULE}:{name}", size="64x48") for name in runtimes]
    monkeypatch.setattr("arllie_deploy.cli.bench_run.entries_here", lambda *arguments: entries)
    monkeypatch.setenv(
        "PYTHONPATH", os.pathsep.join([str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH", "")])
    )
    monkeypatch.setattr(sys, "argv", ["arllie-bench", "--size", "64x48", "--out", str(out)])
    return run_one("arllie-bench", command)


def test_ctrl_c_keeps_what_was_measured_and_marks_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = signal.getsignal(signal.SIGINT)
    assert run_here(monkeypatch, tmp_path, "GOOD", "INTERRUPTING") == 130
    assert signal.getsignal(signal.SIGINT) is before
    result = read(tmp_path / "bench.json")
    assert violations(result, shipped()) == []
    assert not result["complete"]
    assert result["rows"][0]["status"] == "measured"
    assert capsys.readouterr().err.splitlines()[-1] == "arllie-bench: error: interrupted"


def test_ctrl_c_before_there_is_a_time_leaves_the_older_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "bench.json").write_text("older")
    assert run_here(monkeypatch, tmp_path, "GOOD", "INTERRUPTING_AT_ONCE") == 130
    assert (tmp_path / "bench.json").read_text() == "older"
    assert list((tmp_path / "runs").iterdir()) == []


@pytest.mark.parametrize(("name", "status"), [("WRONG", "wrong"), ("RAISING", "failed")])
def test_a_bad_row_is_reported_and_fails_the_program(
    name: str, status: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_here(monkeypatch, tmp_path, "GOOD", name) == 1
    result = read(tmp_path / "bench.json")
    assert result["complete"]
    assert [row["status"] for row in result["rows"]] == ["measured", status]
    assert f"{MODULE}:{name} is {status}" in capsys.readouterr().err
