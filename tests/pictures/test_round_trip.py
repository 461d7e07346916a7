import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from PIL import Image
from support.picture_files import encoded, png, png_chunk, random_pixels, smooth_pixels

from arllie_deploy.pictures import PICTURE_SUFFIXES, Picture, picture_size, read_picture, write_picture

SHAPES = [(1, 2), (7, 1), (5, 8), (33, 21)]


@pytest.mark.parametrize("suffix", [".png", ".tiff", ".tif"])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("transparent", [False, True])
def test_lossless_formats_keep_every_bit(
    suffix: str, dtype: type, shape: tuple[int, int], transparent: bool, tmp_path: Path
) -> None:
    pixels = random_pixels(*shape, dtype)
    alpha = random_pixels(*shape, dtype, seed=1)[:, :, 0] if transparent else None
    path = tmp_path / f"picture{suffix}"
    write_picture(path, Picture(pixels, alpha))
    back = read_picture(path)
    assert back.pixels.dtype == dtype
    assert np.array_equal(back.pixels, pixels)
    assert (back.alpha is None) == (alpha is None)
    assert alpha is None or np.array_equal(back.alpha, alpha)
    assert picture_size(path) == back.size == (shape[1], shape[0])


@pytest.mark.parametrize("suffix", [".jpg", ".jpeg", ".webp"])
def test_lossy_formats_stay_close(suffix: str, tmp_path: Path) -> None:
    pixels = smooth_pixels(30, 41)
    path = tmp_path / f"picture{suffix}"
    write_picture(path, Picture(pixels))
    assert np.abs(read_picture(path).pixels.astype(int) - pixels).max() <= 6
    assert picture_size(path) == (41, 30)


def test_webp_keeps_alpha(tmp_path: Path) -> None:
    alpha = np.linspace(0, 255, 30 * 41).reshape(30, 41).astype(np.uint8)
    write_picture(tmp_path / "picture.webp", Picture(smooth_pixels(30, 41), alpha))
    back = read_picture(tmp_path / "picture.webp")
    assert np.array_equal(back.alpha, alpha)


@pytest.mark.parametrize("suffix", PICTURE_SUFFIXES)
def test_other_programs_read_what_is_written(suffix: str, tmp_path: Path) -> None:
    pixels = smooth_pixels(30, 41)
    path = tmp_path / f"picture{suffix}"
    write_picture(path, Picture(pixels))
    with Image.open(path) as image:
        assert image.mode == "RGB"
        assert np.abs(np.asarray(image).astype(int) - pixels).max() <= 6


def test_the_content_decides_how_a_file_is_read_and_the_suffix_how_it_is_written(tmp_path: Path) -> None:
    pixels = random_pixels(5, 8)
    path = tmp_path / "picture.JPG"
    path.write_bytes(encoded(pixels, "PNG"))
    assert np.array_equal(read_picture(path).pixels, pixels)
    write_picture(path, Picture(pixels))
    assert path.read_bytes().startswith(b"\xff\xd8\xff")


@pytest.mark.parametrize("bits", [8, 16])
def test_a_transparent_color_of_png_becomes_alpha(bits: int, tmp_path: Path) -> None:
    pixels = random_pixels(4, 6, np.uint16 if bits == 16 else np.uint8)
    pixels[1, 2] = pixels[3, 5]
    pixels[0, 0, :2] = pixels[3, 5, :2]  # two channels alone do not make it the transparent color
    stored = pixels.astype(">u2" if bits == 16 else "u1")
    rows = b"".join(b"\0" + row.tobytes() for row in stored)
    key = png_chunk(b"tRNS", pixels[1, 2].astype(">u2").tobytes())
    path = tmp_path / "keyed.png"
    path.write_bytes(png(6, 4, bits, 2, rows, more=key))
    picture = read_picture(path)
    expected = np.full((4, 6), 2**bits - 1)
    expected[1, 2] = expected[3, 5] = 0
    assert np.array_equal(picture.pixels, pixels)
    assert picture.alpha is not None
    assert picture.alpha.dtype == pixels.dtype
    assert np.array_equal(picture.alpha, expected)


def test_an_interlaced_png_is_read(tmp_path: Path) -> None:
    pixels = random_pixels(9, 11, np.uint16)
    # Adam7: first row and column, and step between rows and columns, of each pass.
    passes = [(0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1)]
    parts = [pixels[top::down, left::right].astype(">u2") for top, left, down, right in passes]
    rows = b"".join(b"\0" + row.tobytes() for part in parts if part.size for row in part)
    path = tmp_path / "interlaced.png"
    path.write_bytes(png(11, 9, 16, 2, rows, interlace=1))
    assert np.array_equal(read_picture(path).pixels, pixels)


@pytest.mark.parametrize(
    "options",
    [
        {"byteorder": ">"},
        {"bigtiff": True},
        {"planarconfig": "separate"},
        {"tile": (16, 16)},
        {"compression": "lzw", "predictor": True},
        {"compression": "zlib", "rowsperstrip": 3},
        {"compression": "zstd"},
    ],
    ids=str,
)
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_variants_of_tiff_are_read(options: dict[str, Any], dtype: type, tmp_path: Path) -> None:
    pixels = random_pixels(37, 45, dtype)
    stored = np.moveaxis(pixels, 2, 0) if "planarconfig" in options else pixels
    path = tmp_path / "picture.tif"
    tifffile.imwrite(path, stored, photometric="rgb", **options)
    assert np.array_equal(read_picture(path).pixels, pixels)
    assert picture_size(path) == (45, 37)


def test_jpeg_inside_tiff_is_read_as_rgb(tmp_path: Path) -> None:
    pixels = smooth_pixels(32, 48)
    path = tmp_path / "picture.tif"
    Image.fromarray(pixels).save(path, compression="jpeg", quality=95)
    assert np.abs(read_picture(path).pixels.astype(int) - pixels).max() <= 6


def test_a_preview_page_of_tiff_is_passed_over(tmp_path: Path) -> None:
    pixels = random_pixels(37, 45)
    path = tmp_path / "picture.tif"
    with tifffile.TiffWriter(path) as writer:
        writer.write(pixels, photometric="rgb")
        writer.write(pixels[::4, ::4], photometric="rgb", subfiletype=1)
    assert np.array_equal(read_picture(path).pixels, pixels)


def test_the_second_picture_in_a_phones_jpeg_is_passed_over(tmp_path: Path) -> None:
    pixels = smooth_pixels(32, 48)
    stream = io.BytesIO()
    preview = Image.fromarray(pixels[::2, ::2])
    Image.fromarray(pixels).save(stream, "MPO", save_all=True, append_images=[preview], quality=95)
    path = tmp_path / "phone.jpg"
    path.write_bytes(stream.getvalue())
    assert read_picture(path).size == (48, 32)


def test_writing_replaces_in_one_step_and_leaves_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "picture.png"
    path.write_bytes(b"old")
    write_picture(path, Picture(random_pixels(5, 8)))
    assert [file.name for file in tmp_path.iterdir()] == ["picture.png"]
    assert read_picture(path).size == (8, 5)


def test_a_folder_that_is_not_there_is_named_by_the_wanted_path(tmp_path: Path) -> None:
    path = tmp_path / "no" / "picture.png"
    with pytest.raises(FileNotFoundError) as raised:
        write_picture(path, Picture(random_pixels(5, 8)))
    assert raised.value.filename == str(path)


def _strided(pixels: NDArray[Any]) -> NDArray[Any]:
    return np.asfortranarray(pixels)[::-1]


@pytest.mark.parametrize("suffix", [".png", ".tiff"])
def test_arrays_in_any_memory_order_are_written(suffix: str, tmp_path: Path) -> None:
    pixels = _strided(random_pixels(6, 9, np.uint16))
    write_picture(tmp_path / f"picture{suffix}", Picture(pixels))
    assert np.array_equal(read_picture(tmp_path / f"picture{suffix}").pixels, pixels)
