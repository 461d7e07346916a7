import numpy as np
import pytest
from support.raw_frames import MATRIX, raw_frame

from arllie_deploy.errors import ArllieError
from arllie_deploy.raw import PATTERNS, find_pattern


@pytest.mark.parametrize("pattern", PATTERNS)
def test_an_order_is_found_in_any_case(pattern: str) -> None:
    assert find_pattern(pattern.lower()) == pattern == find_pattern(pattern)


def test_an_unknown_order_is_refused_with_the_nearest_one() -> None:
    with pytest.raises(ArllieError, match=r"'rgbg'; did you mean RGGB\? known: RGGB, BGGR, GRBG, GBRG"):
        find_pattern("rgbg")
    with pytest.raises(ArllieError, match=r"unknown Bayer order 'xtrans'; known"):
        find_pattern("xtrans")


def test_the_size_is_width_by_height() -> None:
    assert raw_frame(np.zeros((4, 8), np.uint16)).size == (8, 4)


def test_the_least_gain_is_one() -> None:
    assert raw_frame(white_balance=(1.5, 0.5, 1.0)).gains.tolist() == [3.0, 1.0, 2.0]


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"mosaic": np.zeros((4, 6), np.uint8)}, r"uint16, got \(4, 6\) uint8"),
        ({"mosaic": np.zeros((4, 6, 1), np.uint16)}, "a mosaic is"),
        ({"mosaic": np.zeros((5, 6), np.uint16)}, "a Bayer frame of 6×5: both sides must be even and at least 4"),
        ({"mosaic": np.zeros((4, 7), np.uint16)}, "7×4"),
        ({"mosaic": np.zeros((2, 8), np.uint16)}, "8×2"),
        ({"pattern": "RGBG"}, "unknown Bayer order"),
        ({"black": (0.0, 0.0, 0.0)}, "four numbers from 0"),
        ({"black": (0.0, -1.0, 0.0, 0.0)}, "four numbers from 0"),
        ({"white": 66.0}, "the white level is 66 and the black level 66"),
        ({"white": 65536.0}, "at most 65535"),
        ({"white": float("nan")}, "white lies above black"),
        ({"white_balance": (1.0, 0.0, 1.0)}, "three gains above 0"),
        ({"white_balance": (1.0, float("inf"), 1.0)}, "three gains above 0"),
        ({"color_matrix": ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0))}, "three rows of three"),
        ({"color_matrix": (*MATRIX[:2], (0.0, float("nan"), 1.0))}, "finite numbers"),
        ({"color_matrix": (*MATRIX[:2], (0.0, 0.1, 1.0))}, r"sum to 1\.000, 1\.000, 1\.100"),
        ({"orientation": 0}, "orientation is 0"),
    ],
)
def test_what_no_camera_has_is_refused(changes: dict[str, object], says: str) -> None:
    with pytest.raises(ArllieError, match=says):
        raw_frame(**changes)
