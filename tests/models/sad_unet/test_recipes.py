from pathlib import Path

import pytest

import arllie_deploy.models.sad_unet
from arllie_deploy.models.sad_unet.config import SadUnetConfig
from arllie_deploy.training.network_recipe import NetworkRun
from arllie_deploy.training.recipe_file import read_recipe

FOLDER = Path(str(arllie_deploy.models.sad_unet.__file__)).parent
STAGES = ("sad-unet-stage-1", "sad-unet-stage-2", "sad-unet-stage-3", "sad-unet", "sad-unet-delegate")


def recipe(name: str) -> NetworkRun:
    made = read_recipe(FOLDER / f"{name}.toml")
    assert isinstance(made, NetworkRun)
    return made


def test_the_recipes_are_the_stages() -> None:
    assert {path.stem for path in FOLDER.glob("*.toml")} == set(STAGES)


@pytest.mark.parametrize("name", STAGES)
def test_a_recipe_has_its_files_name_and_a_configuration_that_exists(name: str) -> None:
    assert recipe(name).name == name
    config = SadUnetConfig.from_json(recipe(name).network.arguments)
    assert (config.width, config.stem) == (0.5, 16)


def test_every_stage_goes_on_from_the_one_before() -> None:
    starts = [recipe(name).network.start for name in STAGES]
    assert starts[0] == ""
    assert starts[1:] == [
        "runs/sad-unet-stage-1/checkpoint.pt",
        "runs/sad-unet-stage-2/checkpoint.pt",
        "runs/sad-unet-stage-3/checkpoint.pt",
        "runs/sad-unet/sad-unet.safetensors",
    ]
    assert all(recipe(name).network.statistics == 0.0 for name in STAGES[1:])


def test_the_last_stage_leaves_what_decides_brightness_as_it_is() -> None:
    network = recipe("sad-unet").network
    trained = set(network.trained.split())
    assert trained == {"extract.cleaning", "extract.denoising", "extract.detail"}
    assert network.arguments["denoising"] == 2
    assert "denoising" not in recipe("sad-unet-stage-3").network.arguments


def test_the_delegates_get_nothing_that_they_do_not_execute() -> None:
    config = SadUnetConfig.from_json(recipe("sad-unet-delegate").network.arguments)
    assert (config.depthwise, config.upsampling, config.activation) == ("plain", "nearest", "relu6")
