from dataclasses import replace
from pathlib import Path

import pytest
import torch
from support.pictures import make_pairs

from arllie_deploy.models.light_modules.config import LightModulesConfig
from arllie_deploy.training.data import Split, find_clean_to_learn
from arllie_deploy.training.loop import run_task
from arllie_deploy.training.network_recipe import NetworkRecipe, NetworkRun
from arllie_deploy.training.network_task import NetworkTask
from arllie_deploy.training.pictures_recipe import PicturesRecipe
from arllie_deploy.training.recipe import DataRecipe, LossRecipe, OptimizerRecipe
from arllie_deploy.training.recipe_file import read_recipe
from arllie_deploy.training.systems import SYSTEMS, Frames, find_system

RECIPES = Path(__file__).parents[2] / "models" / "light_modules"
SMALL = {
    "denoising": ({"colors": 1, "width": 0.25, "blocks": 1}, PicturesRecipe("noisy", 25.0, 25.0)),
    "super-resolution": ({"width": 0.25, "blocks": 1}, PicturesRecipe("smaller")),
    "inpainting": ({"width": 0.25}, PicturesRecipe("holes")),
}


def recipe_of(task: str) -> NetworkRun:
    arguments, pictures = SMALL[task]
    return NetworkRun(
        name="small",
        network=NetworkRecipe("light-modules", {"task": task, **arguments}),
        data=DataRecipe(crop=64, batch=1),
        loss=LossRecipe("charbonnier"),
        optimizer=OptimizerRecipe(learning_rate=1e-3),
        pictures=pictures,
        steps=1,
        evaluate_every=1,
    )


def shipped(name: str) -> NetworkRun:
    recipe = read_recipe(RECIPES / f"{name}.toml")
    assert isinstance(recipe, NetworkRun)
    return recipe


@pytest.mark.parametrize(
    ("task", "frames"),
    [
        ("denoising", Frames(1, 16, 1, 1, "Y", "Y")),
        ("super-resolution", Frames(1, 16, 3, 4, "RGB", "RGB")),
        ("inpainting", Frames(4, 16, 4, 1, "RGBM", "RGB")),
    ],
)
def test_each_task_is_trained_and_its_network_knows_what_it_takes_and_gives(
    task: str, frames: Frames, tmp_path: Path
) -> None:
    samples = find_clean_to_learn(make_pairs(tmp_path / "pairs", 2, width=70, height=66))
    recipe, cpu = recipe_of(task), torch.device("cpu")
    assert find_system("light-modules").frames(recipe.network.arguments) == frames
    made = NetworkTask(recipe, Split(samples[:1], samples[1:]), (), cpu)
    model = run_task(made, tmp_path / "run", resume=False, force=False, device=cpu, report=lambda _: None).enhancer
    assert (model.color, model.output_color) == (frames.color, frames.output_color)
    assert (model.channels, model.output_channels) == (len(frames.color), len(frames.output_color))
    assert (model.scale, model.alignment, model.minimum) == (frames.scale, frames.alignment, frames.minimum)
    picture = next(made.held_out())
    side = 4 * (66 // 4) if frames.scale == 4 else 66
    assert picture.frame().shape == (side, 68 if frames.scale == 4 else 70, len(frames.output_color))


@pytest.mark.parametrize("name", ["sad-unet", "lw-isp"])
def test_a_lightened_system_takes_the_frames_of_its_own(name: str) -> None:
    arguments = {"width": 0.25}
    light = {**arguments, "light": {"keep": ["first"]}}
    assert SYSTEMS[f"light-{name}"].frames(light) == SYSTEMS[name].frames(arguments)
    assert SYSTEMS[f"light-{name}"].arguments(light)["light"]["keep"] == ["first"]


@pytest.mark.parametrize(
    ("baseline", "light"),
    [("dncnn", "light-dncnn-stage-1"), ("srresnet", "light-srresnet"), ("inpaint", "light-inpaint")],
)
def test_a_baseline_differs_in_its_network_and_learning_rate_alone(baseline: str, light: str) -> None:
    full, reduced = shipped(baseline), shipped(light)
    assert full.network.arguments == {**reduced.network.arguments, "convolutions": "full"}
    rate = full.optimizer.learning_rate
    same = replace(
        reduced,
        name=baseline,
        network=replace(reduced.network, arguments=full.network.arguments),
        optimizer=replace(reduced.optimizer, learning_rate=rate),
    )
    assert same == full


@pytest.mark.parametrize(
    ("light", "schedule"),
    # Without a guess to begin with, filling takes a longer training.
    [("light-srresnet", set()), ("light-inpaint", {"steps", "evaluate_every", "optimizer"})],
)
def test_a_network_for_delegates_differs_in_what_delegates_need_alone(light: str, schedule: set[str]) -> None:
    plain, delegate = shipped(light), shipped(f"{light}-delegate")
    wanted = LightModulesConfig.from_json(plain.network.arguments).for_delegates()
    assert LightModulesConfig.from_json(delegate.network.arguments) == wanted
    assert replace(delegate.network, arguments=plain.network.arguments) == plain.network
    one, other = plain.to_json(), delegate.to_json()
    assert {key for key, value in one.items() if other[key] != value} == {"name", "network", *schedule}


def test_every_recipe_is_named_as_its_file() -> None:
    files = sorted(RECIPES.glob("*.toml"))
    assert len(files) >= 10
    assert [shipped(file.stem).name for file in files] == [file.stem for file in files]
