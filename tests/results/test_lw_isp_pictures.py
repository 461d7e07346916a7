from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from support.pictures import make_pairs, scene
from support.recipes import write_lw_isp_recipe

from arllie_deploy import ArllieError
from arllie_deploy.networks import network_file
from arllie_deploy.networks.network import Figures, Network
from arllie_deploy.results.lw_isp_pictures import (
    as_frame,
    clean_split,
    draw_crops,
    find_network,
    find_networks,
    held_out,
    of_each,
    refuse_seen,
    whole_split,
)
from arllie_deploy.training.data import find_clean_to_learn
from arllie_deploy.training.fingerprint import fingerprint
from arllie_deploy.training.hold_out import hold_out
from arllie_deploy.training.network_recipe import NetworkRun
from arllie_deploy.training.network_task import NetworkTask
from arllie_deploy.training.recipe_file import read_recipe

FACTS = Network("a", "arllie_deploy.models.lw_isp.deploy:build_deployed", Path("none"), "", "MIT", {"width": 0.25})


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("lol")
    make_pairs(folder / "train", 24, width=80, height=64)
    make_pairs(folder / "train_crops", 24, width=72, height=64)
    return folder


def store(path: Path, name: str) -> Path:
    """A file of facts; its one weight is no network's."""
    path.parent.mkdir(parents=True, exist_ok=True)
    known = replace(FACTS, name=name, figures=Figures(None, 1, 1.0, 1))
    return network_file.save(known, {"w": np.zeros(1, np.float32)}, b"", path).weights


def test_a_network_is_found_by_its_name_or_in_the_folder_of_its_training(tmp_path: Path) -> None:
    store(tmp_path / "lw-isp-raw" / "lw-isp-raw.safetensors", "of a training")
    found = find_networks(("lw-isp-raw", "lw-isp-nothing"), tmp_path)
    assert {name: one and one.name for name, one in found.items()} == {
        "lw-isp-raw": "of a training",
        "lw-isp-nothing": None,
    }
    store(tmp_path / "lw-isp-raw.safetensors", "by its name")
    first = find_network("lw-isp-raw", tmp_path)
    assert first is not None
    assert first.name == "by its name"
    assert of_each(["lw-isp-raw", "b"], {"lw-isp-raw": first, "b": None}, lambda one: one.name) == {
        "lw-isp-raw": "by its name",
        "b": None,
    }


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ArllieError, match="absent: no such folder; give one with files of networks"):
        find_networks(["lw-isp-raw"], tmp_path / "absent")


def test_the_split_is_that_of_a_training_by_the_recipes(data: Path, tmp_path: Path) -> None:
    recipe = read_recipe(
        write_lw_isp_recipe(
            tmp_path / "r.toml", ("batch = 1\n", "batch = 1\nvalidation_fraction = 0.08\n\n[crops]\nshare = 0.4\n")
        )
    )
    assert isinstance(recipe, NetworkRun)
    whole, crops = (find_clean_to_learn(data / name) for name in ("train", "train_crops"))
    trained = NetworkTask(recipe, hold_out(whole, data / "train", recipe.data), crops, torch.device("cpu")).split
    own = clean_split(data)
    assert fingerprint(own) == fingerprint(trained)
    assert fingerprint(own) != fingerprint(whole_split(data))
    assert {sample.name for sample in own.train}.isdisjoint(sample.name for sample in own.validation)
    assert [picture.shape for picture in held_out(own)] == [(64, 80, 3)] * 2 + [(64, 72, 3)] * 2


def test_a_network_of_other_pictures_is_refused(data: Path) -> None:
    digest = fingerprint(clean_split(data))
    refuse_seen(replace(FACTS, provenance={"data_sha256": digest}), digest)
    for provenance in ({}, {"data_sha256": "0" * 64}):
        with pytest.raises(ArllieError, match=r"a was trained on other pictures .* which ones it never saw"):
            refuse_seen(replace(FACTS, provenance=provenance), digest)


def test_a_picture_is_clipped_and_rounded_half_up() -> None:
    values = np.array([-0.5, 0.5 / 255, 1.4 / 255, 2.0]).reshape(1, 4, 1) * np.ones(3)
    assert as_frame(values)[0, :, 0].tolist() == [0, 1, 1, 255]


def test_the_middles_stand_beside_each_other(tmp_path: Path) -> None:
    dark, bright = (np.full((40, 60, 3), level, np.uint8) for level in (10, 250))
    framed = bright.copy()
    framed[:, :20] = (255, 0, 0)
    draw_crops(tmp_path / "p.png", [("a", [dark, dark]), ("b", [framed, scene(0)])], 20)
    pixels = np.asarray(Image.open(tmp_path / "p.png").convert("RGB"))
    assert pixels.shape[1] == 385
    assert {(10, 10, 10), (250, 250, 250)} <= {tuple(color) for color in pixels.reshape(-1, 3).tolist()}
    assert not (pixels == (255, 0, 0)).all(2).any()
