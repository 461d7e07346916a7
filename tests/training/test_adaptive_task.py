from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from support.pictures import make_pairs, save_png

from arllie_deploy import ArllieError
from arllie_deploy.adaptive import AdaptiveEnhancer
from arllie_deploy.pictures import read_picture
from arllie_deploy.quality.psnr import psnr
from arllie_deploy.training.adaptive_recipe import AdaptiveRecipe, CropsRecipe, DarkeningRecipe, HeadRecipe
from arllie_deploy.training.adaptive_task import AdaptiveTask
from arllie_deploy.training.data import find_pairs_to_learn, split_by_scene
from arllie_deploy.training.loop import Progress, run_task
from arllie_deploy.training.recipe import DataRecipe, LossRecipe, OptimizerRecipe

CPU = torch.device("cpu")
RECIPE = AdaptiveRecipe(
    name="tiny-adaptive",
    head=HeadRecipe(hidden=8, average=0.05),
    data=DataRecipe(crop=12, batch=8, validation_fraction=0.2),
    loss=LossRecipe("log-mse", ssim=0.5),
    optimizer=OptimizerRecipe(learning_rate=1e-2, clip=10.0),
    crops=CropsRecipe(0.25),
    darkening=DarkeningRecipe(share=0.25, copies=1),
    steps=30,
    evaluate_every=10,
)


class KilledError(Exception):
    """Stands for a kill."""


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_pairs(tmp_path_factory.mktemp("pairs"))


def task(recipe: AdaptiveRecipe, pairs: Path) -> AdaptiveTask:
    samples = find_pairs_to_learn(pairs)
    return AdaptiveTask(recipe, split_by_scene(samples, pairs, recipe.data.validation_fraction, 0), samples, CPU)


def run(recipe: AdaptiveRecipe, pairs: Path, out: Path, stop_at: int = -1, *, resume: bool = False) -> AdaptiveEnhancer:
    def report(now: Progress) -> None:
        if now.step == stop_at:
            raise KilledError

    return run_task(task(recipe, pairs), out, resume=resume, force=False, device=CPU, report=report).enhancer


@pytest.mark.parametrize("form", ["curve", "plain", "basis"])
def test_training_makes_held_out_pictures_better(form: str, pairs: Path, tmp_path: Path) -> None:
    recipe = replace(RECIPE, head=replace(RECIPE.head, form=form), steps=150, evaluate_every=150)
    model = run(recipe, pairs, tmp_path)
    sample = split_by_scene(find_pairs_to_learn(pairs), pairs, 0.2, 0).validation[0]
    assert sample.high is not None
    low, high = read_picture(sample.low).pixels, read_picture(sample.high).pixels
    assert psnr(model.for_frame(low).enhance(low), high) > psnr(low, high) + 5
    assert model.provenance["recipe"]["head"]["form"] == form


def test_a_stopped_run_goes_on_bit_for_bit(pairs: Path, tmp_path: Path) -> None:
    whole = run(RECIPE, pairs, tmp_path / "whole")
    with pytest.raises(KilledError):
        run(RECIPE, pairs, tmp_path / "parts", stop_at=23)
    assert run(RECIPE, pairs, tmp_path / "parts", resume=True).sha256 == whole.sha256


def test_the_score_weighs_every_kind_of_picture_the_same(pairs: Path) -> None:
    made = task(RECIPE, pairs)
    made.network.eval()
    kinds = [made._score(pool)[1] for pool in made._held_out.values()]
    assert len(kinds) == 3
    assert made.validate().psnr_db == pytest.approx(np.mean(kinds))


def test_a_recipe_with_crops_needs_them(pairs: Path) -> None:
    split = split_by_scene(find_pairs_to_learn(pairs), pairs, 0.2, 0)
    with pytest.raises(ArllieError, match="give their folder: --crops"):
        AdaptiveTask(RECIPE, split, (), CPU)


def test_a_loss_without_references_is_refused(pairs: Path) -> None:
    with pytest.raises(ArllieError, match="trained on pairs only"):
        task(replace(RECIPE, loss=LossRecipe("fidelity-smoothness")), pairs)


@pytest.mark.parametrize("level", [0, 255])
def test_constant_pictures_train_to_something_finite(level: int, tmp_path: Path) -> None:
    for index in range(8):
        save_png(tmp_path / "data" / "low" / f"{index}.png", np.full((20, 20, 3), level, np.uint8))
        save_png(tmp_path / "data" / "high" / f"{index}.png", np.full((20, 20, 3), 200, np.uint8))
    model = run(replace(RECIPE, steps=10), tmp_path / "data", tmp_path / "run")
    assert np.isfinite(model.head.output_bias).all()
