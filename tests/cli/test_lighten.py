import json
from dataclasses import replace
from pathlib import Path

import pytest
from support.commands import Finished, assert_refused, run_here
from support.networks import packaged_sad_unet

from arllie_deploy.cli import COMMANDS
from arllie_deploy.models.light_modules import light_sad_unet
from arllie_deploy.models.light_modules.conversion import split
from arllie_deploy.training.recipe_file import read_recipe
from arllie_deploy.training.systems import SYSTEMS

RECIPE = """
name = "tiny"
steps = 4
license = "MIT"

[network]
system = "sad-unet"
arguments = { width = 0.5, stem = 16, expansion = 1 }
start = "runs/other/other.safetensors"

[data]
crop = 32
batch = 1

[loss]
name = "l1"

[optimizer]
learning_rate = 1e-3
"""


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    monkeypatch.setitem(COMMANDS, "lighten", "arllie_deploy.cli.lighten")
    light = replace(
        SYSTEMS["sad-unet"],
        name="light-sad-unet",
        build=light_sad_unet.build,
        factory="arllie_deploy.models.light_modules.light_sad_unet:build_deployed",
        arguments=light_sad_unet.arguments_of,
        frames=lambda arguments: SYSTEMS["sad-unet"].frames(split(arguments)[0]),
    )
    monkeypatch.setitem(SYSTEMS, "light-sad-unet", light)

    def command(*arguments: object) -> Finished:
        return run_here("lighten", arguments, monkeypatch, capsys)

    return command


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    path = tmp_path / "tiny.toml"
    path.write_text(RECIPE)
    return path


def test_a_recipe_gives_a_table_of_what_becomes_what(run, recipe: Path) -> None:
    done = run(recipe, "--size", "64x32")
    assert done.status == 0, done.err
    lines = done.out.splitlines()
    assert lines[0].split("  ")[0] == "layer"
    assert any(line.startswith("stem.0") and "kept: it is the first one" in line for line in lines)
    assert any(line.startswith("stem.2") and "LIST 8→8" in line for line in lines)
    assert lines[-1] == "on an input of 64x32, 3 channels; 2 layers are replaced"


def test_a_network_file_gives_one_json_object(run) -> None:
    done = run(packaged_sad_unet().weights, "--size", "32x32", "--keep", "first", "--json")
    assert done.status == 0, done.err
    report = json.loads(done.out)
    assert report["example"] == [3, 32, 32]
    assert report["before"]["parameters"] > report["after"]["parameters"]
    layers = {layer["name"]: layer for layer in report["layers"]}
    assert layers["stem.2"]["became"] == "LIST 4→4"
    assert layers["extract.2"]["kept"] == "3 channels of its output are odd"
    assert sum(layer["before"]["macs"] for layer in layers.values()) == report["before"]["macs"]


def test_the_light_network_gets_a_recipe_that_trains_it(run, recipe: Path, tmp_path: Path) -> None:
    out = tmp_path / "light.toml"
    done = run(recipe, "--size", "32x32", "--keep", "first,last", "--form", "activated", "--out", out)
    assert done.status == 0, done.err
    made = read_recipe(out)
    assert (made.name, made.network.system, made.network.start) == ("tiny-light", "light-sad-unet", "")
    assert made.network.arguments["light"]["form"] == "activated"
    assert made.optimizer == read_recipe(recipe).optimizer
    network = light_sad_unet.build(made.network.arguments)
    assert network.stem[2].activated  # type: ignore[union-attr]  # a LIST
    assert_refused(run(recipe, "--out", out), "exists; pass --force to replace it")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--keep", "neck"], "no module is named 'neck'"),
        (["--form", "round"], "form is 'round'; known: linear, activated"),
        (["--size", "33x32"], "does not run on an example of 3×32×33"),
        (["--size", "0"], "write WIDTHxHEIGHT"),
        (["--groups", "0"], "groups is 0"),
    ],
)
def test_wrong_use_is_one_line(run, recipe: Path, arguments: list[str], message: str) -> None:
    assert_refused(run(recipe, *arguments), message)


def test_models_of_one_layer_are_told_apart(run) -> None:
    assert_refused(run("arllie-lol"), "a recipe of a one-layer model; there is nothing to lighten")
    assert_refused(run("nothing"), "nothing")


def test_a_file_has_no_recipe_to_write(run, tmp_path: Path) -> None:
    refused = run(packaged_sad_unet().weights, "--out", tmp_path / "light.toml")
    assert_refused(refused, "--out needs the recipe")
    assert not (tmp_path / "light.toml").exists()
