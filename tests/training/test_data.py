import hashlib
import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.miniatures import make_sequence, make_sides
from support.pictures import make_pairs, save_png, scene

from arllie_deploy import ArllieError
from arllie_deploy.training.data import (
    FrameStore,
    Sample,
    check_crop,
    draw_batch,
    find_lows_to_learn,
    find_odd,
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
    split = split_by_scene(samples, tmp_path, 0.4, seed=0)
    runs = {int(sample.name) // 10 for sample in split.validation}
    assert len(split.validation) == 20
    assert len(runs) == 2


@settings(deadline=None, derandomize=True)
@given(count=st.integers(2, 400), fraction=st.floats(0.01, 0.9), seed=st.integers(0, 9))
def test_what_is_held_out_exceeds_its_fraction_by_less_than_a_run(count: int, fraction: float, seed: int) -> None:
    samples = [Sample(str(number), Path(f"{number}.png"), None) for number in range(count)]
    run = math.ceil(count / max(1, count // min(10, math.ceil(fraction * count))))
    try:
        held = len(split_by_scene(samples, Path("none"), fraction, seed).validation)
    except ArllieError:
        # Nothing would be left to train on.
        assert fraction * count > count - run
        return
    assert fraction * count <= held < fraction * count + run


def test_a_small_set_holds_out_its_fraction(tmp_path: Path) -> None:
    samples = find_pairs_to_learn(make_pairs(tmp_path, 24))
    assert len(split_by_scene(samples, tmp_path, 0.15, seed=0).validation) == 4


def test_the_exposures_of_one_scene_stay_together(tmp_path: Path) -> None:
    for number in range(1, 8):
        make_sequence(tmp_path / "Dataset_Part1", number, 7, f"{number}.JPG")
    split = split_by_scene(find_pairs_to_learn(tmp_path, "sice"), tmp_path, 0.2, seed=0)
    held = {sample.scene for sample in split.validation}
    assert len(split.validation) == 6
    assert len(held) == 2
    assert held.isdisjoint(sample.scene for sample in split.train)


def test_the_split_of_the_shipped_models_is_the_same(shared_data: Path) -> None:
    folder = shared_data / "lol" / "train"
    split = split_by_scene(find_pairs_to_learn(folder), folder, 0.15, seed=0)
    names = "".join(f"{sample.name}," for sample in (*split.train, *split.validation))
    assert hashlib.sha256(names.encode()).hexdigest().startswith("7f39d391f0d7")


def test_too_few_pictures_for_a_split_are_refused(tmp_path: Path) -> None:
    samples = find_pairs_to_learn(make_pairs(tmp_path, 1))
    with pytest.raises(ArllieError, match="cannot be split"):
        split_by_scene(samples, tmp_path, 0.5, seed=0)
    assert split_by_scene(samples, tmp_path, 0.0, seed=0).train == samples


def test_a_layout_gives_its_training_part(tmp_path: Path) -> None:
    for device in ("Huawei", "Nikon"):
        for split, names in (("Training data", ["2.jpg", "10.jpg"]), ("Eval", ["3.jpg"])):
            make_sides(tmp_path / split / device / "low", tmp_path / split / device / "high", names)
    names = ["Huawei-2", "Huawei-10", "Nikon-2", "Nikon-10"]
    assert [sample.name for sample in find_pairs_to_learn(tmp_path, "lsrw")] == names
    lows = find_lows_to_learn(tmp_path, "lsrw")
    assert [(sample.name, sample.high) for sample in lows] == [(name, None) for name in names]


def test_pairs_of_a_folder_that_look_wrong_are_found(tmp_path: Path) -> None:
    make_pairs(tmp_path, 4)
    save_png(tmp_path / "high" / "2.png", scene(3))
    save_png(tmp_path / "low" / "3.png", np.zeros((40, 48, 3), np.uint8))
    odd = find_odd(find_pairs_to_learn(tmp_path))
    assert [(pair.name, pair.kind) for pair in odd] == [("2", "unrelated"), ("3", "constant")]
    assert [pair.name for pair in find_odd(find_lows_to_learn(tmp_path))] == ["3"]


def test_a_damaged_picture_is_found_before_training(tmp_path: Path) -> None:
    make_pairs(tmp_path, 2)
    path = tmp_path / "high" / "1.png"
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(ArllieError, match=r"high/1\.png: "):
        find_odd(find_pairs_to_learn(tmp_path))


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
