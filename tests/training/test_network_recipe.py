from pathlib import Path

import pytest
from support.recipes import write_network_recipe

from arllie_deploy import ArllieError
from arllie_deploy.training.network_recipe import DistillationRecipe, FramesRecipe, NetworkRun
from arllie_deploy.training.recipe_file import read_recipe


def test_the_table_network_makes_a_recipe_of_a_network(tmp_path: Path) -> None:
    recipe = read_recipe(write_network_recipe(tmp_path / "r.toml")).with_overrides(seed=7, steps=5)
    assert isinstance(recipe, NetworkRun)
    assert (recipe.seed, recipe.steps, recipe.network.arguments["width"]) == (7, 5, 0.25)
    assert recipe.batch_of_each == {"whole": 2, "crops": 2}
    assert recipe.crop_of_each == {"whole": 32, "crops": 32}


def test_crops_have_steps_of_their_own_and_may_have_their_own_size(tmp_path: Path) -> None:
    recipe = read_recipe(
        write_network_recipe(tmp_path / "r.toml", ("share = 0.5", "share = 0.25\ncrop = 64\nbatch = 5"))
    )
    assert isinstance(recipe, NetworkRun)
    assert recipe.batch_of_each == {"whole": 2, "crops": 5}
    assert recipe.crop_of_each == {"whole": 32, "crops": 64}
    kinds = [recipe.kind_at(step) for step in range(2000)]
    assert kinds.count("crops") == pytest.approx(500, abs=60)
    assert kinds == [recipe.kind_at(step) for step in range(2000)]


def test_whole_frames_have_steps_of_their_own(tmp_path: Path) -> None:
    table = "share = 0.25\n\n[frames]\nshare = 0.5\nbatch = 4\nmost = 2.0"
    recipe = read_recipe(write_network_recipe(tmp_path / "r.toml", ("share = 0.5", table)))
    assert isinstance(recipe, NetworkRun)
    assert recipe.frames == FramesRecipe(share=0.5, batch=4, most=2.0)
    kinds = [recipe.kind_at(step) for step in range(2000)]
    assert kinds.count("frames") == pytest.approx(1000, abs=80)
    assert kinds.count("crops") == pytest.approx(500, abs=60)


def test_enlarged_frames_may_be_smaller_than_a_crop(tmp_path: Path) -> None:
    recipe = read_recipe(write_network_recipe(tmp_path / "r.toml", ("most = 1.5", "least = 1.25\nmost = 1.5")))
    assert isinstance(recipe, NetworkRun)
    assert recipe.smallest_frame == 26


def test_pairs_of_levels_are_read_as_who_mimics_whom() -> None:
    assert DistillationRecipe(pairs="1<2 2<4").levels() == ((1, 2), (2, 4))
    assert DistillationRecipe().levels() == ()


def test_the_weight_of_distillation_starts_late_and_grows() -> None:
    term = DistillationRecipe(weight=0.2, start=0.6, ramp=0.1)
    weights = [term.weight_at(done) for done in (0.0, 0.59, 0.6, 0.65, 0.7, 1.0)]
    assert weights == pytest.approx([0.0, 0.0, 0.0, 0.1, 0.2, 0.2])


def test_without_a_ramp_it_is_there_at_once() -> None:
    assert DistillationRecipe(weight=0.2, start=0.5, ramp=0.0).weight_at(0.5) == 0.2


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("[crops]", "wide = 2\n[crops]", "unknown key network.wide; known: system, arguments"),
        ("{ width = 0.25, stem = 16, expansion = 1 }", "4", "network.arguments is 4, expected a table"),
        ("[crops]", "statistics = 2\n[crops]", "network.statistics is 2.0, expected 0.0 to 1.0"),
        ("[crops]", "average = 0\n[crops]", "network.average is 0.0, expected 1e-06 to 0.5"),
        ("[enlarging]", "[frames]\nshare = 0.6\n[enlarging]", "frames.share and crops.share are more than all steps"),
        ("[enlarging]", "[frames]\nleast = 2\n[enlarging]", "frames.least is 2.0, expected 0.25 to 1.0"),
        ("most = 1.5", "most = 0.5", "enlarging.most is 0.5, expected 1.0 to 16.0"),
        ("most = 1.5", "least = 2\nmost = 1.5", "enlarging.least is 2.0, expected 1.0 to 1.5"),
        ("most_noise = 2.0", "least_noise = 3", "enlarging.least_noise is 3.0, expected 0.0 to 0.0"),
        ("most_noise = 2.0", "exposure_ev = 5", "enlarging.exposure_ev is 5.0"),
        ("weight = 0.1", "weight = -1", "distillation.weight is -1.0"),
        ("weight = 0.1", "start = 1.5", "distillation.start is 1.5"),
        ("weight = 0.1", 'pairs = "1-2"', "distillation.pairs is '1-2', expected pairs such as \"1<2 2<3\""),
        ("share = 0.5", "share = 0.95", "crops.share is 0.95"),
        ("steps = 6", "steps = 0", "steps is 0"),
    ],
)
def test_refuses_and_names_the_key(old: str, new: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(ArllieError) as caught:
        read_recipe(write_network_recipe(tmp_path / "r.toml", (old, new)))
    assert message in str(caught.value)
