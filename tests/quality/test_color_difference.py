import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skimage.color import deltaE_ciede2000, rgb2lab
from support.picture_files import random_pixels, smooth_pixels

from arllie_deploy.errors import ArllieError
from arllie_deploy.quality.color_difference import ciede2000, delta_e2000

# Sharma, Wu, Dalal, Color Research and Application 30(1), 2005, table 1: two colors and their difference.
PAIRS = np.array(
    [
        (50.0000, 2.6772, -79.7751, 50.0000, 0.0000, -82.7485, 2.0425),
        (50.0000, 3.1571, -77.2803, 50.0000, 0.0000, -82.7485, 2.8615),
        (50.0000, 2.8361, -74.0200, 50.0000, 0.0000, -82.7485, 3.4412),
        (50.0000, -1.3802, -84.2814, 50.0000, 0.0000, -82.7485, 1.0000),
        (50.0000, -1.1848, -84.8006, 50.0000, 0.0000, -82.7485, 1.0000),
        (50.0000, -0.9009, -85.5211, 50.0000, 0.0000, -82.7485, 1.0000),
        (50.0000, 0.0000, 0.0000, 50.0000, -1.0000, 2.0000, 2.3669),
        (50.0000, -1.0000, 2.0000, 50.0000, 0.0000, 0.0000, 2.3669),
        (50.0000, 2.4900, -0.0010, 50.0000, -2.4900, 0.0009, 7.1792),
        (50.0000, 2.4900, -0.0010, 50.0000, -2.4900, 0.0010, 7.1792),
        (50.0000, 2.4900, -0.0010, 50.0000, -2.4900, 0.0011, 7.2195),
        (50.0000, 2.4900, -0.0010, 50.0000, -2.4900, 0.0012, 7.2195),
        (50.0000, -0.0010, 2.4900, 50.0000, 0.0009, -2.4900, 4.8045),
        (50.0000, -0.0010, 2.4900, 50.0000, 0.0010, -2.4900, 4.8045),
        (50.0000, -0.0010, 2.4900, 50.0000, 0.0011, -2.4900, 4.7461),
        (50.0000, 2.5000, 0.0000, 50.0000, 0.0000, -2.5000, 4.3065),
        (50.0000, 2.5000, 0.0000, 73.0000, 25.0000, -18.0000, 27.1492),
        (50.0000, 2.5000, 0.0000, 61.0000, -5.0000, 29.0000, 22.8977),
        (50.0000, 2.5000, 0.0000, 56.0000, -27.0000, -3.0000, 31.9030),
        (50.0000, 2.5000, 0.0000, 58.0000, 24.0000, 15.0000, 19.4535),
        (50.0000, 2.5000, 0.0000, 50.0000, 3.1736, 0.5854, 1.0000),
        (50.0000, 2.5000, 0.0000, 50.0000, 3.2972, 0.0000, 1.0000),
        (50.0000, 2.5000, 0.0000, 50.0000, 1.8634, 0.5757, 1.0000),
        (50.0000, 2.5000, 0.0000, 50.0000, 3.2592, 0.3350, 1.0000),
        (60.2574, -34.0099, 36.2677, 60.4626, -34.1751, 39.4387, 1.2644),
        (63.0109, -31.0961, -5.8663, 62.8187, -29.7946, -4.0864, 1.2630),
        (61.2901, 3.7196, -5.3901, 61.4292, 2.2480, -4.9620, 1.8731),
        (35.0831, -44.1164, 3.7933, 35.0232, -40.0716, 1.5901, 1.8645),
        (22.7233, 20.0904, -46.6940, 23.0331, 14.9730, -42.5619, 2.0373),
        (36.4612, 47.8580, 18.3852, 36.2715, 50.5065, 21.2231, 1.4146),
        (90.8027, -2.0831, 1.4410, 91.1528, -1.6435, 0.0447, 1.4441),
        (90.9257, -0.5406, -0.9208, 88.6381, -0.8985, -0.7239, 1.5381),
        (6.7747, -0.2908, -2.4247, 5.8714, -0.0985, -2.2286, 0.6377),
        (2.0776, 0.0795, -1.1350, 0.9033, -0.0636, -0.5514, 0.9082),
    ]
)
colors = st.tuples(st.floats(0, 100), st.floats(-128, 127), st.floats(-128, 127)).map(np.array)


def test_the_published_pairs_in_both_orders() -> None:
    assert ciede2000(PAIRS[:, :3], PAIRS[:, 3:6]) == pytest.approx(PAIRS[:, 6], abs=5.1e-5)
    assert ciede2000(PAIRS[:, 3:6], PAIRS[:, :3]) == pytest.approx(PAIRS[:, 6], abs=5.1e-5)


@given(colors, colors)
def test_it_is_symmetric_and_0_for_one_color(a: np.ndarray, b: np.ndarray) -> None:
    assert ciede2000(a, b) == pytest.approx(ciede2000(b, a), abs=1e-9)
    assert ciede2000(a, a) == 0.0


@given(colors, colors)
def test_it_is_scikit_images(a: np.ndarray, b: np.ndarray) -> None:
    assert ciede2000(a, b) == pytest.approx(float(deltaE_ciede2000(a, b)), abs=1e-7)


@pytest.mark.parametrize("height", [1, 31, 32, 33, 70])
def test_frames_are_read_as_srgb(height: int) -> None:
    a, b = smooth_pixels(height, 40), random_pixels(height, 40)
    # Their matrix and white have more digits.
    theirs = float(deltaE_ciede2000(rgb2lab(a), rgb2lab(b)).mean())
    assert delta_e2000(a, b) == pytest.approx(theirs, abs=2e-3)
    assert delta_e2000(a.astype(np.uint16) * 257, b.astype(np.uint16) * 257) == pytest.approx(delta_e2000(a, b))
    assert delta_e2000(a / 255, b / 255) == pytest.approx(delta_e2000(a, b))


def test_black_and_white() -> None:
    black, white = np.zeros((3, 4, 3), np.uint8), np.full((3, 4, 3), 255, np.uint8)
    assert delta_e2000(black, white) == pytest.approx(100.0, abs=1e-9)
    assert delta_e2000(black, black) == delta_e2000(white, white) == 0.0


def test_gray_has_no_color() -> None:
    gray = np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 3, axis=2)
    lightness_alone = np.abs(np.diff(rgb2lab(gray)[0, :, 0])).max()
    assert delta_e2000(gray[:, 1:], gray[:, :-1]) < lightness_alone


def test_frames_that_cannot_be_compared_are_refused() -> None:
    with pytest.raises(ArllieError, match="of the same type"):
        delta_e2000(random_pixels(5, 8), random_pixels(5, 8, np.uint16))
