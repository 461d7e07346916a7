from pathlib import Path

import pytest
from support.recipes import write_quantized_recipe, write_recipe

from arllie_deploy import ArllieError
from arllie_deploy.models import RECIPES, find_recipe
from arllie_deploy.training.losses import find_loss
from arllie_deploy.training.recipe import QuantizedRecipe
from arllie_deploy.training.recipe_file import read_recipe


@pytest.mark.parametrize("name", RECIPES)
def test_shipped_recipes_are_valid_and_named_after_their_files(name: str) -> None:
    recipe = read_recipe(find_recipe(name))
    assert recipe.name == name
    assert find_loss(recipe.loss.name)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('name = "tiny"\n', "", "missing key, one of name"),
        ("steps = 40", "steps = 0", "steps is 0, expected 1 to"),
        ("steps = 40", 'steps = "40"', "steps is '40', expected int"),
        ("steps = 40", "steps = true", "steps is True, expected int"),
        ("steps = 40", "stepz = 40", "unknown key stepz; known: name, model"),
        ('"tiny"', '"../evil"', "model name '../evil'"),
        ("learning_rate = 1e-2", "weight_decay = nan", "optimizer.weight_decay is nan"),
        ("learning_rate = 1e-2", "final_learning_rate = -1", "optimizer.final_learning_rate is -1.0"),
        ("crop = 16", "crop = 2", "data.crop is 2, expected 8 to 4096"),
        ("crop = 16", "crops = 16", "unknown key data.crops; known: crop"),
        ('"residual"', '"gamma"', "model.epilogue is 'gamma'; known: residual"),
        ("learning_rate = 1e-2", 'precision = "fp16"', "optimizer.precision is 'fp16'; known: fp32, bf16"),
        ('["conv3x3"]', '["conv3x3", "conv3x3"]', "branch 0 cell 1 (conv3x3): a second spatial cell"),
        ('[["conv3x3"], ["conv1x1", "average"]]', '"conv3x3"', "model.branches is not a list of lists"),
        ("[optimizer]", "[optimizer", "not a TOML file"),
        ("steps = 40", "license = 3", "license is 3, expected str"),
    ],
)
def test_refuses_and_names_the_key(old: str, new: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(ArllieError) as caught:
        read_recipe(write_recipe(tmp_path / "r.toml", (old, new)))
    assert message in str(caught.value)
    assert str(tmp_path / "r.toml") in str(caught.value)


def test_the_ssim_term_needs_crops_of_its_window(tmp_path: Path) -> None:
    recipe = write_recipe(tmp_path / "r.toml", ('"l1"', '"l1"\nssim = 0.1'), ("crop = 16", "crop = 10"))
    with pytest.raises(ArllieError, match=r"loss\.ssim needs a data\.crop of at least 11, got 10"):
        read_recipe(recipe)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"int8"', '"int4"', "quantization.weights is 'int4'; known: int8, int16"),
        ("steps = 20", "steps = 0", "quantization.steps is 0, expected 1 to"),
        ('start = "arllie-plain-lol"\n', "", "missing key, one of quantization.start"),
        ("[data]", "[optimizer]\n[data]", "unknown key optimizer; known: name, quantization"),
        ("crop = 16", "crop = 2", "data.crop is 2, expected 8 to 4096"),
        ("seed = 3", "seed = -1", "seed is -1"),
    ],
)
def test_a_quantized_recipe_is_checked_too(old: str, new: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(ArllieError) as caught:
        read_recipe(write_quantized_recipe(tmp_path / "r.toml", (old, new)))
    assert message in str(caught.value)


def test_the_table_quantization_makes_another_kind_of_recipe(tmp_path: Path) -> None:
    recipe = read_recipe(write_quantized_recipe(tmp_path / "r.toml")).with_overrides(seed=7, steps=5)
    assert isinstance(recipe, QuantizedRecipe)
    assert (recipe.seed, recipe.steps, recipe.quantization.steps) == (7, 5, 5)
    assert recipe.optimizer.learning_rate == recipe.quantization.learning_rate


def test_refuses_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(ArllieError, match="no such recipe"):
        read_recipe(tmp_path / "none.toml")


def test_an_integer_serves_where_a_float_is_wanted(tmp_path: Path) -> None:
    assert read_recipe(write_recipe(tmp_path / "r.toml", ("1e-2", "1"))).optimizer.learning_rate == 1.0


def test_norm_is_written_with_the_operation(tmp_path: Path) -> None:
    recipe = read_recipe(write_recipe(tmp_path / "r.toml", ('["conv3x3"]', '["conv3x3+norm"]')))
    first, second = recipe.model.structure().branches
    assert first[0].norm
    assert not second[0].norm
