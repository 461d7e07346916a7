import json
import tomllib
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
from PIL import Image
from support.commands import assert_refused, run_here, run_program
from support.pictures import make_pairs, save_png, scene
from support.searches import make_scenes

from arllie_deploy.reparam.structure import Structure
from arllie_deploy.search.result import read_structure
from arllie_deploy.training.recipe_file import read_recipe


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_scenes(tmp_path_factory.mktemp("pairs"), width=56, height=52)


def test_a_search_leaves_a_result_two_pictures_a_recipe_and_its_study(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "new folder" / "my find.json"
    arguments = ["--data", data, "--out", out, "--budget", "2", "--trials", "2"]
    done = run_program("search", *arguments, "--json")
    assert done.status == 0, done.err
    assert done.err == ""
    result = json.loads(done.out)
    assert result == json.loads(out.read_text())
    structure = Structure.from_json(result["structure"])
    assert read_structure(out)[0] == structure
    assert result["settings"]["training"]["steps"] == 2
    files = {path.name for path in out.parent.iterdir()}
    expected = {"my find.json", "my find.toml", "my find.svg", "my find-weights.png", "my find.study.journal"}
    assert files == expected
    recipe = read_recipe(out.with_suffix(".toml"))
    assert recipe.model.structure() == structure
    assert recipe.name == "my-find"
    assert recipe.data.crop == 52
    ElementTree.fromstring(out.with_suffix(".svg").read_text())
    with Image.open(out.parent / "my find-weights.png") as picture:
        assert picture.size[0] > 500
    again = run_here("search", arguments, monkeypatch, capsys)
    assert_refused(again, "my find.json exists; pass --force to replace it")


def test_the_recipe_trains_as_it_is(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "found.json"
    arguments = ["--data", data, "--out", out, "--budget", "1", "--trials", "1"]
    searched = run_here("search", arguments, monkeypatch, capsys)
    assert searched.status == 0, searched.err
    assert "branch 1" in searched.out
    recipe = out.with_suffix(".toml")
    assert tomllib.loads(recipe.read_text())["model"]["epilogue"] == "residual"
    trained = run_here(
        "train", ["--recipe", recipe, "--data", data, "--out", tmp_path / "run", "--steps", "1"], monkeypatch, capsys
    )
    assert trained.status == 0, trained.err
    assert (tmp_path / "run" / "found.safetensors").exists()


def test_pictures_that_tell_nothing_apart_are_noted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    data = make_scenes(tmp_path / "data", width=56, height=52)
    for number in range(8):
        for side in ("low", "high"):
            save_png(data / side / f"{number}.png", scene(0, 56, 52) * 0)
    arguments = ["--data", data, "--out", tmp_path / "found.json", "--budget", "1", "--trials", "2"]
    assert_refused(run_here("search", arguments, monkeypatch, capsys), "--skip-pair-check")
    done = run_here("search", [*arguments, "--skip-pair-check"], monkeypatch, capsys)
    assert done.status == 0, done.err
    assert "all trials have the same loss" in done.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--out", "found.txt"], "give a file name that ends in .json"),
        (["--out", "found.json", "--budget", "0"], "the budget is 0 steps"),
        (["--out", "found.json", "--trials", "0"], "0 trials; at least 1"),
        (["--out", "found.json", "--seed", "-1"], "seed is -1"),
        (["--out", "found.json", "--resume"], "no study to resume; start without --resume"),
        (["--out", "found.json", "--resume", "--force"], "give one of them"),
        (
            ["--out", "found.json", "--storage", "nosuch://me:secret@host/db"],
            "nosuch://me:***@host/db: cannot be opened",
        ),
    ],
)
def test_wrong_use_is_one_line_and_leaves_nothing(
    arguments: list[str],
    message: str,
    data: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert_refused(run_here("search", ["--data", data, *arguments], monkeypatch, capsys), message)
    assert not list(tmp_path.iterdir())


def test_pictures_that_cannot_be_searched_on_are_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for folder, message in (
        (tmp_path / "nothing", "no such folder"),
        (make_pairs(tmp_path / "few", 3, width=56, height=52), "too few scenes"),
        (make_scenes(tmp_path / "small"), "48x40 is smaller"),
    ):
        arguments = ["--data", folder, "--out", tmp_path / "found.json"]
        assert_refused(run_here("search", arguments, monkeypatch, capsys), message)
    assert not (tmp_path / "found.json").exists()
