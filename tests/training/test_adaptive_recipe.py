from pathlib import Path

import pytest
from support.recipes import write_adaptive_recipe

from arllie_deploy import ArllieError
from arllie_deploy.training.adaptive_recipe import AdaptiveRecipe
from arllie_deploy.training.recipe_file import read_recipe


def test_the_table_head_makes_a_recipe_of_an_adaptive_model(tmp_path: Path) -> None:
    recipe = read_recipe(write_adaptive_recipe(tmp_path / "r.toml")).with_overrides(seed=7, steps=5)
    assert isinstance(recipe, AdaptiveRecipe)
    assert (recipe.seed, recipe.steps, recipe.head.form) == (7, 5, "curve")
    assert recipe.pictures_of_each() == {"recorded": 4, "crops": 2, "darkened": 2}


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("hidden = 8", 'form = "spline"', "head.form is 'spline'; known: curve, plain, basis"),
        ("hidden = 8", "kernels = 5", "head.kernels is 5, expected 1 to 4"),
        ("hidden = 8", "dropout = 1.0", "head.dropout is 1.0, expected 0.0 to 0.9"),
        ("hidden = 8", "widht = 8", "unknown key head.widht; known: form, hidden"),
        ("copies = 1", "lowest_ev = -2\nhighest_ev = -3", "darkening.lowest_ev is -2.0, expected -12.0 to -3.0"),
        ("copies = 1", "least_shot = 0.1\nmost_shot = 0.01", "darkening.least_shot is 0.1"),
        ("share = 0.25", "share = 0.9", "leave nothing of a batch for the recorded pictures"),
        ("[loss]", '[optimizer]\nprecision = "bf16"\n[loss]', "an adaptive model is trained in fp32"),
        ('"log-mse"', '"log-mse"\nssim = 1\n[optimizer]\nclip = 0', "optimizer.clip is 0.0"),
        ("steps = 20", "steps = 0", "steps is 0"),
    ],
)
def test_refuses_and_names_the_key(old: str, new: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(ArllieError) as caught:
        read_recipe(write_adaptive_recipe(tmp_path / "r.toml", (old, new)))
    assert message in str(caught.value)
