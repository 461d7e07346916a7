import json
from pathlib import Path

import numpy as np
import pytest
from support.commands import assert_refused, bound_by_permissions, run_apart, run_program
from support.enhancers import random_enhancer

from arllie_deploy.enhancer_file import save
from arllie_deploy.export.targets import TARGETS
from arllie_deploy.pictures.codecs import write_picture
from arllie_deploy.pictures.picture import Picture

needs_tflite = pytest.mark.skipif(not TARGETS["tflite-cpu"].availability().ok, reason="LiteRT is missing")
needs_onnx = pytest.mark.skipif(not TARGETS["onnx-cpu"].availability().ok, reason="onnx or onnxsim is missing")


@needs_onnx
def test_twice_in_a_row_finds_the_same_bytes(tmp_path: Path) -> None:
    for _ in range(2):
        ended = run_program("export", "--target", "onnx-cpu", "--size", "64x48", "--out", tmp_path)
        assert ended.status == 0, ended.err
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "arllie-lol-onnx-cpu-fp32.onnx",
        "export.html",
        "manifest.json",
    ]
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
        (["--target", "tflite-nnapi", "--precision", "fp32"], "has no precision 'fp32'; it has int8, fp16"),
        (["--target", "tflite-nnapi", "--model", "arllie-lol"], "is residual; use --model arllie-plain-lol"),
        (["--target", "all", "--precision", "int4"], "no target has the precision 'int4'"),
        (["--target", "onnx-cpu", "--list"], "three different things to do"),
        (["--target", "onnx-cpu", "--calibration", "."], "--calibration is for int8 and int16x8"),
        (["--target", "onnx-cpu", "--percentile", "99"], "--percentile is for int8 and int16x8"),
        (["--target", "tflite-cpu", "--precision", "int8", "--percentile", "20"], "above 50 and up to 100"),
        (["--target", "tflite-cpu", "--precision", "int8", "--calibration", "nowhere"], "nowhere"),
        (["--verify", "nowhere/manifest.json"], "give the manifest.json that arllie-export wrote"),
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
    assert sorted(path.name for path in tmp_path.iterdir()) == ["export.html", "manifest.json"]


def save_bright_pictures(folder: Path) -> None:
    folder.mkdir()
    for number in range(2):
        write_picture(folder / f"{number}.png", Picture(np.full((8, 8, 3), 200, np.uint8)))


@needs_tflite
def test_a_calibration_of_bright_pictures_only_is_warned_of_and_recorded(tmp_path: Path) -> None:
    save_bright_pictures(tmp_path / "noon")
    arguments = ["--target", "tflite-nnapi", "--size", "64x48", "--calibration", tmp_path / "noon"]
    ended = run_program("export", *arguments, "--out", tmp_path / "out")
    assert "every calibration picture is bright" in ended.err
    [entry] = json.loads((tmp_path / "out" / "manifest.json").read_text())["artifacts"].values()
    assert entry["calibration"]["source"] == "noon"
    # Rounded for flat bright pictures only, it may well fail on dark ones: the gate decides, not the warning.
    assert ended.status == (0 if entry["status"] == "ok" else 1)


@needs_tflite
def test_integer_targets_take_the_member_of_their_form_by_themselves(tmp_path: Path) -> None:
    ended = run_program("export", "--target", "tflite-nnapi,tflite-hexagon", "--size", "64x48", "--out", tmp_path)
    assert ended.status == 0, ended.err
    entries = json.loads((tmp_path / "manifest.json").read_text())["artifacts"]
    assert {entry["model"] for entry in entries.values()} == {"arllie-plain-lol"}
    assert {entry["precision"] for entry in entries.values()} == {"int8"}
    assert {entry["facts"]["delegate"] for entry in entries.values()} == {"nnapi", "hexagon"}


@needs_tflite
def test_every_precision_of_a_target_at_once(tmp_path: Path) -> None:
    ended = run_program("export", "--target", "tflite-cpu", "--precision", "all", "--size", "64x48", "--out", tmp_path)
    assert ended.status == 0, ended.err
    entries = json.loads((tmp_path / "manifest.json").read_text())["artifacts"].values()
    assert {entry["precision"] for entry in entries} == set(TARGETS["tflite-cpu"].precisions)


@needs_tflite
def test_all_says_of_a_form_that_does_not_fit_what_does(tmp_path: Path) -> None:
    """With a model named, `all` exports what can carry it and lists the rest with the reason."""
    arguments = ["--target", "all", "--precision", "int8", "--model", "arllie-lol", "--size", "64x48", "--json"]
    ended = run_program("export", *arguments, "--out", tmp_path)
    entries = json.loads(ended.out)["artifacts"].values()
    hexagon = next(entry for entry in entries if entry["target"] == "tflite-hexagon")
    assert hexagon["status"] == "unavailable"
    assert "use --model arllie-plain-lol" in hexagon["reason"]


@needs_onnx
def test_verify_finds_changed_bytes_and_another_model(tmp_path: Path) -> None:
    run_program("export", "--target", "onnx-cpu", "--size", "64x48", "--out", tmp_path)
    manifest, artifact = tmp_path / "manifest.json", tmp_path / "arllie-lol-onnx-cpu-fp32.onnx"
    ended = run_program("export", "--verify", manifest)
    assert (ended.status, "holds" in ended.out) == (0, True)
    save(random_enhancer(name="arllie-lol"), tmp_path / "other.safetensors")
    ended = run_program("export", "--verify", manifest, "--model", tmp_path / "other.safetensors")
    assert (ended.status, "is another model now" in ended.out) == (1, True)
    artifact.write_bytes(artifact.read_bytes() + b"x")
    ended = run_program("export", "--verify", manifest, "--json")
    [finding] = json.loads(ended.out)["artifacts"]
    assert (ended.status, finding["problem"]) == (1, f"{artifact.name} has other bytes than were verified")
    artifact.unlink()
    assert "is missing" in run_program("export", "--verify", manifest).out


def test_verify_of_a_manifest_without_artifacts_is_refused(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text('{"version": 1, "artifacts": {}}')
    assert_refused(run_program("export", "--verify", tmp_path / "manifest.json"), "lists no artifact that was verified")


@needs_onnx
@needs_tflite
def test_the_family_is_what_each_target_can_carry_of_it(tmp_path: Path) -> None:
    """An adaptive model with its kernel as an input, or with constant filters that are mixed."""
    arguments = ["--target", "onnx-cpu", "--precision", "all", "--model", "arllie", "--size", "64x48"]
    ended = run_program("export", *arguments, "--out", tmp_path)
    assert_refused(ended, "carries no adaptive model in fp16; export it in fp32")
    for target, member, inputs in (
        ("onnx-cpu", "arllie-adaptive", ["input", "kernel", "bias", "gain", "knee"]),
        ("tflite-nnapi", "arllie-adaptive-int", ["input", "exposure", "scales", "offsets"]),
    ):
        ended = run_program("export", "--target", target, "--model", "arllie", "--size", "64x48", "--out", tmp_path)
        assert ended.status == 0, ended.err
        entries = json.loads((tmp_path / "manifest.json").read_text())["artifacts"].values()
        [entry] = [entry for entry in entries if entry["target"] == target]
        assert entry["model"] == member
        assert sorted(entry["facts"]["adaptive"]["inputs"]) == sorted(inputs)
        assert {"head", "statistics"} < set(entry["facts"]["adaptive"]["roles"])
    assert run_program("export", "--verify", tmp_path / "manifest.json").status == 0
