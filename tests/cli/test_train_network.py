"""`arllie-train` with a recipe of a network of many layers."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from support.commands import assert_refused, run_program
from support.pictures import make_pairs
from support.recipes import write_network_recipe

from arllie_deploy.models import find_any
from arllie_deploy.networks.network import Network
from arllie_deploy.networks.network_file import load_state
from arllie_deploy.pictures import read_picture
from arllie_deploy.training.data import find_pairs_to_learn
from arllie_deploy.training.hold_out import hold_out
from arllie_deploy.training.loop import run_task
from arllie_deploy.training.network_recipe import NetworkRun
from arllie_deploy.training.network_task import NetworkTask
from arllie_deploy.training.recipe_file import read_recipe
from arllie_deploy.training.trained_network import TrainedNetwork


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_pairs(tmp_path_factory.mktemp("pairs"), 10)


def test_a_killed_run_ends_with_the_weights_of_a_whole_one_in_a_file_that_enhances(pairs: Path, tmp_path: Path) -> None:
    recipe = write_network_recipe(tmp_path / "r.toml", ("steps = 6", "steps = 20"))
    out = tmp_path / "out"
    arguments = [f"--recipe={recipe}", f"--data={pairs}", f"--crops={pairs}", "--device=cpu", f"--out={out}"]
    code = "from arllie_deploy.cli import train; train()"
    child = subprocess.Popen([sys.executable, "-P", "-c", code, *arguments], stdout=subprocess.DEVNULL)
    while not (out / "checkpoint.pt").exists() and child.poll() is None:
        time.sleep(0.01)
    child.send_signal(signal.SIGKILL)
    assert child.wait() == -signal.SIGKILL
    resumed = run_program("train", *arguments, "--resume", "--json")
    assert resumed.status == 0, resumed.err
    network = find_any(str(out / "tiny-network.safetensors"))
    assert isinstance(network, Network)
    whole = trained_here(recipe, pairs, tmp_path / "whole")
    state = load_state(network)
    assert state.keys() == whole.state.keys()
    assert all(np.array_equal(state[name], values) for name, values in whole.state.items())
    assert network.provenance["recipe"]["steps"] == 20
    assert network.provenance["validation"] == json.loads(resumed.out)["validation"]
    source = pairs / "low" / "0.png"
    assert run_program("enhance", source, tmp_path / "out.png", "--model", network.weights).status == 0
    enhanced = read_picture(tmp_path / "out.png").pixels
    assert enhanced.shape == (40, 48, 3)
    assert not np.array_equal(enhanced, read_picture(source).pixels)


def trained_here(recipe: Path, pairs: Path, out: Path) -> TrainedNetwork:
    """The same run, never stopped."""
    run, samples, cpu = read_recipe(recipe), find_pairs_to_learn(pairs), torch.device("cpu")
    assert isinstance(run, NetworkRun)
    task = NetworkTask(run, hold_out(samples, pairs, run.data), samples, cpu)
    return run_task(task, out, resume=False, force=False, device=cpu, report=lambda _: None).enhancer


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("crop = 32", "crop = 64", "0.png: 48x40 is smaller than the recipe's crop of 64"),
        ("share = 0.5", "share = 0.5\ncrop = 64", "0.png: 48x40 is smaller than the recipe's crop of 64"),
        ("width = 0.25", "width = 0.3", "sad-unet: width is 0.3"),
        ("weight = 0.1", 'weight = 0.1\npairs = "5<6"', "pair 5<6: there is no level 6; the network has 1 to 5"),
    ],
)
def test_wrong_use_is_one_line(old: str, new: str, message: str, pairs: Path, tmp_path: Path) -> None:
    recipe = write_network_recipe(tmp_path / "r.toml", (old, new))
    places = ("--data", pairs, "--crops", pairs, "--out", tmp_path / "out")
    assert_refused(run_program("train", "--recipe", recipe, *places), message)
