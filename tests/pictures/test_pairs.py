from pathlib import Path

import numpy as np
import pytest
from support.picture_files import random_pixels, save

from arllie_deploy.errors import ArllieError
from arllie_deploy.pictures import Picture, write_picture
from arllie_deploy.pictures.pairs import find_pairs, read_pairs


def _pairs(folder: Path, names: tuple[str, ...] = ("1", "2", "10")) -> Path:
    for side, suffix in (("low", ".png"), ("high", ".webp")):
        (folder / side).mkdir()
        for name in names:
            save(folder / side / f"{name}{suffix}", random_pixels(5, 8, seed=len(side)))
    return folder


def test_partners_share_a_name_but_not_a_suffix(tmp_path: Path) -> None:
    pairs = find_pairs(_pairs(tmp_path))
    assert [pair.name for pair in pairs] == ["1", "2", "10"]
    for name, low, high in read_pairs(pairs):
        assert name in ("1", "10", "2")
        assert np.array_equal(low, random_pixels(5, 8, seed=3))
        assert np.array_equal(high, random_pixels(5, 8, seed=4))


@pytest.mark.parametrize(
    ("side", "gone", "says"),
    [
        ("low", ("1.png", "2.png"), r"high/1\.webp: no partner in low/ \(2 pictures without one: 1, 2\)"),
        ("high", ("10.webp",), r"low/10\.png: no partner in high/ \(1 picture without one\)"),
        ("low", ("1.png", "2.png", "10.png"), r"low: no pictures in it"),
    ],
)
def test_missing_partners_are_named_and_counted(side: str, gone: tuple[str, ...], says: str, tmp_path: Path) -> None:
    _pairs(tmp_path)
    for name in gone:
        (tmp_path / side / name).unlink()
    with pytest.raises(ArllieError, match=says):
        find_pairs(tmp_path)


def test_pairs_of_different_sizes_are_named_and_counted(tmp_path: Path) -> None:
    _pairs(tmp_path)
    save(tmp_path / "high" / "10.webp", random_pixels(8, 5))
    save(tmp_path / "high" / "2.webp", random_pixels(5, 9))
    with pytest.raises(ArllieError, match=r"/2\.png is 8×5 and .*2\.webp is 9×5 \(2 pictures of different sizes\)"):
        find_pairs(tmp_path)


def test_two_pictures_of_one_name_are_refused(tmp_path: Path) -> None:
    _pairs(tmp_path)
    save(tmp_path / "low" / "1.webp", random_pixels(5, 8))
    with pytest.raises(ArllieError, match="have the same name up to the suffix"):
        find_pairs(tmp_path)


def test_pairs_of_different_depth_are_refused(tmp_path: Path) -> None:
    _pairs(tmp_path)
    write_picture(tmp_path / "low" / "1.png", Picture(random_pixels(5, 8, np.uint16)))
    with pytest.raises(ArllieError, match=r"1\.png is uint16 and .*1\.webp is uint8"):
        list(read_pairs(find_pairs(tmp_path)))


def test_a_folder_without_low_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ArllieError, match="low: no such folder"):
        find_pairs(tmp_path)
