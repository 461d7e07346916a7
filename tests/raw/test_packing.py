import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.raw_frames import random_mosaic, raw_frame

from arllie_deploy.errors import ArllieError
from arllie_deploy.raw import PATTERNS
from arllie_deploy.raw.packing import mirrored, normalized, pack, unpack

SEEDS = st.integers(0, 2**32 - 1)
SIDES = st.integers(2, 12).map(lambda half: 2 * half)


def test_the_planes_are_red_both_greens_and_blue_scaled_from_black_to_white() -> None:
    mosaic = np.tile(np.array([[160, 262], [364, 466]], np.uint16), (2, 3))
    planes = pack(raw_frame(mosaic, black=(60.0, 62.0, 64.0, 66.0), white=1023.0, white_balance=(2.0, 1.0, 1.5)))
    expected = [2.0 * 100 / 963, 200 / 961, 300 / 959, 1.5 * 400 / 957]
    assert planes.dtype == np.float32
    assert planes.shape == (4, 2, 3)
    assert planes == pytest.approx(np.broadcast_to(np.reshape(expected, (4, 1, 1)), (4, 2, 3)), rel=1e-6)


@given(SEEDS, SIDES, SIDES, st.sampled_from(PATTERNS), st.sampled_from([10, 12, 14, 16]))
def test_unpacking_gives_the_mosaic_back(seed: int, height: int, width: int, pattern: str, bits: int) -> None:
    mosaic = random_mosaic(height, width, bits, seed)
    frame = raw_frame(mosaic, pattern=pattern, white=float((1 << bits) - 1))
    assert (unpack(pack(frame), frame) == mosaic).all()


@pytest.mark.parametrize("pattern", PATTERNS)
def test_every_order_lands_in_the_same_planes(pattern: str) -> None:
    values = {"R": 200, "G": 400, "B": 600}
    cell = np.array([[values[name] for name in pattern[:2]], [values[name] for name in pattern[2:]]], np.uint16)
    frame = raw_frame(np.tile(cell, (3, 4)), pattern=pattern, black=(0.0,) * 4, white_balance=(1.0, 1.0, 1.0))
    levels = pack(frame)[:, 0, 0] * 1023
    assert levels == pytest.approx([200, 400, 400, 600])


@pytest.mark.parametrize("pattern", PATTERNS)
def test_the_green_of_the_rows_of_red_has_its_own_black_level(pattern: str) -> None:
    black = (10.0, 20.0, 30.0, 40.0)
    row = pattern.index("R") // 2
    cell = np.empty((2, 2), np.uint16)
    for index, name in enumerate(pattern):
        green = 20 if index // 2 == row else 30
        cell[index // 2, index % 2] = {"R": 10, "G": green, "B": 40}[name]
    assert (pack(raw_frame(np.tile(cell, (2, 2)), pattern=pattern, black=black)) == 0.0).all()


@given(SEEDS, st.sampled_from(PATTERNS))
def test_a_mirror_image_of_a_mirror_image_is_the_picture(seed: int, pattern: str) -> None:
    mosaic = random_mosaic(6, 8, seed=seed)
    assert (mirrored(mirrored(mosaic, pattern), pattern) == mosaic).all()


def test_noise_below_black_and_light_beyond_white_are_kept() -> None:
    mosaic = np.full((4, 4), 1023, np.uint16)
    mosaic[0, 0] = 0
    planes = pack(raw_frame(mosaic, black=(64.0,) * 4))
    assert planes[0, 0, 0] == pytest.approx(-2.0 * 64 / 959)
    assert planes[0, 1, 1] == pytest.approx(2.0)


def test_light_for_developing_is_clipped_at_white() -> None:
    mosaic = np.full((4, 4), 1023, np.uint16)
    mosaic[0, 0] = 0
    light = normalized(mosaic, raw_frame(mosaic))
    assert light[0, 0] == 0.0
    assert (light.ravel()[1:] == 1.0).all()


@pytest.mark.parametrize("shape", [(3, 4, 4), (4, 4)])
def test_other_planes_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ArllieError, match="packed planes have shape"):
        unpack(np.zeros(shape, np.float32), raw_frame())
