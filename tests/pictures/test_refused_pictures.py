import contextlib
from pathlib import Path

import numpy as np
import pytest
from support.bad_pictures import BAD_PICTURES
from support.picture_files import encoded, random_pixels

from arllie_deploy.errors import ArllieError
from arllie_deploy.pictures import Metadata, Picture, picture_size, read_picture, write_picture


@pytest.mark.parametrize("case", BAD_PICTURES)
def test_a_picture_that_cannot_be_used_is_refused_with_its_path_and_what_mends_it(case: str, tmp_path: Path) -> None:
    suffix, make, says = BAD_PICTURES[case]
    path = tmp_path / f"bad{suffix}"
    make(path)
    with pytest.raises(ArllieError) as raised:
        read_picture(path)
    assert str(raised.value).startswith(f"{path}: ")
    assert (says if case != "folder" else "name a file in it") in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "TIFF"])
def test_a_file_cut_anywhere_is_refused(kind: str, tmp_path: Path) -> None:
    data = encoded(random_pixels(12, 9), kind)
    path = tmp_path / "cut"
    for length in range(1, len(data) - 12, max(1, len(data) // 60)):
        path.write_bytes(data[:length])
        with pytest.raises(ArllieError):
            read_picture(path)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "TIFF"])
def test_a_file_with_changed_bytes_is_read_or_refused_but_never_raises_anything_else(kind: str, tmp_path: Path) -> None:
    data = encoded(random_pixels(12, 9), kind)
    rng = np.random.default_rng(0)
    path = tmp_path / "changed"
    for _ in range(60):
        changed = bytearray(data)
        for at in rng.integers(4, min(len(data), 400), 3):
            changed[at] = rng.integers(256)
        path.write_bytes(changed)
        for read in (read_picture, picture_size):
            with contextlib.suppress(ArllieError):
                read(path)


def test_lines_of_pixels_are_accepted(tmp_path: Path) -> None:
    for shape in ((1, 7), (7, 1), (1, 2)):
        pixels = random_pixels(*shape)
        path = tmp_path / "line.png"
        path.write_bytes(encoded(pixels, "PNG"))
        assert np.array_equal(read_picture(path).pixels, pixels)


def _picture(dtype: type = np.uint8, *, alpha: bool = False, metadata: Metadata | None = None) -> Picture:
    pixels = random_pixels(6, 5, dtype)
    return Picture(pixels, pixels[:, :, 0] if alpha else None, metadata or Metadata())


@pytest.mark.parametrize(
    ("name", "picture", "says"),
    [
        ("out.jpg", _picture(np.uint16), "JPEG holds 8 bits per sample and the picture has 16; write a .png or .tiff"),
        ("out.webp", _picture(np.uint16), "WebP holds 8 bits per sample and the picture has 16; write a .png or .tiff"),
        (
            "out.jpeg",
            _picture(alpha=True),
            "JPEG holds no transparency and the picture has an alpha channel; write a .png",
        ),
        ("out.jgp", _picture(), "unknown picture suffix '.jgp'; did you mean .jpg?"),
        ("out.gif", _picture(), "unknown picture suffix '.gif'; "),
        ("out", _picture(), "a picture's name needs a suffix; known: .png"),
        (
            "out.jpg",
            _picture(metadata=Metadata(exif=bytes(70000))),
            "JPEG holds 65504 bytes of EXIF and the picture has",
        ),
        ("out.jpg", _picture(metadata=Metadata(xmp=bytes(65505))), "write a .png"),
        ("out.webp", Picture(np.zeros((1, 16384, 3), np.uint8)), "WebP holds sides up to 16383"),
        ("out.jpg", Picture(np.zeros((65501, 1, 3), np.uint8)), "JPEG holds sides up to 65500"),
    ],
)
def test_a_picture_that_the_format_cannot_hold_is_not_written(
    name: str, picture: Picture, says: str, tmp_path: Path
) -> None:
    with pytest.raises(ArllieError) as raised:
        write_picture(tmp_path / name, picture)
    assert str(raised.value).startswith(f"{tmp_path / name}: ")
    assert says in str(raised.value)
    assert list(tmp_path.iterdir()) == []


def test_the_largest_blocks_and_sides_that_fit_are_written(tmp_path: Path) -> None:
    write_picture(tmp_path / "blocks.jpg", _picture(metadata=Metadata(exif=bytes(65504), xmp=bytes(65504))))
    write_picture(tmp_path / "side.webp", Picture(np.zeros((1, 16383, 3), np.uint8)))
    write_picture(tmp_path / "side.jpg", Picture(np.zeros((1, 65500, 3), np.uint8)))
    assert picture_size(tmp_path / "side.jpg") == (65500, 1)
