import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from support.commands import assert_refused, run_program
from support.pictures import make_pairs, save_png, scene
from support.recipes import write_adaptive_recipe, write_recipe

from arllie_deploy.adaptive import AdaptiveEnhancer
from arllie_deploy.enhancer_file import load
from arllie_deploy.stored_model import load_model


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_pairs(tmp_path_factory.mktemp("pairs"))


def test_a_run_killed_at_any_moment_goes_on_bit_for_bit(pairs: Path, tmp_path: Path) -> None:
    recipe = write_recipe(tmp_path / "r.toml", ("steps = 40", "steps = 400"))
    common = ["--recipe", str(recipe), "--data", str(pairs), "--out"]
    assert run_program("train", *common, tmp_path / "whole").status == 0
    code = "from arllie_deploy.cli import train; train()"
    child = subprocess.Popen(
        [sys.executable, "-P", "-c", code, *common, str(tmp_path / "parts")], stdout=subprocess.DEVNULL
    )
    checkpoint = tmp_path / "parts" / "checkpoint.pt"
    while not checkpoint.exists() and child.poll() is None:
        time.sleep(0.01)
    time.sleep(0.3)
    child.send_signal(signal.SIGKILL)
    child.wait()
    resumed = run_program("train", *common, tmp_path / "parts", "--resume", "--json")
    assert resumed.status == 0, resumed.err
    models = [tmp_path / name / "tiny.safetensors" for name in ("whole", "parts")]
    assert models[0].read_bytes() == models[1].read_bytes()
    assert json.loads(resumed.out)["sha256"] == load(models[1]).sha256
    leftovers = {path.name for path in (tmp_path / "parts").iterdir() if not path.name.startswith(".")}
    assert leftovers == {"checkpoint.pt", "curve.png", "log.csv", "tiny.safetensors"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--recipe", "arllie-loll"], "unknown recipe 'arllie-loll'; did you mean 'arllie-lol'?"),
        (["--recipe", "none.toml"], "none.toml: no such recipe"),
        (["--recipe", "arllie-lol", "--steps", "0"], "steps is 0"),
        (["--recipe", "arllie-lol", "--seed", "-1"], "seed is -1"),
        (["--recipe", "arllie-lol", "--device", "tpu"], "--device 'tpu': use auto, cpu or cuda"),
        (["--recipe", "arllie-lol"], "0.png: 48x40 is smaller than the recipe's crop of 96"),
        (["--recipe", "arllie-lol", "--layout", "lolv1"], "unknown layout 'lolv1'; did you mean 'lol-v1'?"),
        ([], "recipe"),
    ],
)
def test_wrong_use_is_one_line(arguments: list[str], message: str, tmp_path: Path, pairs: Path) -> None:
    assert_refused(run_program("train", *arguments, "--data", pairs, "--out", tmp_path / "out"), message)


def test_a_folder_without_pictures_is_one_line(tmp_path: Path) -> None:
    ended = run_program("train", "--recipe", "arllie-lol", "--data", tmp_path, "--out", tmp_path / "out")
    assert_refused(ended, "low: no such folder")
    assert not (tmp_path / "out").exists()


def test_mismatched_pairs_are_one_line(tmp_path: Path) -> None:
    make_pairs(tmp_path / "data", 4)
    save_png(tmp_path / "data" / "low" / "odd.png", scene(0))
    ended = run_program("train", "--recipe", "arllie-lol", "--data", tmp_path / "data", "--out", tmp_path / "out")
    assert_refused(ended, "odd.png: no partner in high/")


def test_another_layout_is_recognized_and_trained_on(tmp_path: Path) -> None:
    make_pairs(tmp_path / "LOL" / "our485")
    make_pairs(tmp_path / "LOL" / "eval15", 2)
    common = ["--recipe", write_recipe(tmp_path / "r.toml"), "--data", tmp_path / "LOL", "--out", tmp_path / "out"]
    assert_refused(run_program("train", *common), "this looks like lol-v1; give --layout lol-v1")
    assert run_program("train", *common, "--layout", "lol-v1").status == 0
    assert load(tmp_path / "out" / "tiny.safetensors").provenance["train_pictures"] == 18


def test_a_supervised_recipe_needs_references(tmp_path: Path) -> None:
    save_png(tmp_path / "data" / "image" / "1.png", scene(0))
    recipe = write_recipe(tmp_path / "r.toml")
    ended = run_program(
        "train", "--recipe", recipe, "--data", tmp_path / "data", "--layout", "dark-face", "--out", tmp_path / "out"
    )
    assert_refused(ended, "dark-face has dark pictures without references; train an unsupervised recipe on it")


def test_pairs_that_look_wrong_end_the_command_unless_they_are_wanted(tmp_path: Path) -> None:
    make_pairs(tmp_path / "data", 12)
    (tmp_path / "data" / "low" / "5.png").rename(tmp_path / "5.png")
    (tmp_path / "data" / "high" / "5.png").rename(tmp_path / "data" / "low" / "5.png")
    (tmp_path / "5.png").rename(tmp_path / "data" / "high" / "5.png")
    save_png(tmp_path / "data" / "high" / "7.png", scene(64))
    recipe = write_recipe(tmp_path / "r.toml")
    common = ["--recipe", recipe, "--data", tmp_path / "data", "--out", tmp_path / "out"]
    ended = run_program("train", *common)
    assert_refused(ended, "2 of 12 pairs look wrong (1 swapped, 1 unrelated): 5: low is brighter than high")
    assert "7: low and high show different pictures; mend or remove them, or pass --skip-pair-check" in ended.err
    assert not (tmp_path / "out").exists()
    assert run_program("train", *common, "--skip-pair-check").status == 0


def test_a_single_wrong_pair_is_named_and_left_out(tmp_path: Path) -> None:
    make_pairs(tmp_path / "data", 120)
    save_png(tmp_path / "data" / "high" / "7.png", scene(640))
    recipe = write_recipe(tmp_path / "r.toml", ("steps = 40", "steps = 1"))
    ended = run_program("train", "--recipe", recipe, "--data", tmp_path / "data", "--out", tmp_path / "out")
    assert ended.status == 0
    assert "7 is left out: " in ended.err
    assert "--skip-pair-check keeps it" in ended.err
    seen = load(tmp_path / "out" / "tiny.safetensors").provenance
    assert seen["train_pictures"] + seen["validation_pictures"] == 119


def test_an_adaptive_recipe_makes_an_adaptive_model(pairs: Path, tmp_path: Path) -> None:
    recipe = write_adaptive_recipe(tmp_path / "a.toml")
    common = ["--recipe", recipe, "--data", pairs, "--out", tmp_path / "out"]
    assert_refused(run_program("train", *common), "give their folder: --crops")
    ended = run_program("train", *common, "--crops", pairs, "--json")
    assert ended.status == 0
    model = load_model(Path(json.loads(ended.out)["model"]))
    assert isinstance(model, AdaptiveEnhancer)
    assert model.sha256 == json.loads(ended.out)["sha256"]


def test_a_trained_model_is_not_replaced_without_force(pairs: Path, tmp_path: Path) -> None:
    recipe = write_recipe(tmp_path / "r.toml")
    common = ["--recipe", recipe, "--data", pairs, "--out", tmp_path / "out"]
    assert run_program("train", *common).status == 0
    assert_refused(run_program("train", *common), "pass --force to replace it")
    assert run_program("train", *common, "--force").status == 0


def test_a_diverging_run_ends_with_status_1(pairs: Path, tmp_path: Path) -> None:
    recipe = write_recipe(tmp_path / "r.toml", ("learning_rate = 1e-2", "learning_rate = 1e29"))
    ended = run_program("train", "--recipe", recipe, "--data", pairs, "--out", tmp_path / "out")
    assert ended.status == 1
    assert "is not finite on the batch of" in ended.err
    assert len(ended.err.splitlines()) == 1
