import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arllie_deploy import ArllieError
from arllie_deploy.pictures.night import night_picture as night_frame
from arllie_deploy.statistics import BINS, COUNT, NAMES, frame_statistics, subsample


def test_there_is_a_name_for_each() -> None:
    assert len(NAMES) == len(set(NAMES)) == COUNT == frame_statistics(night_frame()).size


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@given(height=st.integers(1, 300), width=st.integers(1, 300), seed=st.integers(0, 99))
def test_any_frame_gives_finite_numbers_and_a_histogram_of_sum_one(
    dtype: type, height: int, width: int, seed: int
) -> None:
    frame = np.random.default_rng(seed).integers(0, np.iinfo(dtype).max, (height, width, 3), dtype, endpoint=True)
    statistics = frame_statistics(frame)
    assert np.isfinite(statistics).all()
    assert (statistics[:BINS] >= 0).all()
    assert statistics[:BINS].sum() == pytest.approx(1.0, abs=1e-9)


@pytest.mark.parametrize("level", [0, 255])
def test_a_constant_frame_fills_one_end_of_the_histogram(level: int) -> None:
    statistics = frame_statistics(np.full((40, 50, 3), level, np.uint8))
    assert statistics[0 if level == 0 else BINS - 1] == pytest.approx(1.0)
    np.testing.assert_allclose(statistics[BINS:], np.log(0.01 + level / 255), atol=1e-12)


def test_both_integer_types_tell_the_same_of_the_same_light() -> None:
    frame = night_frame()
    np.testing.assert_allclose(frame_statistics(frame), frame_statistics(frame.astype(np.uint16) * 257), atol=1e-12)


def test_the_channel_means_and_percentiles_are_those_of_the_frame() -> None:
    frame = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    unit = frame / 255
    statistics = frame_statistics(frame)
    np.testing.assert_allclose(statistics[BINS : BINS + 3], np.log(0.01 + unit.mean((0, 1))))
    luminance = unit @ [0.299, 0.587, 0.114]
    expected = np.percentile(luminance, [10, 50, 90, 99], method="nearest")
    np.testing.assert_allclose(statistics[BINS + 3 :], np.log(0.01 + expected), atol=1e-3)


@pytest.mark.parametrize("scale", [2, 3, 5])
def test_a_frame_enlarged_by_whole_pixels_has_nearly_the_same_statistics(scale: int) -> None:
    frame = night_frame()
    large = frame.repeat(scale, axis=0).repeat(scale, axis=1)
    assert np.abs(frame_statistics(frame) - frame_statistics(large)).max() < 0.1


def test_the_exposure_moves_them_smoothly() -> None:
    """No bin edge makes them jump: a hundredth of a stop changes nothing by more than a hundredth or two."""
    frame = np.random.default_rng(0).random((64, 64, 3)) * 20000
    darker, brighter = (frame_statistics((frame * factor).astype(np.uint16)) for factor in (1.0, 2**0.01))
    assert 0 < np.abs(brighter - darker).max() < 0.02


@pytest.mark.parametrize("shape", [(1080, 1920, 3), (1, 5000, 3), (4000, 3, 3)])
def test_a_large_frame_is_sampled_at_4096_places_at_most(shape: tuple[int, int, int]) -> None:
    samples = subsample(np.full(shape, 51, np.uint8))
    assert samples.shape[1] <= 4096
    np.testing.assert_allclose(samples, 0.2)


def test_noise_of_the_sensor_is_averaged_out_of_large_frames() -> None:
    rng = np.random.default_rng(0)
    noisy = np.clip(40 + rng.normal(0, 10, (1080, 1920, 3)), 0, 255).astype(np.uint8)
    assert subsample(noisy).std() == pytest.approx(10 / 4 / 255, rel=0.05)


@pytest.mark.parametrize("frame", [np.zeros((4, 4), np.uint8), np.zeros((4, 4, 3), np.float32)])
def test_what_is_no_frame_is_refused(frame: np.ndarray) -> None:
    with pytest.raises(ArllieError):
        frame_statistics(frame)
