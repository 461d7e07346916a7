from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from support.pictures import make_pairs, save_png, scene

from arllie_deploy import ArllieError
from arllie_deploy.training.data import (
    FrameStore,
    Sample,
    check_crop,
    draw_batch,
    find_lows_to_learn,
    find_pairs_to_learn,
    split_by_scene,
)


def test_pairs_are_found_in_natural_order(tmp_path: Path) -> None:
    samples = find_pairs_to_learn(make_pairs(tmp_path, 12))
    assert [sample.name for sample in samples] == [str(number) for number in range(12)]


def test_low_alone_is_enough_without_supervision(tmp_path: Path) -> None:
    save_png(tmp_path / "low" / "a.png", scene(0))
    (sample,) = find_lows_to_learn(tmp_path)
    assert sample.high is None
    with pytest.raises(ArllieError, match="high: no such folder"):
        find_pairs_to_learn(tmp_path)


@pytest.mark.parametrize("find", [find_pairs_to_learn, find_lows_to_learn])
def test_a_folder_without_pictures_is_refused(find: Callable[[Path], tuple[Sample, ...]], tmp_path: Path) -> None:
    (tmp_path / "low").mkdir()
    with pytest.raises(ArllieError, match="no pictures"):
        find(tmp_path)


def test_no_scene_is_in_both_halves(tmp_path: Path) -> None:
    samples = find_pairs_to_learn(make_pairs(tmp_path / "train", 24))
    lines = ["file,scene", *(f"{number}.png,{number // 3}" for number in range(24))]
    (tmp_path / "scenes.csv").write_text("\n".join(lines))
    split = split_by_scene(samples, tmp_path / "train", 0.25, seed=0)
    scenes = [{int(sample.name) // 3 for sample in half} for half in (split.train, split.validation)]
    assert not scenes[0] & scenes[1]
    assert len(split.validation) == 6
    assert split == split_by_scene(samples, tmp_path / "train", 0.25, seed=0)
    assert split != split_by_scene(samples, tmp_path / "train", 0.25, seed=1)


def test_without_a_list_of_scenes_neighbors_stay_together(tmp_path: Path) -> None:
    samples = find_pairs_to_learn(make_pairs(tmp_path, 30))
    split = split_by_scene(samples, tmp_path, 0.3, seed=0)
    numbers = sorted(int(sample.name) for sample in split.validation)
    assert len(numbers) == 10
    assert numbers == list(range(numbers[0], numbers[0] + 10))


def test_too_few_pictures_for_a_split_are_refused(tmp_path: Path) -> None:
    samples = find_pairs_to_learn(make_pairs(tmp_path, 2))
    with pytest.raises(ArllieError, match="cannot be split"):
        split_by_scene(samples, tmp_path, 0.5, seed=0)
    assert split_by_scene(samples, tmp_path, 0.0, seed=0).train == samples


def test_a_batch_is_a_function_of_seed_and_step(tmp_path: Path) -> None:
    samples = find_pairs_to_learn(make_pairs(tmp_path, 5))
    drawn = [draw_batch(samples, FrameStore(), seed=1, step=step, batch=4, crop=16).low for step in (7, 7, 8)]
    assert (drawn[0] == drawn[1]).all()
    assert not (drawn[0] == drawn[2]).all()
    assert drawn[0].shape == (4, 3, 16, 16)
    assert drawn[0].dtype == np.float32


def test_both_halves_of_a_pair_are_cropped_and_turned_alike(tmp_path: Path) -> None:
    for index in range(3):
        for side in ("low", "high"):
            save_png(tmp_path / side / f"{index}.png", scene(index))
    samples = find_pairs_to_learn(tmp_path)
    for step in range(16):
        batch = draw_batch(samples, FrameStore(), seed=0, step=step, batch=3, crop=16)
        assert batch.high is not None
        assert (batch.low == batch.high).all()


def test_a_picture_smaller_than_the_crop_is_named(tmp_path: Path) -> None:
    samples = find_pairs_to_learn(make_pairs(tmp_path, 1))
    with pytest.raises(ArllieError, match=r"0\.png: 48x40 is smaller than the recipe's crop of 64"):
        check_crop(samples, 64)
    check_crop(samples, 40)
