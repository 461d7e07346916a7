from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from support.picture_files import random_pixels

from arllie_deploy.errors import ArllieError
from arllie_deploy.media.mask import read_mask, with_mask
from arllie_deploy.pictures.picture import Picture

WHERE = np.zeros((30, 40), bool)
WHERE[5:12, 7:20] = True
LEVELS = np.where(WHERE, 128, 127).astype(np.uint8)
FORMS: dict[str, Any] = {
    "bits.png": WHERE,
    "gray.png": LEVELS,
    "gray.tiff": LEVELS,
    "wide.png": (LEVELS.astype(np.uint16) << 8) + np.where(WHERE, 0, 255).astype(np.uint16),
    "rgb.png": np.dstack([LEVELS] * 3),
    "rgb.webp": np.dstack([np.where(WHERE, 255, 0).astype(np.uint8)] * 3),
    "transparent.png": np.dstack([LEVELS] * 3 + [np.zeros_like(LEVELS)]),
}


@pytest.mark.parametrize("name", FORMS)
def test_half_as_bright_as_white_and_more_is_filled_in_every_form(name: str, tmp_path: Path) -> None:
    Image.fromarray(FORMS[name]).save(tmp_path / name, lossless=True)
    assert np.array_equal(read_mask(tmp_path / name, (40, 30)), WHERE)


def test_a_mask_that_is_stored_turned_is_turned_upright(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(np.rot90(LEVELS)).save(tmp_path / "turned.png", exif=exif)
    assert np.array_equal(read_mask(tmp_path / "turned.png", (40, 30)), WHERE)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_a_frame_with_its_mask_has_four_channels_of_its_dtype(dtype: type, tmp_path: Path) -> None:
    Image.fromarray(LEVELS).save(tmp_path / "mask.png")
    pixels = random_pixels(30, 40, dtype)
    frame = with_mask(Picture(pixels), tmp_path / "mask.png")
    assert frame.dtype == dtype
    assert np.array_equal(frame[:, :, :3], pixels)
    assert np.array_equal(frame[:, :, 3], WHERE * np.iinfo(dtype).max)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (np.zeros((30, 40), np.uint8), "the mask is empty"),
        (np.full((30, 40), 255, np.uint8), "white everywhere"),
        (np.zeros((40, 30), np.uint8), "the mask is 30×40 and the picture 40×30"),
        (b"no picture", "the mask cannot be read"),
        (b"", "the mask cannot be read"),
        (None, "the mask cannot be read"),
    ],
    ids=["empty", "full", "size", "text", "nothing", "missing"],
)
def test_bad_masks_are_one_line(content: Any, says: str, tmp_path: Path) -> None:
    path = tmp_path / "mask.png"
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif content is not None:
        Image.fromarray(content).save(path)
    with pytest.raises(ArllieError, match=says) as caught:
        read_mask(path, (40, 30))
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)


def test_a_cut_file_is_damaged(tmp_path: Path) -> None:
    Image.fromarray(random_pixels(30, 40)).save(tmp_path / "mask.png")
    (tmp_path / "cut.png").write_bytes((tmp_path / "mask.png").read_bytes()[:-400])
    with pytest.raises(ArllieError, match=r"cut\.png: the mask"):
        read_mask(tmp_path / "cut.png", (40, 30))
