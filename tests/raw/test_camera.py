import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from support.raw_frames import CAMERA_TAGS, XYZ_TO_CAMERA, random_mosaic, raw_frame

from arllie_deploy.errors import ArllieError, UnavailableError
from arllie_deploy.pictures.orientation import upright
from arllie_deploy.raw import PATTERNS
from arllie_deploy.raw.camera import develop_with_libraw, is_camera_file, read_camera
from arllie_deploy.raw.develop import develop
from arllie_deploy.raw.dng import encode, write_dng
from arllie_deploy.raw.matrix import camera_to_srgb
from arllie_deploy.raw.unprocess import Camera, unprocess

# LibRaw takes nothing that is smaller for a frame.
MOSAIC = random_mosaic(48, 64)


def _save(folder: Path, mosaic: NDArray[np.uint16], **changes: Any) -> Path:
    path = folder / "a.dng"
    path.write_bytes(encode(mosaic, replace(CAMERA_TAGS, **changes)))
    return path


def _cells(pattern: str) -> tuple[str, str]:
    return pattern[:2], pattern[2:]


@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_dng_file_says_all_of_its_camera(pattern: str, tmp_path: Path) -> None:
    black = {"R": 10, "B": 40}
    red_row = pattern.index("R") // 2
    greens = (20 if red_row == 0 else 30, 20 if red_row == 1 else 30)
    sites = [black.get(name, greens[index // 2]) for index, name in enumerate(pattern)]
    path = _save(tmp_path, MOSAIC, cells=_cells(pattern), black=sites, orientation=6)
    frame = read_camera(path)
    assert (frame.mosaic == MOSAIC).all()
    assert (frame.pattern, frame.white, frame.black) == (pattern, 1023.0, (10.0, 20.0, 30.0, 40.0))
    assert frame.white_balance == pytest.approx((2.0, 1.0, 1.6))
    assert frame.orientation == 6


def test_the_color_matrix_is_that_of_our_formula(tmp_path: Path) -> None:
    frame = read_camera(_save(tmp_path, MOSAIC))
    # LibRaw's own matrix of sRGB has more digits than the standard prints.
    ours = np.asarray(camera_to_srgb(np.asarray(XYZ_TO_CAMERA)))
    assert np.asarray(frame.color_matrix) == pytest.approx(ours, abs=1e-3)


@pytest.mark.parametrize(("orientation", "turn"), [(1, 1), (3, 3), (6, 6), (8, 8)])
def test_the_file_is_turned_as_libraw_turns_it(orientation: int, turn: int, tmp_path: Path) -> None:
    straight = develop_with_libraw(_save(tmp_path, MOSAIC))
    path = _save(tmp_path, MOSAIC, orientation=orientation)
    assert read_camera(path).orientation == turn
    assert (develop_with_libraw(path) == upright(straight, turn)).all()


def test_a_file_without_a_white_balance_gets_one_from_its_colors(tmp_path: Path) -> None:
    mosaic = np.tile(np.array([[250, 500], [500, 400]], np.uint16), (24, 32))
    path = _save(tmp_path, mosaic, neutral=None, matrix=None)
    frame = read_camera(path)
    assert frame.white_balance == pytest.approx((2.0, 1.0, 1.25))
    assert frame.color_matrix is None


def test_a_white_balance_of_ones_is_one(tmp_path: Path) -> None:
    path = _save(tmp_path, MOSAIC, neutral=(1.0, 1.0, 1.0))
    assert read_camera(path).white_balance == (1.0, 1.0, 1.0)


def test_an_odd_last_row_and_column_are_left_out(tmp_path: Path) -> None:
    path = _save(tmp_path, np.ascontiguousarray(MOSAIC[:47, :63]))
    assert (read_camera(path).mosaic == MOSAIC[:46, :62]).all()


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_libraw_and_the_pipeline_here_agree_on_a_smooth_scene(dtype: type, tmp_path: Path) -> None:
    rows, columns = np.mgrid[0:48, 0:64] / 64
    picture = np.stack((40 + 120 * rows, 60 + 90 * columns, 150 - 100 * rows), axis=2).astype(np.uint8)
    camera = Camera((2.0, 1.0, 1.6), camera_to_srgb(np.asarray(XYZ_TO_CAMERA)), bits=12)
    made = unprocess(picture, camera, seed=0)
    write_dng(path := tmp_path / "a.dng", made)
    ours, theirs = develop(read_camera(path), dtype=dtype), develop_with_libraw(path, dtype)
    level = np.iinfo(dtype).max / 255
    # Not at the border, which LibRaw interpolates in another way.
    assert np.abs(ours[4:-4, 4:-4] / level - theirs[4:-4, 4:-4] / level).max() < 4


def test_libraw_does_not_take_the_brightest_pixel_for_white(tmp_path: Path) -> None:
    frame = raw_frame(np.full((48, 64), 800, np.uint16), white=1000.0, black=(0.0,) * 4, white_balance=(1.0, 1.0, 1.0))
    write_dng(tmp_path / "a.dng", frame)
    assert np.abs(develop_with_libraw(tmp_path / "a.dng").astype(int) - develop(frame)).max() <= 1


def test_libraw_takes_the_white_balance_of_the_shot(tmp_path: Path) -> None:
    mosaic = np.tile(np.array([[180, 600], [600, 480]], np.uint16), (24, 32))
    picture = develop_with_libraw(_save(tmp_path, mosaic, neutral=(0.3, 1.0, 0.8)))
    assert np.ptp(picture, axis=2).max() <= 1


X_TRANS = ("GGRGGB", "GGBGGR", "BRGRBG", "GGBGGR", "GGRGGB", "RBGBRG")


@pytest.mark.parametrize(
    ("cells", "says"),
    [
        (X_TRANS, "an X-Trans mosaic of 6×6 pixels is not supported"),
        (("RR", "GB"), "a mosaic of 2×2 pixels of RGBG is not supported"),
        (("RG", "BG"), "a mosaic of 2×2 pixels of RGBG is not supported"),
    ],
)
def test_other_mosaics_are_refused_by_name(cells: tuple[str, ...], says: str, tmp_path: Path) -> None:
    path = _save(tmp_path, MOSAIC[:, :60], cells=cells)
    with pytest.raises(ArllieError, match=says) as error:
        read_camera(path)
    assert str(error.value).startswith(f"{path}: ")


def test_a_file_of_colors_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.dng"
    version, model = (50706, "B", 4, (1, 4, 0, 0), True), (50708, "s", 0, "Lamp 3", True)
    linear_raw = 34892
    tifffile.imwrite(path, np.dstack([MOSAIC] * 3), photometric=linear_raw, extratags=[version, model], metadata=None)
    with pytest.raises(ArllieError, match="three values a pixel, no mosaic"):
        read_camera(path)


@pytest.mark.parametrize("kept", [0.95, 0.5, 0.05])
def test_a_cut_file_is_refused_in_one_line(kept: float, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = _save(tmp_path, MOSAIC)
    data = path.read_bytes()
    path.write_bytes(data[: int(kept * len(data))])
    with pytest.raises(ArllieError, match=r"a\.dng: .*(damaged or cut off|that LibRaw .* knows)") as error:
        read_camera(path)
    assert "\n" not in str(error.value)
    # LibRaw prints of its own accord.
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(("value", "says"), [(64, "a black frame"), (1023, "a saturated frame")])
def test_a_frame_with_nothing_in_it_is_refused(value: int, says: str, tmp_path: Path) -> None:
    path = _save(tmp_path, np.full((48, 64), value, np.uint16), black=(64,) * 4)
    with pytest.raises(ArllieError, match=says):
        read_camera(path)


def test_what_is_no_camera_file_is_refused(tmp_path: Path) -> None:
    other = tmp_path / "a.dng"
    other.write_bytes(b"not a picture at all" * 100)
    with pytest.raises(ArllieError, match=r"a\.dng: no camera file that LibRaw [\d.]+ knows"):
        read_camera(other)
    with pytest.raises(ArllieError, match="no such file"):
        read_camera(tmp_path / "b.dng")
    with pytest.raises(ArllieError, match="a folder, not a camera file"):
        read_camera(tmp_path)


def test_without_rawpy_the_error_says_what_brings_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = _save(tmp_path, MOSAIC)
    monkeypatch.setitem(sys.modules, "rawpy", None)
    with pytest.raises(UnavailableError, match=r'not installed: pip install "arllie-deploy\[raw\]"'):
        read_camera(path)


def test_camera_files_are_known_by_their_names() -> None:
    assert is_camera_file(Path("a/IMG_1.DNG"))
    assert is_camera_file(Path("b.cr3"))
    assert not is_camera_file(Path("b.tiff"))
