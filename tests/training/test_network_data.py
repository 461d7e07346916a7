from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from support.pictures import make_pairs, save_png

from arllie_deploy.pictures import read_picture
from arllie_deploy.quality.srgb import to_linear
from arllie_deploy.training.darkening import Darkenings
from arllie_deploy.training.data import FrameStore, Sample, find_pairs_to_learn
from arllie_deploy.training.network_data import NOISE_OF_CHANNELS, Enlarged, Recorded, draw_network_batch, resized
from arllie_deploy.training.network_recipe import EnlargingRecipe

AS_IT_IS = EnlargingRecipe()


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> tuple[Sample, ...]:
    return find_pairs_to_learn(make_pairs(tmp_path_factory.mktemp("pairs"), 6))


def gray(folder: Path, value: int, side: int = 64) -> tuple[Sample, ...]:
    for part in ("low", "high"):
        save_png(folder / part / "0.png", np.full((side, side, 3), value, np.uint8))
    return find_pairs_to_learn(folder)


def test_a_frame_that_is_not_enlarged_stays_as_it_is(samples: tuple[Sample, ...]) -> None:
    low, high = Enlarged(samples, FrameStore(), AS_IT_IS).whole(0, np.random.default_rng(0))
    assert samples[0].high is not None
    np.testing.assert_array_equal(low, read_picture(samples[0].low).pixels)
    np.testing.assert_array_equal(high, read_picture(samples[0].high).pixels)


def test_a_part_of_it_is_one_of_its_squares(samples: tuple[Sample, ...]) -> None:
    low, _ = Enlarged(samples, FrameStore(), AS_IT_IS).part(1, 32, np.random.default_rng(3))
    frame = read_picture(samples[1].low).pixels
    squares = [frame[y : y + 32, x : x + 32] for y in range(9) for x in range(17)]
    assert any(np.array_equal(low, square) for square in squares)


def test_a_whole_frame_has_the_greatest_size(samples: tuple[Sample, ...]) -> None:
    recipe = EnlargingRecipe(least=2.0, most=4.0)
    low, high = Enlarged(samples, FrameStore(), recipe).whole(0, np.random.default_rng(0))
    assert low.shape == high.shape == (160, 192, 3)


@pytest.mark.parametrize("scale", [1.0, 2.0, 4.0])
def test_low_and_high_show_the_same_part(scale: float, samples: tuple[Sample, ...]) -> None:
    """The low frames are the high ones at 0.12 of their values, but for noise of 1.5 levels."""
    source = Enlarged(samples, FrameStore(), EnlargingRecipe(least=scale, most=scale))
    batch = draw_network_batch(source, 12, seed=0, step=0, crop=32)
    assert np.abs(batch.low - 0.12 * batch.high).mean() < 3 / 255


def test_enlarging_keeps_the_mean_and_a_smooth_ramp() -> None:
    ramp = np.repeat(np.arange(0, 200, 10, dtype=np.uint8)[None, :, None], 20, 0).repeat(3, 2)
    large = resized(ramp, (80, 80))
    assert large.mean() == pytest.approx(ramp.mean() / 255, abs=1e-3)
    np.testing.assert_allclose(np.diff(large[40, 8:-8, 0]), 2.5 / 255, atol=1e-3)


def test_the_noise_is_as_strong_as_the_recipe_says_and_only_in_the_low_frame(tmp_path: Path) -> None:
    recipe = EnlargingRecipe(least_noise=4.0, most_noise=4.0)
    low, high = Enlarged(gray(tmp_path, 128, 128), FrameStore(), recipe).whole(0, np.random.default_rng(0))
    assert high.std() == 0.0
    np.testing.assert_allclose(low.std((0, 1)), 4.0 * np.array(NOISE_OF_CHANNELS), rtol=0.03)
    assert low.mean() == pytest.approx(128, abs=0.1)


def test_the_exposure_is_off_by_stops_of_linear_light(tmp_path: Path) -> None:
    source = Enlarged(gray(tmp_path, 128), FrameStore(), EnlargingRecipe(exposure_ev=1.0))
    rng = np.random.default_rng(0)
    levels = np.array([source.part(0, 32, rng)[0].mean() for _ in range(40)])
    stops = np.log2(to_linear(levels / 255) / to_linear(np.array(128 / 255)))
    assert stops.min() < -0.7
    assert stops.max() > 0.7
    assert np.abs(stops).max() <= 1.01


@pytest.mark.parametrize("kind", [Enlarged, Recorded])
def test_a_batch_has_so_many_pictures_of_its_kind(kind: type, samples: tuple[Sample, ...]) -> None:
    recipe = (replace(AS_IT_IS, most=2.0),) if kind is Enlarged else ()
    batch = draw_network_batch(kind(samples[2:], FrameStore(), *recipe), 5, seed=0, step=0, crop=32)
    assert set(batch.names) <= {sample.name for sample in samples[2:]}
    assert batch.low.shape == batch.high.shape == (5, 3, 32, 32)


def test_a_batch_is_a_function_of_seed_and_step(samples: tuple[Sample, ...]) -> None:
    kind = Enlarged(samples, FrameStore(), EnlargingRecipe(most=2.0, most_noise=3.0, exposure_ev=0.5))
    one, again, other = (draw_network_batch(kind, 4, seed=1, step=step, crop=32) for step in (7, 7, 8))
    np.testing.assert_array_equal(one.low, again.low)
    assert not np.array_equal(one.low, other.low)


def test_smaller_frames_have_less_noise(tmp_path: Path) -> None:
    recipe = EnlargingRecipe(most=4.0, least_noise=8.0, most_noise=8.0)
    source = Enlarged(gray(tmp_path, 128, 128), FrameStore(), recipe)
    for enlargement, expected in ((1.0, 2.0), (2.0, 4.0)):
        low, _ = source.at(0, enlargement, np.random.default_rng(0))
        np.testing.assert_allclose(low.std((0, 1)), expected * np.array(NOISE_OF_CHANNELS), rtol=0.05)


def test_a_share_of_the_low_frames_is_made_of_high_ones(tmp_path: Path) -> None:
    """Of a pair whose frames do not have to do with one another, what is darkened has the high frame's light."""
    for part, value in (("low", 9), ("high", 128)):
        save_png(tmp_path / part / "0.png", np.full((64, 64, 3), value, np.uint8))
    darkening = Darkenings(share=0.5, lowest_ev=-2.0, highest_ev=-2.0, white_balance_ev=0.0)
    source = Enlarged(find_pairs_to_learn(tmp_path), FrameStore(), AS_IT_IS, darkening)
    means = [source.at(0, 1.0, np.random.default_rng(seed))[0].mean() for seed in range(100)]
    recorded = sum(mean == 9.0 for mean in means)
    assert 30 < recorded < 70
    assert all(mean == 9.0 or mean == pytest.approx(66.0, abs=1.5) for mean in means)


def test_held_out_frames_are_never_darkened(tmp_path: Path) -> None:
    source = Enlarged(gray(tmp_path, 128), FrameStore(), AS_IT_IS, Darkenings(share=0.9))
    assert all(source.whole(0, np.random.default_rng(seed))[0].mean() == 128.0 for seed in range(20))
