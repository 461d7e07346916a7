from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.pictures import make_pairs, save_png

from arllie_deploy.training.data import FrameStore, Sample, find_pairs_to_learn
from arllie_deploy.training.frame_batches import draw_frame_batch
from arllie_deploy.training.network_data import Enlarged, NetworkBatch
from arllie_deploy.training.network_recipe import EnlargingRecipe, FramesRecipe


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> tuple[Sample, ...]:
    return find_pairs_to_learn(make_pairs(tmp_path_factory.mktemp("pairs"), 6))


def draw(samples: tuple[Sample, ...], recipe: FramesRecipe, step: int = 0) -> NetworkBatch:
    source = Enlarged(samples, FrameStore(), EnlargingRecipe())
    return draw_frame_batch(source, recipe, seed=0, step=step, alignment=32)


def test_frames_are_whole_and_reflected_to_what_the_network_takes(samples: tuple[Sample, ...]) -> None:
    batch = draw(samples, FramesRecipe(batch=3))
    assert batch.low.shape == batch.high.shape == (3, 3, 64, 64)  # of 40 × 48
    np.testing.assert_array_equal(batch.high[:, :, 40:, :], batch.high[:, :, 38:14:-1, :])
    np.testing.assert_array_equal(batch.low[..., 48:], batch.low[..., 46:30:-1])


@settings(max_examples=20, deadline=None)
@given(step=st.integers(0, 10_000))
def test_larger_frames_are_fewer(samples: tuple[Sample, ...], step: int) -> None:
    """A step has the pixels of `batch` frames at ×1, up to the rounding of their number; at least one frame."""
    batch = draw(samples, FramesRecipe(batch=8, least=1.0, most=4.0), step)
    count = len(batch.names)
    largest = 40 * 48 * 8 / (count - 0.5)
    assert 1 <= count <= 8
    assert batch.low.shape[2] * batch.low.shape[3] <= max(largest, 160 * 192) * 64 * 64 / (40 * 48)
    assert batch.low.shape[0] == count


def test_every_size_is_drawn(samples: tuple[Sample, ...]) -> None:
    recipe = FramesRecipe(batch=8, least=1.0, most=4.0)
    counts = {len(draw(samples, recipe, step).names) for step in range(60)}
    assert {1, 2, 4, 8} <= counts


def test_a_step_is_the_same_whenever_it_is_drawn(samples: tuple[Sample, ...]) -> None:
    recipe = FramesRecipe(batch=4, least=1.0, most=2.0)
    first, again, other = draw(samples, recipe, 5), draw(samples, recipe, 5), draw(samples, recipe, 6)
    np.testing.assert_array_equal(first.low, again.low)
    assert first.low.shape != other.low.shape or not np.array_equal(first.low, other.low)


def test_low_and_high_show_the_same(samples: tuple[Sample, ...]) -> None:
    """The low frames are the high ones at 0.12 of their values, but for noise of 1.5 levels."""
    for step in range(8):
        batch = draw(samples, FramesRecipe(batch=4, most=2.0), step)
        assert np.abs(batch.low - 0.12 * batch.high).mean() < 3 / 255


def test_portrait_and_landscape_go_together_and_larger_frames_are_cut(tmp_path: Path) -> None:
    for index, (height, width) in enumerate(((64, 96), (96, 64), (80, 128))):
        for part in ("low", "high"):
            save_png(tmp_path / part / f"{index}.png", np.full((height, width, 3), 50 + index, np.uint8))
    batch = draw(find_pairs_to_learn(tmp_path), FramesRecipe(batch=12))
    assert {*batch.names} == {"0", "1", "2"}
    assert batch.low.shape == (12, 3, 64, 96)
