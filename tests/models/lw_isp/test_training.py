"""The system's row in the table of what can be trained."""

from pathlib import Path

import pytest
import torch
from support.pictures import make_pairs
from support.recipes import write_network_recipe

from arllie_deploy import ArllieError
from arllie_deploy.models.lw_isp.deploy import build_deployed
from arllie_deploy.training.data import find_pairs_to_learn, split_by_scene
from arllie_deploy.training.network_recipe import NetworkRun
from arllie_deploy.training.network_task import NetworkTask
from arllie_deploy.training.recipe_file import read_recipe
from arllie_deploy.training.task import Share


def recipe_of(folder: Path, *changes: tuple[str, str]) -> NetworkRun:
    made = read_recipe(
        write_network_recipe(
            folder / "r.toml",
            ('"sad-unet"', '"lw-isp"'),
            ("{ width = 0.25, stem = 16, expansion = 1 }", "{ width = 0.25 }"),
            ("weight = 0.1", "weight = 0.0"),
            *changes,
        )
    )
    assert isinstance(made, NetworkRun)
    return made


def test_it_learns_and_what_comes_of_it_is_its_form_for_inference(tmp_path: Path) -> None:
    recipe, pairs = recipe_of(tmp_path), make_pairs(tmp_path / "pairs", 10)
    samples = find_pairs_to_learn(pairs)
    split = split_by_scene(samples, pairs, recipe.data.validation_fraction, 0)
    task = NetworkTask(recipe, split, samples, torch.device("cpu"))
    optimizer = torch.optim.Adam(task.network.parameters(), 1e-2)
    losses = []
    for _ in range(12):
        optimizer.zero_grad()
        loss = task.step_loss(0, Share(0, 1)).loss
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0]
    model = task.to_model({})
    built = build_deployed(**model.arguments)
    built.load_state_dict({name: torch.from_numpy(values) for name, values in model.state.items()})
    frame = torch.rand(1, 3, 32, 32)
    with torch.inference_mode():
        torch.testing.assert_close(built(frame), task._student.average(frame), rtol=0, atol=1e-5)


@pytest.mark.parametrize("side", [20, 33])
def test_a_frame_below_the_smallest_side_is_scored_too(side: int, tmp_path: Path) -> None:
    """Sides are multiples of 16, and at least 32."""
    recipe, pairs = recipe_of(tmp_path), make_pairs(tmp_path / "pairs", 10)
    samples = find_pairs_to_learn(pairs)
    split = split_by_scene(samples, pairs, recipe.data.validation_fraction, 0)
    task = NetworkTask(recipe, split, samples, torch.device("cpu"))
    task.network.eval()
    with torch.inference_mode():
        assert task._whole(torch.rand(1, 3, side, 48)).shape == (1, 3, side, 48)
    assert (task.to_model({}).alignment, task.to_model({}).minimum) == (16, 32)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ([("crop = 32", "crop = 16")], "data.crop is 16; lw-isp takes multiples of 16 from 32 on"),
        ([("crop = 32", "crop = 40")], "data.crop is 40; lw-isp takes multiples of 16 from 32 on"),
        ([("width = 0.25", 'width = 0.25, head = "raw"')], "this one takes 4 channels at scale 2"),
        ([("weight = 0.0", "weight = 0.1")], "lw-isp has no levels that mimic deeper ones"),
    ],
)
def test_what_the_network_does_not_take_is_refused_when_the_recipe_is_read(
    changes: list[tuple[str, str]], message: str, tmp_path: Path
) -> None:
    with pytest.raises(ArllieError, match=message):
        recipe_of(tmp_path, *changes)
