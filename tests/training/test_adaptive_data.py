from pathlib import Path

import numpy as np
import pytest
from support.pictures import make_pairs

from arllie_deploy import ArllieError
from arllie_deploy.pictures import read_picture
from arllie_deploy.statistics import frame_statistics
from arllie_deploy.training.adaptive_data import (
    Darkened,
    Recorded,
    crops_of,
    draw_adaptive_batch,
    whole_frame_statistics,
    whole_pairs,
)
from arllie_deploy.training.adaptive_recipe import DarkeningRecipe
from arllie_deploy.training.data import FrameStore, Sample, find_pairs_to_learn


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> tuple[Sample, ...]:
    return find_pairs_to_learn(make_pairs(tmp_path_factory.mktemp("pairs"), 6))


def recorded(samples: tuple[Sample, ...]) -> Recorded:
    store = FrameStore()
    return Recorded(samples, whole_frame_statistics(samples, store), store)


def test_a_crop_carries_the_statistics_of_its_whole_frame(samples: tuple[Sample, ...]) -> None:
    batch = draw_adaptive_batch([(recorded(samples), 8)], seed=0, step=0, crop=12)
    assert (batch.low.shape, batch.high.shape, batch.statistics.shape) == ((8, 3, 12, 12), (8, 3, 12, 12), (8, 23))
    by_name = {sample.name: sample for sample in samples}
    for name, statistics in zip(batch.names, batch.statistics, strict=True):
        np.testing.assert_allclose(statistics, frame_statistics(read_picture(by_name[name].low).pixels), rtol=1e-6)


def test_low_and_high_are_cut_and_turned_alike(samples: tuple[Sample, ...]) -> None:
    """The low frames are the high ones at 0.12 of their values, but for noise of 1.5 levels."""
    batch = draw_adaptive_batch([(recorded(samples), 16)], seed=0, step=0, crop=12)
    assert np.abs(batch.low - 0.12 * batch.high).mean() < 3 / 255


def test_every_pool_gives_its_count(samples: tuple[Sample, ...]) -> None:
    first, second = recorded(samples[:2]), recorded(samples[2:])
    batch = draw_adaptive_batch([(first, 3), (second, 5)], seed=0, step=0, crop=12)
    names = {sample.name for sample in samples[:2]}
    assert [name in names for name in batch.names] == [True] * 3 + [False] * 5


def test_a_batch_is_a_function_of_seed_and_step(samples: tuple[Sample, ...]) -> None:
    pools = [(Darkened(samples, DarkeningRecipe(copies=2), 5, FrameStore()), 4)]
    one, again, other = (draw_adaptive_batch(pools, seed=1, step=step, crop=12) for step in (7, 7, 8))
    np.testing.assert_array_equal(one.low, again.low)
    assert not np.array_equal(one.low, other.low)


def test_darkened_frames_are_as_dark_as_the_recipe_says(samples: tuple[Sample, ...]) -> None:
    recipe = DarkeningRecipe(copies=3, lowest_ev=-4.0, highest_ev=-3.0, white_balance_ev=0.0)
    pool = Darkened(samples, recipe, 0, FrameStore())
    assert len(pool.samples) == len(pool.statistics) == 18
    for index, (statistics, low, high) in enumerate(whole_pairs(pool, 0)):
        assert low.mean() < 0.5 * high.mean()
        assert pool.size(index) == low.shape[:2]
        np.testing.assert_allclose(statistics[16:19], frame_statistics(low)[16:19], atol=0.1)


def test_crops_are_found_by_name(samples: tuple[Sample, ...]) -> None:
    assert crops_of(samples, samples[1:3]) == samples[1:3]
    with pytest.raises(ArllieError, match="no crop has the name"):
        crops_of([Sample("other", Path("a"), Path("b"))], samples)
