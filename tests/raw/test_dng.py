from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tifffile
from support.pictures import scene
from support.raw_frames import MATRIX, random_mosaic, raw_frame

from arllie_deploy.raw import PATTERNS
from arllie_deploy.raw.camera import read_camera
from arllie_deploy.raw.develop import develop
from arllie_deploy.raw.dng import write_dng
from arllie_deploy.raw.unprocess import Camera, unprocess


@pytest.mark.parametrize("pattern", PATTERNS)
def test_libraw_reads_the_frame_back(pattern: str, tmp_path: Path) -> None:
    """LibRaw is another's reader: what it finds is what the file says."""
    frame = raw_frame(random_mosaic(48, 64), pattern=pattern, color_matrix=MATRIX, orientation=8)
    write_dng(tmp_path / "a.dng", frame)
    read = read_camera(tmp_path / "a.dng")
    assert (read.mosaic == frame.mosaic).all()
    assert (read.pattern, read.white, read.black) == (pattern, 1023.0, frame.black)
    assert read.white_balance == pytest.approx(frame.white_balance, rel=1e-5)
    assert np.asarray(read.color_matrix) == pytest.approx(np.asarray(MATRIX), abs=1e-3)
    assert read.orientation == 8


def test_a_made_frame_is_developed_from_its_file_as_it_is(tmp_path: Path) -> None:
    camera = Camera((2.0, 1.0, 1.6), MATRIX, pattern="GRBG")
    made = unprocess(scene(2, 64, 48), camera, seed=0)
    write_dng(tmp_path / "a.dng", made)
    difference = develop(read_camera(tmp_path / "a.dng")).astype(int) - develop(made)
    assert np.abs(difference).max() <= 1


def test_a_frame_without_a_matrix_is_developed_as_it_is(tmp_path: Path) -> None:
    frame = raw_frame(random_mosaic(48, 64))
    write_dng(tmp_path / "a.dng", frame)
    difference = develop(read_camera(tmp_path / "a.dng")).astype(int) - develop(frame)
    assert np.abs(difference).max() <= 1


def test_black_levels_keep_their_fractions(tmp_path: Path) -> None:
    write_dng(tmp_path / "a.dng", raw_frame(random_mosaic(48, 64), black=(60.25, 62.5, 64.0, 66.75), pattern="BGGR"))
    with tifffile.TiffFile(tmp_path / "a.dng") as file:
        parts = file.pages.first.tags[50714].value
    levels = np.reshape(parts, (4, 2))
    assert (levels[:, 0] / levels[:, 1]).tolist() == [66.75, 64.0, 62.5, 60.25]


def test_a_file_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    frame = raw_frame(random_mosaic(48, 64))
    (tmp_path / "a.dng").mkdir()
    with pytest.raises(OSError, match=r"a\.dng"):
        write_dng(tmp_path / "a.dng", frame)
    with pytest.raises(OSError, match="missing"):
        write_dng(tmp_path / "missing" / "a.dng", replace(frame, orientation=1))
    assert [path.name for path in tmp_path.iterdir()] == ["a.dng"]
