from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from support.pictures import scene
from support.raw_frames import MATRIX, random_mosaic, raw_frame

from arllie_deploy.errors import ArllieError
from arllie_deploy.pictures.orientation import upright
from arllie_deploy.raw import PATTERNS
from arllie_deploy.raw.develop import TONES, Rendering, develop
from arllie_deploy.raw.dump import DumpForm, read_dump
from arllie_deploy.raw.packing import mirrored
from arllie_deploy.raw.picture import picture_of

PLAIN: dict[str, Any] = {"black": (0.0,) * 4, "white_balance": (1.0, 1.0, 1.0)}


def _flat(red: int, green: int, blue: int, **changes: Any) -> NDArray[Any]:
    mosaic = np.tile(np.array([[red, green], [green, blue]], np.uint16), (4, 4))
    return develop(raw_frame(mosaic, **{"white": 1000.0, **PLAIN, **changes}))


def test_half_of_the_light_is_level_188() -> None:
    # IEC 61966-2-1.
    assert (_flat(500, 500, 500) == 188).all()


def test_black_levels_and_gains_make_gray_of_what_is_gray() -> None:
    black, balance = (100.0, 100.0, 100.0, 100.0), (2.0, 1.0, 1.5)
    picture = _flat(100 + 225, 100 + 450, 100 + 300, black=black, white_balance=balance)
    assert (picture == 188).all()


def test_the_matrix_makes_srgb_of_the_colors_of_the_camera() -> None:
    matrix = ((0.5, 0.5, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
    assert _flat(0, 1000, 0, color_matrix=matrix)[0, 0].tolist() == [188, 255, 0]


def test_what_is_saturated_is_white_whatever_the_gains() -> None:
    assert (_flat(1000, 1000, 1000, white_balance=(0.6, 1.0, 2.4), color_matrix=MATRIX) == 255).all()


@pytest.mark.parametrize("demosaic", ["malvar", "bilinear"])
@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_mirrored_frame_gives_the_mirrored_picture(pattern: str, demosaic: str) -> None:
    mosaic = random_mosaic(10, 12)
    rendering = Rendering(demosaic=demosaic)
    picture = develop(raw_frame(mosaic, color_matrix=MATRIX), rendering)
    other = raw_frame(np.ascontiguousarray(mirrored(mosaic, pattern)), pattern=pattern, color_matrix=MATRIX)
    assert (develop(other, rendering) == mirrored(picture, pattern)).all()


def test_strips_do_not_show() -> None:
    tall = random_mosaic(200, 8)
    whole = develop(raw_frame(tall))
    # Farther than the filters' two pixels from where it was cut, an even number of rows from the top.
    part = develop(raw_frame(tall[34:150]))
    assert (part[2:-2] == whole[36:148]).all()


def test_sixteen_bits_are_the_same_picture() -> None:
    frame = raw_frame(color_matrix=MATRIX)
    deep = develop(frame, dtype=np.uint16)
    assert deep.dtype == np.uint16
    assert np.abs(deep / 257.0 - develop(frame)).max() <= 0.5 + 1e-9


def test_exposure_is_a_gain_on_light() -> None:
    dark = raw_frame(np.full((4, 4), 250, np.uint16), **{**PLAIN, "white": 1000.0})
    assert (develop(dark, Rendering(exposure=2.0)) == 188).all()


@pytest.mark.parametrize("name", TONES)
def test_a_tone_curve_and_its_inverse_undo_each_other_and_rise(name: str) -> None:
    tone, x = TONES[name], np.linspace(0.0, 1.0, 1001)
    assert tone.inverse(tone.curve(x)) == pytest.approx(x, abs=1e-6)
    assert (np.diff(tone.curve(x)) > 0).all()
    assert tone.curve(np.array([0.0, 1.0])).tolist() == [0.0, 1.0]


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"exposure": 0.0}, "a gain of 0.0"),
        ({"exposure": float("inf")}, "a gain of inf"),
        ({"tone": "smoothstp"}, r"unknown tone curve 'smoothstp'; did you mean 'smoothstep'\?"),
        ({"demosaic": "ahd"}, "unknown demosaicing 'ahd'; known: malvar, bilinear"),
    ],
)
def test_unknown_renderings_are_refused(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(ArllieError, match=says):
        replace(Rendering(), **changes)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_picture_is_turned_upright(orientation: int) -> None:
    frame = raw_frame(np.zeros((40, 48), np.uint16), orientation=orientation)
    pixels = scene(1)
    assert (picture_of(pixels, frame).pixels == upright(pixels, orientation)).all()


def test_the_real_frame_is_a_neutral_chart_with_its_colored_patches(shared_data: Path) -> None:
    form = DumpForm((1920, 1080), 10, "rggb", white=1020.0, orientation=3)
    frame = read_dump(shared_data / "raw" / "frame_1920x1080_10bit_rggb.raw", form)
    picture = picture_of(develop(frame), frame).pixels
    assert picture.shape == (1080, 1920, 3)
    assert frame.white_balance == pytest.approx((1.59, 1.0, 1.09), abs=0.02)
    # Seen in the upright picture: paper, a gray square, and patches of red, blue, green and yellow.
    red, blue, green, yellow, gray, paper = (
        picture[row - 10 : row + 10, column - 10 : column + 10].mean(axis=(0, 1))
        for row, column in ((720, 842), (720, 972), (720, 908), (338, 897), (460, 1000), (552, 1181))
    )
    assert paper.min() > 245
    assert np.ptp(gray) < 12
    assert 90 < gray.mean() < 160
    assert red.argmax() == 0
    assert red[0] > 2 * red[2]
    assert blue.argmax() == 2
    assert green.argmax() == 1
    assert yellow.argmin() == 2
    assert yellow[:2].min() > 230
