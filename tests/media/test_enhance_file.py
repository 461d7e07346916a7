import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from support.enhancers import random_enhancer
from support.picture_files import exif_block, icc_profile, random_pixels, save, smooth_pixels

from arllie_deploy.errors import ArllieError
from arllie_deploy.media.enhance_file import enhance_file
from arllie_deploy.pictures import Metadata, Picture, read_picture, write_picture
from arllie_deploy.runtimes import RUNTIMES, OpenedModel

ENHANCER = random_enhancer()


def _opener(frame: NDArray[Any]) -> OpenedModel:
    return RUNTIMES["numpy"].open(ENHANCER, 1)


def _must_not_run(frame: NDArray[Any]) -> OpenedModel:
    raise AssertionError("the model was opened although the call must fail before")


@pytest.mark.parametrize("suffix", [".png", ".tiff"])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_pixels_are_enhanced_and_everything_else_is_carried(suffix: str, dtype: type, tmp_path: Path) -> None:
    pixels, alpha = random_pixels(30, 40, dtype), random_pixels(30, 40, dtype, seed=1)[:, :, 0]
    metadata = Metadata(icc=icc_profile(), exif=exif_block().removeprefix(b"Exif\0\0"))
    write_picture(tmp_path / f"in{suffix}", Picture(pixels, alpha, metadata))
    written = enhance_file(_opener, tmp_path / f"in{suffix}", tmp_path / f"out{suffix}")
    result = read_picture(written.path)
    assert np.array_equal(result.pixels, ENHANCER.enhance(pixels))
    assert np.array_equal(result.alpha, alpha)
    assert result.metadata == read_picture(tmp_path / f"in{suffix}").metadata
    assert (written.width, written.height, written.bits) == (40, 30, 8 * pixels.itemsize)


def test_a_turned_picture_is_enhanced_upright(tmp_path: Path) -> None:
    source = save(tmp_path / "in.png", smooth_pixels(30, 40), exif=exif_block(6))
    enhance_file(_opener, source, tmp_path / "out.png")
    result = read_picture(tmp_path / "out.png")
    assert np.array_equal(result.pixels, ENHANCER.enhance(np.rot90(smooth_pixels(30, 40), -1)))


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("in.png", "the output is the input itself"),
        ("link.png", "the output is the input itself"),
        ("hard.png", "the output is the input itself"),
        ("./folder/../in.png", "the output is the input itself"),
        ("there.png", "exists; pass --force"),
        ("folder", "a folder; name the file to write, for example"),
        ("none/out.png", "its folder does not exist; make it first: mkdir -p"),
        ("out.pgn", "did you mean .png"),
        ("out.jpg", "write a .png"),
    ],
)
def test_a_target_that_cannot_be_is_refused_before_any_work(name: str, says: str, tmp_path: Path) -> None:
    write_picture(tmp_path / "in.png", Picture(random_pixels(30, 40, np.uint16)))
    (tmp_path / "link.png").symlink_to("in.png")
    os.link(tmp_path / "in.png", tmp_path / "hard.png")
    (tmp_path / "there.png").write_bytes(b"kept")
    (tmp_path / "folder").mkdir()
    before = {path: path.is_file() and path.read_bytes() for path in tmp_path.iterdir()}
    force = says.startswith("the output")
    with pytest.raises(ArllieError, match=says):
        enhance_file(_must_not_run, tmp_path / "in.png", tmp_path / name, force=force)
    assert {path: path.is_file() and path.read_bytes() for path in tmp_path.iterdir()} == before


def test_force_replaces(tmp_path: Path) -> None:
    source = save(tmp_path / "in.png", random_pixels(5, 8))
    (tmp_path / "out.png").write_bytes(b"old")
    enhance_file(_opener, source, tmp_path / "out.png", force=True)
    assert read_picture(tmp_path / "out.png").size == (8, 5)
