from pathlib import Path

import imagecodecs
import numpy as np
import pytest
from numpy.typing import NDArray
from support.pictures import save_png, scene
from support.raw_frames import random_mosaic

from arllie_deploy.errors import ArllieError
from arllie_deploy.raw.packing import pack
from arllie_deploy.raw.zurich import read_mosaic, read_pair, zurich_pairs

SIDE = 448


def _save_mosaic(path: Path, mosaic: NDArray[np.uint16]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(imagecodecs.png_encode(mosaic))
    return path


@pytest.fixture
def miniature(tmp_path: Path) -> Path:
    """Two training pairs and a test pair of the data set's size."""
    for split, names in (("train", ("2", "10")), ("test", ("0",))):
        for name in names:
            _save_mosaic(tmp_path / split / "huawei_raw" / f"{name}.png", random_mosaic(SIDE, SIDE, seed=int(name)))
            save_png(tmp_path / split / "canon" / f"{name}.jpg", scene(int(name), SIDE, SIDE))
    return tmp_path


def test_mosaics_and_pictures_are_pairs_in_natural_order(miniature: Path) -> None:
    pairs = zurich_pairs(miniature, "train")
    assert [(pair.name, pair.low.name, pair.high.name) for pair in pairs] == [
        ("2", "2.png", "2.jpg"),
        ("10", "10.png", "10.jpg"),
    ]
    assert [pair.name for pair in zurich_pairs(miniature, "test")] == ["0"]


def test_a_pair_is_a_mosaic_and_a_picture_of_its_size(miniature: Path) -> None:
    frame, picture = read_pair(zurich_pairs(miniature, "train")[1])
    mosaic = random_mosaic(SIDE, SIDE, seed=10)
    assert (frame.mosaic == mosaic).all()
    assert picture.shape == (SIDE, SIDE, 3)
    # As the published code scales it: no black level, white at 4·255.
    planes = pack(frame)
    assert np.allclose(planes[0], mosaic[0::2, 0::2] / 1020.0)
    assert np.allclose(planes[3], mosaic[1::2, 1::2] / 1020.0)


def test_another_tree_is_refused(miniature: Path) -> None:
    with pytest.raises(ArllieError, match=r"no train part of the Zurich data set in it; its tree is \{train,test\}"):
        zurich_pairs(miniature / "train", "train")
    with pytest.raises(ArllieError, match="unknown split 'val'; known: train, test"):
        zurich_pairs(miniature, "val")


def test_a_mosaic_without_its_picture_is_refused(miniature: Path) -> None:
    (miniature / "train" / "canon" / "2.jpg").unlink()
    with pytest.raises(ArllieError, match=r"2\.png: no partner in canon/"):
        zurich_pairs(miniature, "train")


def test_a_picture_of_another_size_is_refused(miniature: Path) -> None:
    save_png(miniature / "test" / "canon" / "0.jpg", scene(0, 64, 64))
    with pytest.raises(ArllieError, match=r"448×448 and .* is 64×64"):
        zurich_pairs(miniature, "test")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"GIF89a" * 9, "no PNG file"),
        (imagecodecs.png_encode(np.zeros((4, 4, 3), np.uint16)), "one channel with 16 bits"),
        (imagecodecs.png_encode(np.zeros((4, 4), np.uint8)), "one channel with 16 bits"),
        (imagecodecs.png_encode(np.full((4, 4), 1024, np.uint16)), "1024 is more than 10 bits hold"),
        (imagecodecs.png_encode(np.zeros((5, 4), np.uint16)), "4×5: both sides must be even"),
        (imagecodecs.png_encode(random_mosaic(40, 40))[:-300], "the file is damaged or cut off"),
        (imagecodecs.png_encode(random_mosaic(40, 40))[:200] + bytes(3000), "the file is damaged or cut off"),
    ],
    ids=["no-png", "colors", "eight-bits", "eleven-bits", "odd", "cut", "damaged"],
)
def test_what_is_no_mosaic_is_refused(content: bytes, says: str, tmp_path: Path) -> None:
    path = tmp_path / "0.png"
    path.write_bytes(content)
    with pytest.raises(ArllieError, match=says) as error:
        read_mosaic(path)
    assert str(error.value).startswith(f"{path}: ")


def test_a_missing_mosaic_is_said(tmp_path: Path) -> None:
    with pytest.raises(ArllieError, match=r"0\.png: cannot be read"):
        read_mosaic(tmp_path / "0.png")
