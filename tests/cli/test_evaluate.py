import json
from pathlib import Path

import numpy as np
import pytest
from support.commands import Finished, run_apart, run_here
from support.enhancers import random_enhancer
from support.picture_files import random_pixels, save, smooth_pixels

from arllie_deploy import enhancer_file
from arllie_deploy.quality.psnr import psnr

ENHANCER = random_enhancer()
DARK, BRIGHT = smooth_pixels(30, 40) // 4, smooth_pixels(30, 40)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "pairs"
    for side, pixels in (("low", DARK), ("high", BRIGHT)):
        (folder / side).mkdir(parents=True)
        for name in ("1", "2"):
            save(folder / side / f"{name}.png", pixels[:, ::-1] if name == "2" else pixels)
    return folder


@pytest.fixture
def evaluate(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    def run(*arguments: object) -> Finished:
        return run_here("eval", arguments, monkeypatch, capsys)

    return run


def _refused(finished: Finished, says: str) -> None:
    assert (finished.status, finished.out) == (2, "")
    assert finished.err.startswith("arllie-eval: error: ")
    assert finished.err.count("\n") == 1
    assert says in finished.err


def test_a_model_is_scored_on_the_integer_frames_it_gives(data: Path, tmp_path: Path, evaluate) -> None:
    enhancer_file.save(ENHANCER, tmp_path / "model.safetensors")
    done = evaluate("--data", data, "--model", tmp_path / "model.safetensors", "--runtime", "numpy", "--json")
    assert (done.status, done.err) == (0, "")
    said = json.loads(done.out)
    expected = [psnr(ENHANCER.enhance(low), high) for low, high in ((DARK, BRIGHT), (DARK[:, ::-1], BRIGHT[:, ::-1]))]
    assert [row["name"] for row in said["pictures"]] == ["1", "2"]
    assert [row["psnr"] for row in said["pictures"]] == pytest.approx(expected, abs=1e-9)
    assert said["means"]["psnr"] == pytest.approx(np.mean(expected), abs=1e-9)
    assert (said["data"], said["runtime"]) == (str(data), "numpy")


def test_the_table_ends_with_the_means(data: Path, evaluate) -> None:
    done = evaluate("--data", data, "--model", "identity", "--metrics", "psnr")
    score = f"{psnr(DARK, BRIGHT):.3f}"
    lines = [line.split() for line in done.out.splitlines()]
    assert lines == [["picture", "psnr", "(dB)"], ["1", score], ["2", score], ["mean", "of", "2", score]]


def test_the_input_itself_against_equal_references_is_null_in_json(data: Path, evaluate) -> None:
    for name in ("1", "2"):
        save(data / "high" / f"{name}.png", DARK if name == "1" else DARK[:, ::-1])
    said = json.loads(evaluate("--data", data, "--model", "identity", "--json").out)
    assert said["means"]["psnr"] is None
    assert said["means"]["ssim"] == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("gone", "more", "says"),
    [
        ("low/1.png", [], "high/1.png: no partner in low/ (1 picture without one)"),
        ("high/2.png", [], "low/2.png: no partner in high/"),
        (None, ["--metrics", "psmr"], "unknown metric 'psmr'; did you mean 'psnr'"),
        (None, ["--runtime", "onnxrutime"], "did you mean 'onnxruntime'"),
        (None, ["--model", "arlie"], "did you mean 'arllie'"),
        (None, ["--threads", "0"], "--threads"),
    ],
    ids=str,
)
def test_bad_input_is_one_line(gone: str | None, more: list[str], says: str, data: Path, evaluate) -> None:
    if gone:
        (data / gone).unlink()
    model = [] if "--model" in more else ["--model", "identity"]
    _refused(evaluate("--data", data, *model, *more), says)


def test_pairs_of_different_sizes_are_refused_before_any_work(data: Path, evaluate) -> None:
    save(data / "high" / "2.png", random_pixels(40, 30))
    _refused(evaluate("--data", data, "--model", "identity"), "(1 picture of different sizes)")


def test_folders_without_pairs_are_refused(tmp_path: Path, evaluate) -> None:
    _refused(evaluate("--data", tmp_path, "--model", "identity"), f"{tmp_path / 'low'}: no such folder")
    (tmp_path / "low").mkdir()
    _refused(evaluate("--data", tmp_path, "--model", "identity"), f"{tmp_path / 'low'}: no pictures in it")


def test_a_damaged_picture_is_named(data: Path, evaluate) -> None:
    path = data / "high" / "2.png"
    path.write_bytes(path.read_bytes()[:-20])
    _refused(evaluate("--data", data, "--model", "identity"), f"{path}: the file is damaged or cut off")


def test_in_a_process_of_its_own(data: Path) -> None:
    done = run_apart("evaluate", ["--data", data, "--model", "identity"])
    assert (done.status, done.err) == (0, "")
    assert done.out.startswith("picture")


def test_the_dark_pictures_of_the_lol_test_set(shared_data: Path, evaluate) -> None:
    done = evaluate("--data", shared_data / "lol" / "eval15", "--model", "identity", "--metrics", "psnr")
    assert done.out.splitlines()[-1] == "mean of 15  7.773"
