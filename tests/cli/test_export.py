import json
from pathlib import Path

import pytest
from support.commands import assert_refused, bound_by_permissions, run_apart, run_program
from support.enhancers import random_enhancer

from arllie_deploy.enhancer_file import save
from arllie_deploy.export.targets import TARGETS

needs_onnx = pytest.mark.skipif(not TARGETS["onnx-cpu"].availability().ok, reason="onnx or onnxsim is missing")


@needs_onnx
def test_twice_in_a_row_finds_the_same_bytes(tmp_path: Path) -> None:
    for _ in range(2):
        ended = run_program("export", "--target", "onnx-cpu", "--size", "64x48", "--out", tmp_path)
        assert ended.status == 0, ended.err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["arllie-lol-onnx-cpu-fp32.onnx", "manifest.json"]
    entry = json.loads((tmp_path / "manifest.json").read_text())["artifacts"]["arllie-lol-onnx-cpu-fp32.onnx"]
    assert entry["status"] == "ok"


@needs_onnx
def test_json_is_one_object_and_nothing_else(tmp_path: Path) -> None:
    save(random_enhancer(), tmp_path / "m.safetensors")
    arguments = ["--target", "onnx-cpu", "--size", "64x48", "--model", tmp_path / "m.safetensors", "--json"]
    ended = run_program("export", *arguments, "--out", tmp_path / "out")
    assert json.loads(ended.out)["artifacts"]["random-onnx-cpu-fp32.onnx"]["status"] == "ok"


def test_list_shows_every_target_and_why_not() -> None:
    listed = json.loads(run_program("export", "--list", "--json").out)["targets"]
    assert [row["target"] for row in listed] == list(TARGETS)
    assert all(row["available"] or row["reason"] for row in listed)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "name what to export with --target"),
        (["--target", "onx-cpu"], "unknown target 'onx-cpu'; did you mean 'onnx-cpu'?"),
        (["--target", "onnx-cpu", "--size", "0x0"], "0x0"),
        (["--target", "onnx-cpu", "--size", "1000000000x1"], "1000000000x1"),
        (["--target", "onnx-cpu", "--size", "wide"], "wide"),
        (["--target", "onnx-cpu", "--precision", "fp8"], "has no precision 'fp8'; it has fp32"),
        (["--target", "onnx-cpu", "--model", "arlie"], "unknown model 'arlie'; did you mean 'arllie'?"),
        (["--target", "onnx-cpu", "--model", "none.safetensors"], "no such model file"),
        (["--target", "onnx-cpu", "--timeout", "0"], "--timeout 0"),
        (["--target", "onnx-cpu", "--timeout", "inf"], "--timeout inf"),
        (["--target", "onnx-cpu", "--no-such-option"], "--no-such-option"),
    ],
)
def test_wrong_use_is_one_line(arguments: list[str], message: str, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert_refused(run_program("export", *arguments, "--out", out), message)
    assert not out.exists()


def test_a_file_in_the_way_of_the_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("")
    ended = run_program("export", "--target", "onnx-cpu", "--size", "64x48", "--out", tmp_path / "out")
    assert_refused(ended, "is not a folder")


def test_a_read_only_folder_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    folder.mkdir(mode=0o555)
    arguments = ["--target", "onnx-cpu", "--size", "64x48", "--out", folder]
    assert_refused(run_apart("export", arguments, within=bound_by_permissions(folder)), "permission denied")
    assert list(folder.iterdir()) == []


@needs_onnx
def test_a_converter_that_takes_too_long_is_stopped(tmp_path: Path) -> None:
    ended = run_program("export", "--target", "onnx-cpu", "--timeout", "0.01", "--out", tmp_path)
    assert ended.status == 1
    assert "took longer than 0.01 s" in ended.err
    assert [path.name for path in tmp_path.iterdir()] == ["manifest.json"]
