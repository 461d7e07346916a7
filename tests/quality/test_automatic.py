import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.picture_files import random_pixels, smooth_pixels

from arllie_deploy.errors import ArllieError
from arllie_deploy.quality.automatic import (
    GAIN_RANGE,
    GAMMA_RANGE,
    gain_for_mean,
    gain_to_mean,
    gamma_for_mean,
    gamma_to_mean,
)

BOTH = pytest.mark.parametrize("enhance", [gain_to_mean, gamma_to_mean])


@BOTH
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@given(target=st.floats(0.1, 0.7), share=st.floats(0.1, 1.0), seed=st.integers(0, 9))
def test_the_mean_comes_to_the_target(enhance: object, dtype: type, target: float, share: float, seed: int) -> None:
    assert callable(enhance)
    frame = (random_pixels(24, 24, dtype, seed) * share).astype(dtype)
    # Each value is rounded by half a level at most.
    half = 0.5 / np.iinfo(dtype).max
    assert enhance(frame, target).mean() / np.iinfo(dtype).max == pytest.approx(target, abs=half + 1e-9)


def test_a_constant_frame_has_the_gain_and_the_gamma_of_its_value() -> None:
    frame = np.full((3, 5, 3), 51, np.uint8)
    assert gain_for_mean(frame, 0.42) == pytest.approx(0.42 / 0.2)
    assert gamma_for_mean(frame, 0.42) == pytest.approx(np.log(0.42) / np.log(0.2))
    assert set(gain_to_mean(frame).ravel()) == {107}
    assert set(gamma_to_mean(frame).ravel()) == {107}


@BOTH
def test_the_order_of_values_stays_and_a_bright_frame_becomes_darker(enhance: object) -> None:
    assert callable(enhance)
    ramp = np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 3, axis=2)
    assert (np.diff(enhance(ramp).astype(int)[0, :, 0]) >= 0).all()
    bright = 255 - smooth_pixels(20, 20) // 4
    assert enhance(bright).mean() < bright.mean()


@BOTH
def test_black_stays_black_and_white_becomes_no_brighter(enhance: object) -> None:
    assert callable(enhance)
    black = np.zeros((4, 4, 3), np.uint8)
    assert (enhance(black) == 0).all()
    assert (enhance(np.full((4, 4, 3), 255, np.uint8)) <= 255).all()


def test_what_no_number_reaches_ends_at_the_bound() -> None:
    frame = np.zeros((10, 10, 3), np.uint8)
    frame[0, 0] = 1
    assert gain_for_mean(frame) == pytest.approx(GAIN_RANGE[1])
    assert gamma_for_mean(frame) == pytest.approx(GAMMA_RANGE[0])
    assert gain_to_mean(frame).max() == 64
    # White has no gamma that darkens it.
    assert gamma_for_mean(np.full((2, 2, 3), 255, np.uint8)) == pytest.approx(GAMMA_RANGE[1])


@BOTH
def test_the_frame_itself_is_not_changed_and_its_type_is_kept(enhance: object) -> None:
    assert callable(enhance)
    for dtype in (np.uint8, np.uint16):
        frame = random_pixels(5, 9, dtype)
        before = frame.copy()
        result = enhance(frame)
        assert (result.shape, result.dtype) == (frame.shape, frame.dtype)
        assert (frame == before).all()


@BOTH
def test_wrong_frames_and_targets_are_refused(enhance: object) -> None:
    assert callable(enhance)
    with pytest.raises(ArllieError, match="uint8 or uint16"):
        enhance(np.zeros((4, 4, 3)))
    for target in (0.0, 1.0, float("nan")):
        with pytest.raises(ArllieError, match="target mean is"):
            enhance(random_pixels(4, 4), target)
