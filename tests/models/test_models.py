from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
from support.enhancers import random_enhancer

from arllie_deploy import ArllieError
from arllie_deploy.enhancer_file import save
from arllie_deploy.models import FAMILIES, MEMBERS, RECIPES, find_model, find_recipe
from arllie_deploy.pictures import read_picture
from arllie_deploy.quality.psnr import psnr


@pytest.mark.parametrize("member", MEMBERS)
def test_each_member_loads_and_has_a_card(member: str) -> None:
    model = find_model(member)
    card = (Path(str(files("arllie_deploy.models"))) / MEMBERS[member] / f"{member}.md").read_text()
    assert model.name == member
    for fact in (model.sha256, model.epilogue, model.license, str(model.provenance["recipe"]["seed"])):
        assert fact in card


def test_a_family_stands_for_its_default_member() -> None:
    for family, member in FAMILIES.items():
        assert find_model(family) == find_model(member)


@pytest.mark.parametrize("recipe", RECIPES)
def test_each_recipe_is_there(recipe: str) -> None:
    assert find_recipe(recipe).is_file()


def test_a_model_file_is_taken_by_its_path(tmp_path: Path) -> None:
    save(random_enhancer(), tmp_path / "m.safetensors")
    assert find_model(str(tmp_path / "m.safetensors")) == random_enhancer()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("arlie", "did you mean 'arllie'?"),
        ("zzz", "known: arllie, arllie-direct-lol, arllie-lol"),
        ("none.safetensors", "no such model file"),
    ],
)
def test_an_unknown_model_is_answered_with_a_hint(given: str, message: str) -> None:
    with pytest.raises(ArllieError) as caught:
        find_model(given)
    assert message in str(caught.value)


@pytest.mark.parametrize("member", MEMBERS)
def test_each_model_scores_what_its_card_says(member: str, shared_data: Path) -> None:
    """At least 16.9 dB on LOL-v1's test pairs; the pictures themselves score 7.77 dB."""
    model = find_model(member)
    scores = []
    for low in sorted((shared_data / "lol" / "eval15" / "low").iterdir()):
        high = read_picture(low.parents[1] / "high" / low.name).pixels
        scores.append(psnr(model.enhance(read_picture(low).pixels), high))
    assert len(scores) == 15
    assert np.mean(scores) >= 16.9
    card = (Path(str(files("arllie_deploy.models"))) / "arllie" / f"{member}.md").read_text()
    assert f"{np.mean(scores):.2f} dB" in card


def test_a_bright_picture_is_not_washed_out() -> None:
    """Guards the most frequent complaint about low-light enhancers: over-exposure of what is bright already."""
    model = find_model("arllie")
    rows = np.linspace(128, 255, 64).astype(np.uint8)
    bright = np.broadcast_to(rows[:, None, None], (64, 64, 3)).copy()
    assert (model.enhance(bright) >= bright).all()
    ordered = model.enhance(bright)[2:-2, 32].astype(int)
    assert (np.diff(ordered, axis=0) >= -1).all()
