"""`arllie-train` with a recipe of a network of many layers."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from support.commands import assert_refused, run_program
from support.pictures import make_pairs
from support.recipes import write_network_recipe

from arllie_deploy.models import find_any
from arllie_deploy.networks.network import Network
from arllie_deploy.pictures import read_picture


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_pairs(tmp_path_factory.mktemp("pairs"), 10)


def test_a_killed_run_goes_on_and_ends_with_the_same_file_which_enhances(pairs: Path, tmp_path: Path) -> None:
    recipe = write_network_recipe(tmp_path / "r.toml", ("steps = 6", "steps = 30"))
    common = ["--recipe", str(recipe), "--data", str(pairs), "--crops", str(pairs), "--device", "cpu", "--out"]
    assert run_program("train", *common, tmp_path / "whole").status == 0
    code = "from arllie_deploy.cli import train; train()"
    child = subprocess.Popen(
        [sys.executable, "-P", "-c", code, *common, str(tmp_path / "parts")], stdout=subprocess.DEVNULL
    )
    while not (tmp_path / "parts" / "checkpoint.pt").exists() and child.poll() is None:
        time.sleep(0.01)
    child.send_signal(signal.SIGKILL)
    assert child.wait() == -signal.SIGKILL
    resumed = run_program("train", *common, tmp_path / "parts", "--resume", "--json")
    assert resumed.status == 0, resumed.err
    files = [tmp_path / name / "tiny-network.safetensors" for name in ("whole", "parts")]
    assert files[0].read_bytes() == files[1].read_bytes()
    network = find_any(str(files[1]))
    assert isinstance(network, Network)
    assert network.provenance["recipe"]["steps"] == 30
    assert network.provenance["validation"] == json.loads(resumed.out)["validation"]
    source = pairs / "low" / "0.png"
    assert run_program("enhance", source, tmp_path / "out.png", "--model", files[1]).status == 0
    enhanced = read_picture(tmp_path / "out.png").pixels
    assert enhanced.shape == (40, 48, 3)
    assert not np.array_equal(enhanced, read_picture(source).pixels)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("crop = 32", "crop = 64", "0.png: 48x40 is smaller than the recipe's crop of 64"),
        ("share = 0.5", "share = 0.5\ncrop = 64", "0.png: 48x40 is smaller than the recipe's crop of 64"),
        ("width = 0.25", "width = 0.3", "sad-unet: width is 0.3"),
    ],
)
def test_wrong_use_is_one_line(old: str, new: str, message: str, pairs: Path, tmp_path: Path) -> None:
    recipe = write_network_recipe(tmp_path / "r.toml", (old, new))
    places = ("--data", pairs, "--crops", pairs, "--out", tmp_path / "out")
    assert_refused(run_program("train", "--recipe", recipe, *places), message)
