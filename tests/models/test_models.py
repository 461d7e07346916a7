from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.enhancers import random_enhancer

from arllie_deploy import ArllieError
from arllie_deploy.adaptive import AdaptiveEnhancer
from arllie_deploy.enhancer_file import save
from arllie_deploy.models import FAMILIES, MEMBERS, RECIPES, find_any, find_fixed_model, find_model, find_recipe
from arllie_deploy.pictures import read_picture
from arllie_deploy.quality.psnr import psnr
from arllie_deploy.statistics import COUNT


@pytest.mark.parametrize("member", MEMBERS)
def test_each_member_loads_and_has_a_card(member: str) -> None:
    model = find_model(member)
    card = (Path(str(files("arllie_deploy.models"))) / MEMBERS[member] / f"{member}.md").read_text()
    assert model.name == member
    for fact in (model.sha256, model.epilogue, model.license, str(model.provenance["recipe"]["seed"])):
        assert fact in card


def test_a_family_stands_for_its_default_member() -> None:
    for family, member in FAMILIES.items():
        assert find_any(family) == find_any(member)


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
        ("zzz", "known: arllie, arllie-adaptive, arllie-adaptive-int, arllie-direct-lol"),
        ("none.safetensors", "no such model file"),
    ],
)
def test_an_unknown_model_is_answered_with_a_hint(given: str, message: str) -> None:
    with pytest.raises(ArllieError) as caught:
        find_model(given)
    assert message in str(caught.value)


# Decibels on LOL-v1's test pairs, where the pictures themselves score 7.77: a little below what each card says.
LEAST_PSNR = {
    "arllie-adaptive": 18.5,
    "arllie-adaptive-int": 18.0,
    "arllie-lol": 17.4,
    "arllie-plain-lol": 17.4,
    "arllie-direct-lol": 16.9,
    "arllie-unsupervised": 10.0,
}


@pytest.mark.parametrize("member", MEMBERS)
def test_each_model_scores_what_its_card_says(member: str, shared_data: Path) -> None:
    model = find_model(member)
    scores = []
    for low in sorted((shared_data / "lol" / "eval15" / "low").iterdir()):
        high = read_picture(low.parents[1] / "high" / low.name).pixels
        scores.append(psnr(model.enhance(read_picture(low).pixels), high))
    assert len(scores) == 15
    assert np.mean(scores) >= LEAST_PSNR[member]
    card = (Path(str(files("arllie_deploy.models"))) / "arllie" / f"{member}.md").read_text()
    assert f"{np.mean(scores):.2f} dB" in card


@pytest.mark.parametrize("member", ["arllie-lol", "arllie-adaptive"])
def test_a_bright_picture_is_not_washed_out(member: str) -> None:
    """Guards the most frequent complaint about low-light enhancers: over-exposure of what is bright already."""
    rows = np.linspace(128, 255, 64).astype(np.uint8)
    bright = np.broadcast_to(rows[:, None, None], (64, 64, 3)).copy()
    enhanced = find_model(member).enhance(bright)[2:-2, 32].astype(int)
    assert (np.diff(enhanced, axis=0) >= -1).all()
    assert len(np.unique(enhanced)) > 20
    if member == "arllie-lol":
        assert (enhanced >= bright[2:-2, 32]).all()
    else:
        assert np.abs(enhanced - bright[2:-2, 32]).mean() < 30


def test_an_adaptive_model_is_no_fixed_one() -> None:
    assert find_fixed_model("arllie-lol").name == "arllie-lol"
    with pytest.raises(ArllieError, match="makes a new kernel for every frame; here give a fixed one"):
        find_fixed_model("arllie-adaptive")


@pytest.mark.parametrize("member", ["arllie-adaptive", "arllie-adaptive-int"])
@given(seed=st.integers(0, 10**6))
def test_no_statistics_make_a_shipped_model_flip_colors(member: str, seed: int) -> None:
    """Gray in, and brighter gray in: brighter out in every channel; a color's strongest channel stays within reach."""
    rng = np.random.default_rng(seed)
    model = find_model(member)
    assert isinstance(model, AdaptiveEnhancer)
    enhancer = model.condition(rng.normal(0.0, 10.0 ** rng.uniform(-1, 3), COUNT))
    levels = np.linspace(0, 1, 9)
    outputs = np.array([enhancer.reference(np.full((3, 3, 3), level))[1, 1] for level in levels])
    assert (np.diff(outputs, axis=0) >= -1e-9).all()
    mixing = enhancer.kernel.astype(float).sum((-2, -1))
    own = np.diagonal(mixing)
    assert (own > 0).all()
    assert (np.abs(mixing - np.diag(own)) <= 0.41 * own[:, None]).all()
