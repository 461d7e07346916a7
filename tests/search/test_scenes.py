from itertools import combinations
from pathlib import Path

import pytest
from support.pictures import make_pairs, save_png, scene
from support.searches import make_scenes

from arllie_deploy import ArllieError
from arllie_deploy.search.scenes import Scenes, split_scenes
from arllie_deploy.training.data import find_pairs_to_learn


def find_scenes(folder: Path, seed: int, crop: int) -> Scenes:
    return split_scenes(find_pairs_to_learn(folder), folder, seed, crop)


def test_no_scene_is_in_two_parts_and_none_is_lost(tmp_path: Path) -> None:
    make_pairs(tmp_path / "train", 40)
    lines = ["file,scene", *(f"{number}.png,{number // 3}" for number in range(40))]
    (tmp_path / "scenes.csv").write_text("\n".join(lines))
    found = find_scenes(tmp_path / "train", 3, 16)
    parts = [found.weights, found.architecture, found.judged, found.tested]
    shown = [{int(sample.name) // 3 for sample in part} for part in parts]
    assert all(not a & b for a, b in combinations(shown, 2))
    assert sorted(int(sample.name) for part in parts for sample in part) == list(range(40))
    assert sum(found.counts().values()) == 40
    assert abs(len(found.weights) - len(found.architecture)) <= 6


def test_the_seed_decides_the_parts_and_the_fingerprint_knows_them(tmp_path: Path) -> None:
    data = make_scenes(tmp_path, 16)
    assert find_scenes(data, 0, 16) == find_scenes(data, 0, 16)
    other = find_scenes(data, 1, 16)
    assert other.sha256 != find_scenes(data, 0, 16).sha256
    save_png(data / "low" / "3.png", scene(99))
    assert other.sha256 != find_scenes(data, 1, 16).sha256


def test_too_few_scenes_are_refused_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(ArllieError, match="3 pictures show too few scenes for four parts") as caught:
        find_scenes(make_pairs(tmp_path, 3), 0, 16)
    assert "\n" not in str(caught.value)


def test_without_a_list_of_scenes_neighbors_stay_together(tmp_path: Path) -> None:
    found = find_scenes(make_pairs(tmp_path, 40), 1, 16)
    for part in (found.weights, found.architecture, found.judged, found.tested):
        numbers = {int(sample.name) for sample in part}
        assert numbers == {number for run in {n // 5 for n in numbers} for number in range(5 * run, 5 * run + 5)}


def test_a_picture_smaller_than_the_crop_is_named(tmp_path: Path) -> None:
    with pytest.raises(ArllieError, match="48x40 is smaller than the recipe's crop of 48"):
        find_scenes(make_scenes(tmp_path), 0, 48)
