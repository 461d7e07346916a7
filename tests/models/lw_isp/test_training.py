"""The system's row in the table of what can be trained."""

from dataclasses import replace
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
from arllie_deploy.training.systems import find_system
from arllie_deploy.training.task import Share


def recipe_of(folder: Path) -> NetworkRun:
    made = read_recipe(
        write_network_recipe(
            folder / "r.toml",
            ('"sad-unet"', '"lw-isp"'),
            ("{ width = 0.25, stem = 16, expansion = 1 }", "{ width = 0.25 }"),
            ("weight = 0.1", "weight = 0.0"),
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
        torch.testing.assert_close(built(frame), task.network.eval()(frame), rtol=0, atol=1e-5)


@pytest.mark.parametrize("head", ["raw", "packed"])
def test_a_head_that_takes_no_rgb_pictures_is_refused(head: str) -> None:
    with pytest.raises(ArllieError, match=f"head '{head}' takes no RGB pictures"):
        find_system("lw-isp").build({"width": 0.25, "head": head})


def test_its_recipe_is_one_of_the_published_network() -> None:
    import arllie_deploy.models

    recipe = read_recipe(Path(next(iter(arllie_deploy.models.__path__))) / "lw_isp" / "lw-isp.toml")
    assert isinstance(recipe, NetworkRun)
    network = find_system(recipe.network.system).build(recipe.network.arguments)
    assert sum(values.numel() for values in network.parameters()) == 1_997_449
    assert replace(recipe, steps=1).crop_of_each == {"whole": 320, "crops": 192}
