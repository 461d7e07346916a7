from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from support.pictures import make_pairs, save_png, scene

from arllie_deploy import ArllieError
from arllie_deploy.pictures import read_picture
from arllie_deploy.training.data import Sample, find_pairs_to_learn, split_by_scene
from arllie_deploy.training.hold_out import hold_out
from arllie_deploy.training.recipe import DataRecipe

EXTREMES = DataRecipe(validation_fraction=0.2, hold_out="extremes")


def levels(samples: tuple[Sample, ...]) -> list[float]:
    return [float(read_picture(sample.low).pixels.mean()) for sample in samples]


def write(folder: Path, brightness: list[int], scenes: list[int]) -> tuple[Sample, ...]:
    rows = ["file,scene"]
    for index, (level, number) in enumerate(zip(brightness, scenes, strict=True)):
        save_png(folder / "low" / f"{index}.png", np.full((8, 8, 3), level, np.uint8))
        save_png(folder / "high" / f"{index}.png", scene(index, 8, 8))
        rows.append(f"{index}.png,{number}")
    (folder / "scenes.csv").write_text("\n".join(rows))
    return find_pairs_to_learn(folder)


def test_the_darkest_and_the_brightest_scenes_are_held_out(tmp_path: Path) -> None:
    samples = write(tmp_path, [30, 2, 20, 25, 90, 22, 28, 24, 26, 21], list(range(10)))
    split = hold_out(samples, tmp_path, EXTREMES)
    assert sorted(levels(split.validation)) == [2, 90]
    assert min(levels(split.validation)) < min(levels(split.train))
    assert max(levels(split.validation)) > max(levels(split.train))


def test_a_scene_stays_together(tmp_path: Path) -> None:
    samples = write(tmp_path, [2, 30, 20, 25, 90, 22, 28, 24, 26, 21], [0, 0, 2, 3, 4, 5, 6, 7, 8, 9])
    split = hold_out(samples, tmp_path, EXTREMES)
    assert {"0", "1"} <= {sample.name for sample in split.validation} or not (
        {"0", "1"} & {sample.name for sample in split.validation}
    )
    assert {sample.name for sample in (*split.train, *split.validation)} == {str(index) for index in range(10)}


def test_scenes_are_drawn_unless_the_recipe_says_otherwise(tmp_path: Path) -> None:
    samples = find_pairs_to_learn(make_pairs(tmp_path, 12))
    drawn = hold_out(samples, tmp_path, replace(EXTREMES, hold_out="scenes", split_seed=4))
    assert drawn == split_by_scene(samples, tmp_path, 0.2, seed=4)
    assert hold_out(samples, tmp_path, replace(EXTREMES, validation_fraction=0.0)).validation == ()


def test_too_few_scenes_are_refused(tmp_path: Path) -> None:
    samples = write(tmp_path, [10, 20], [0, 1])
    with pytest.raises(ArllieError, match="cannot be split"):
        hold_out(samples, tmp_path, EXTREMES)


def test_real_extremes_lie_outside_the_range_that_is_trained_on(shared_data: Path) -> None:
    folder = shared_data / "lol" / "train"
    split = hold_out(find_pairs_to_learn(folder), folder, replace(EXTREMES, validation_fraction=0.08))
    train, held = levels(split.train), levels(split.validation)
    assert 0.07 < len(held) / 461 < 0.12
    assert np.quantile(train, 0.02) > np.quantile(held, 0.1)
    assert np.quantile(train, 0.98) < np.quantile(held, 0.9)
