from itertools import pairwise

import numpy as np
import pytest

from arllie_deploy.pictures.night import night_picture
from arllie_deploy.statistics import frame_statistics
from arllie_deploy.temporal import SHARE, Smoother, is_cut

NIGHT = night_picture()


def noisy(seed: int, sigma: float = 4.0) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(0, sigma, NIGHT.shape)
    return np.clip(np.round(NIGHT + noise), 0, 255).astype(np.uint8)


def test_the_first_frame_is_taken_as_it_is() -> None:
    statistics = frame_statistics(NIGHT)
    np.testing.assert_array_equal(Smoother().update(statistics), statistics)


def test_a_static_scene_settles_and_its_noise_is_averaged_out() -> None:
    frames = [frame_statistics(noisy(seed, 20.0)) for seed in range(60)]
    smoother = Smoother()
    smoothed = np.array([smoother.update(frame) for frame in frames])[20:]
    # The variance of an exponential moving average of white noise is SHARE / (2 - SHARE) of its input's.
    shrink = smoothed.std(axis=0) / (np.array(frames)[20:].std(axis=0) + 1e-12)
    assert np.median(shrink[shrink > 0]) < 2 * np.sqrt(SHARE / (2 - SHARE))


@pytest.mark.parametrize("factor", [4.0, 0.2])
def test_a_cut_starts_over(factor: float) -> None:
    other = np.clip(noisy(1)[::-1] * factor, 0, 255).astype(np.uint8)
    before, after = frame_statistics(NIGHT), frame_statistics(other)
    assert is_cut(before, after)
    smoother = Smoother()
    smoother.update(before)
    np.testing.assert_array_equal(smoother.update(after), after)


def test_noise_motion_and_a_slow_fade_are_no_cuts() -> None:
    still = frame_statistics(NIGHT)
    assert not is_cut(still, frame_statistics(noisy(0, 10.0)))
    assert not is_cut(still, frame_statistics(np.roll(NIGHT, 40, axis=1)))
    levels = [frame_statistics(np.round(NIGHT * 1.05**step).clip(0, 255).astype(np.uint8)) for step in range(10)]
    assert not any(is_cut(a, b) for a, b in pairwise(levels))


def test_a_step_in_the_light_within_a_scene_is_followed() -> None:
    smoother = Smoother()
    smoother.update(frame_statistics(NIGHT))
    brighter = frame_statistics(np.round(NIGHT * 1.15).clip(0, 255).astype(np.uint8))
    for _ in range(40):
        reached = smoother.update(brighter)
    np.testing.assert_allclose(reached, brighter, atol=0.01)
