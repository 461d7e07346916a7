"""Whoever ships a network ships its card and its recipe with it, and the three agree."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
from support.networks import packaged_sad_unet
from support.recipes import write_network_recipe
from support.shipped import HEADINGS, faults

from arllie_deploy.models import MEMBERS, NETWORKS, find_any, find_recipe
from arllie_deploy.networks import network_file
from arllie_deploy.networks.network import Network
from arllie_deploy.pictures import read_picture
from arllie_deploy.quality.psnr import psnr
from arllie_deploy.quality.ssim import ssim
from arllie_deploy.runtimes.network import OpenedNetwork
from arllie_deploy.training.recipe_file import read_recipe

INSTALLED = Path(str(files("arllie_deploy.models")))
CHECKOUT = Path(__file__).parents[2] / "models"
NAME = "tiny-network"


@pytest.fixture
def miniature(tmp_path: Path) -> Path:
    """A folder as that of a system, with one small network."""
    recipe = read_recipe(write_network_recipe(tmp_path / f"{NAME}.toml"))
    small = packaged_sad_unet()
    graph, weights = network_file.load_graph(small)
    provenance = {"recipe": json.loads(json.dumps(recipe.to_json()))}
    named = replace(small, name=NAME, license=recipe.license, provenance=provenance)
    made = network_file.save(named, weights, graph, tmp_path / f"{NAME}.safetensors")
    assert made.figures is not None
    facts = f"{made.figures.parameters:,} numbers, seed {recipe.seed}, {made.sha256}, {made.license}"
    (tmp_path / f"{NAME}.md").write_text("\n".join([f"# {NAME}", facts, *HEADINGS]) + "\n")
    return tmp_path


def edited(suffix: str, old: str, new: str) -> Callable[[Path], None]:
    def edit(folder: Path) -> None:
        path = folder / f"{NAME}{suffix}"
        assert old in path.read_text()
        path.write_text(path.read_text().replace(old, new))

    return edit


def deleted(suffix: str) -> Callable[[Path], None]:
    return lambda folder: (folder / f"{NAME}{suffix}").unlink()


def stored_again(**changes: object) -> Callable[[Path], None]:
    """Another file in the place of the one that the card is about."""

    def store(folder: Path) -> None:
        path = folder / f"{NAME}.safetensors"
        network = network_file.load(path)
        graph, weights = network_file.load_graph(network)
        network_file.save(replace(network, **changes), weights, graph, path)  # type: ignore[arg-type]

    return store


def test_a_network_with_card_and_recipe_has_no_fault(miniature: Path) -> None:
    assert faults(miniature, NAME) == []


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (deleted(".safetensors"), "no such model file"),
        (deleted(".toml"), "no such recipe"),
        (deleted(".md"), "no such card"),
        (edited(".toml", "steps = 6", "steps = 7"), "trained by another recipe"),
        (edited(".toml", "steps = 6", "stops = 6"), "stops"),
        (edited(".md", "## Scores", "## Score"), "the card has no '## Scores'"),
        (edited(".md", "seed ", "steps "), "the card does not say seed 0"),
        (edited(".md", ",", "."), r"the card does not say \d+,\d+$"),
        (stored_again(name="other"), "the file is named other"),
        (stored_again(provenance={}), "the card does not say "),
        (stored_again(license="Apache-2.0"), "the recipe says MIT, the file Apache-2.0"),
    ],
)
def test_what_does_not_agree_is_a_fault(spoil: Callable[[Path], None], says: str, miniature: Path) -> None:
    spoil(miniature)
    found = faults(miniature, NAME)
    assert any(re.search(says, fault) for fault in found), found


def test_each_shipped_network_has_its_card_and_the_recipe_it_was_trained_by() -> None:
    assert {member: faults(INSTALLED / system, member) for member, system in NETWORKS.items()} == {
        member: [] for member in NETWORKS
    }
    recipes = {member: INSTALLED / system / f"{member}.toml" for member, system in NETWORKS.items()}
    assert {member: find_recipe(member) for member in NETWORKS} == recipes


def test_what_lies_in_the_systems_folders_is_shipped_and_known() -> None:
    weights = {path.relative_to(CHECKOUT) for path in CHECKOUT.glob("*/*.safetensors")}
    known = {Path(system) / f"{member}.safetensors" for member, system in {**MEMBERS, **NETWORKS}.items()}
    assert weights == known
    data = {path.relative_to(CHECKOUT) for suffix in ("md", "toml", "json") for path in CHECKOUT.glob(f"*/*.{suffix}")}
    assert {str(path) for path in weights | data if not (INSTALLED / path).is_file()} == set()


def test_each_network_for_low_light_scores_what_its_card_says(shared_data: Path) -> None:
    said = {}
    for member, system in NETWORKS.items():
        if not trained_on_pairs(find_any(member)):
            continue
        ratio, similarity = mean_scores(member, shared_data / "lol" / "eval15")
        card = (INSTALLED / system / f"{member}.md").read_text()
        said[member] = re.search(rf"{ratio:.2f} dB\**[ |]+\**{similarity:.3f}", card) or (ratio, similarity)
    assert {"sad-unet", "sad-unet-delegate", "lw-isp-lol"} <= said.keys()
    assert all(isinstance(found, re.Match) for found in said.values()), said


def trained_on_pairs(network: object) -> bool:
    assert isinstance(network, Network)
    return bool(network.provenance["recipe"].get("pictures", {}).get("kind", "pairs") == "pairs")


def mean_scores(member: str, data: Path) -> tuple[float, float]:
    network = find_any(member)
    assert isinstance(network, Network)
    opened, pairs = OpenedNetwork(network, None), []
    for low in sorted((data / "low").iterdir()):
        made, high = opened.run(read_picture(low).pixels), read_picture(data / "high" / low.name).pixels
        pairs.append((psnr(made, high), ssim(made, high)))
    assert len(pairs) == 15
    ratio, similarity = np.mean(pairs, axis=0)
    return float(ratio), float(similarity)
