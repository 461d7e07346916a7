from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from PIL.Image import Transpose
from support.picture_files import exif_block, random_pixels, save, smooth_pixels, xmp_packet

from arllie_deploy.pictures import picture_size, read_picture, write_picture
from arllie_deploy.pictures.orientation import upright, upright_xmp

ORIENTATIONS = range(1, 9)


METHODS = {
    2: Transpose.FLIP_LEFT_RIGHT,
    3: Transpose.ROTATE_180,
    4: Transpose.FLIP_TOP_BOTTOM,
    5: Transpose.TRANSPOSE,
    6: Transpose.ROTATE_270,
    7: Transpose.TRANSVERSE,
    8: Transpose.ROTATE_90,
}


def _samples(*, transparent: bool) -> NDArray[np.uint8]:
    pixels = smooth_pixels(30, 40)
    return np.dstack((pixels, random_pixels(30, 40, seed=1)[:, :, :1])) if transparent else pixels


def _stored(path: Path, orientation: int, *, transparent: bool) -> Path:
    pixels = _samples(transparent=transparent)
    if path.suffix == ".tiff":
        exif = Image.Exif()
        exif[0x0112] = orientation
        return save(path, pixels, exif=exif)
    xmp = {} if path.suffix == ".png" else {"xmp": xmp_packet(orientation)}
    return save(path, pixels, exif=exif_block(orientation), **xmp)


@pytest.mark.parametrize("orientation", ORIENTATIONS)
@pytest.mark.parametrize(
    ("suffix", "transparent"),
    [
        (".png", False),
        (".webp", False),
        (".tiff", False),
        (".jpg", False),
        (".png", True),
        (".webp", True),
        (".tiff", True),
    ],
)
def test_pictures_and_their_alpha_are_turned_upright(
    orientation: int, suffix: str, transparent: bool, tmp_path: Path
) -> None:
    path = _stored(tmp_path / f"turned{suffix}", orientation, transparent=transparent)
    samples = _samples(transparent=transparent)
    if suffix == ".jpg":
        with Image.open(path) as image:
            samples = np.asarray(image)
    expected = samples
    if orientation > 1:
        expected = np.asarray(Image.fromarray(samples).transpose(METHODS[orientation]))
    picture = read_picture(path)
    assert np.array_equal(picture.pixels, expected[:, :, :3])
    assert (picture.alpha is not None) == transparent
    assert picture.alpha is None or np.array_equal(picture.alpha, expected[:, :, 3])
    assert picture_size(path) == picture.size == ((30, 40) if orientation > 4 else (40, 30))


@pytest.mark.parametrize("orientation", ORIENTATIONS)
@pytest.mark.parametrize("suffix", [".png", ".webp", ".tiff", ".jpg"])
def test_what_is_written_is_not_turned_again(orientation: int, suffix: str, tmp_path: Path) -> None:
    picture = read_picture(_stored(tmp_path / "turned.jpg", orientation, transparent=False))
    path = tmp_path / f"upright{suffix}"
    write_picture(path, picture)
    assert picture_size(path) == read_picture(path).size == picture.size
    with Image.open(path) as image:
        exif = image.getexif()
        assert exif.get(0x0112, 1) == 1
        inside = exif.get_ifd(0x8769)
        assert (inside[0xA002], inside[0xA003]) == picture.size == image.size
    assert b'tiff:Orientation="1"' in path.read_bytes()


def test_the_corner_that_each_orientation_puts_first() -> None:
    # EXIF 2.32: the side of the picture that the stored first row and first column are.
    stored = np.array([[1, 2], [3, 4], [5, 6]])
    firsts = {1: [1, 2], 2: [2, 1], 3: [6, 5], 4: [5, 6], 5: [1, 3, 5], 6: [5, 3, 1], 7: [6, 4, 2], 8: [2, 4, 6]}
    for orientation, first_row in firsts.items():
        assert upright(stored, orientation)[0].tolist() == first_row
    assert upright(stored, 0).tolist() == upright(stored, 9).tolist() == stored.tolist()


@pytest.mark.parametrize("form", ['tiff:Orientation="%d"', "tiff:Orientation='%d'", "<tiff:Orientation>%d<"])
def test_xmp_says_upright_in_each_of_its_forms(form: str) -> None:
    assert upright_xmp((form % 6).encode()) == (form % 1).encode()


def test_a_resolution_turns_with_the_picture(tmp_path: Path) -> None:
    path = save(tmp_path / "turned.png", random_pixels(30, 40), exif=exif_block(6), dpi=(300, 150))
    assert read_picture(path).metadata.dpi == pytest.approx((150, 300), rel=1e-3)
