from pathlib import Path

import numpy as np
import pytest
from support.pictures import make_pairs, save_png, scene

from arllie_deploy import ArllieError
from arllie_deploy.pictures import read_picture
from arllie_deploy.training.data import FrameStore, Sample, find_clean_to_learn
from arllie_deploy.training.made_pictures import Made
from arllie_deploy.training.network_data import draw_network_batch
from arllie_deploy.training.picture_kinds import clean_planes
from arllie_deploy.training.raw_pictures import raw_planes


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> tuple[Sample, ...]:
    return find_clean_to_learn(make_pairs(tmp_path_factory.mktemp("pairs"), 6))


def test_the_clean_pictures_of_pairs_are_the_high_ones(samples: tuple[Sample, ...]) -> None:
    assert [(sample.low.parent.name, sample.name, sample.high) for sample in samples] == [
        ("high", str(index), None) for index in range(6)
    ]


def test_a_folder_of_pictures_will_do(tmp_path: Path) -> None:
    for index in (10, 2):
        save_png(tmp_path / f"{index}.png", scene(index))
    assert [sample.name for sample in find_clean_to_learn(tmp_path)] == ["2", "10"]


@pytest.mark.parametrize(("folder", "message"), [("absent", "no such folder"), (".", "no pictures in it")])
def test_a_folder_without_pictures_is_refused(folder: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(ArllieError, match=message):
        find_clean_to_learn(tmp_path / folder)


def test_pairs_without_their_high_pictures_are_refused(tmp_path: Path) -> None:
    save_png(tmp_path / "low" / "0.png", scene(0))
    with pytest.raises(ArllieError, match="high: no such folder"):
        find_clean_to_learn(tmp_path)


def test_a_part_is_one_of_the_squares_of_the_picture(samples: tuple[Sample, ...]) -> None:
    part, same = Made(samples, FrameStore(), clean_planes).part(1, 32, np.random.default_rng(3))
    frame = read_picture(samples[1].low).pixels
    assert part is same
    assert any(np.array_equal(part, frame[y : y + 32, x : x + 32]) for y in range(9) for x in range(17))


def test_a_held_out_picture_is_whole_but_for_what_no_network_of_that_scale_takes(tmp_path: Path) -> None:
    save_png(tmp_path / "odd.png", scene(0, 37, 29))
    source = Made(find_clean_to_learn(tmp_path), FrameStore(), raw_planes, 2)
    low, high = source.whole(0, np.random.default_rng(0))
    assert low.shape == high.shape == (28, 36, 3)
    seen, wanted = source.planes(low, high, np.random.default_rng(0))
    assert (seen.shape, wanted.shape) == ((4, 14, 18), (3, 28, 36))


def test_what_is_seen_is_made_of_the_turned_square(samples: tuple[Sample, ...]) -> None:
    """A mosaic that is turned is none of the same order: red would be seen where green is."""
    batch = draw_network_batch(Made(samples, FrameStore(), raw_planes, 2), 8, seed=0, step=0, crop=32)
    assert (batch.low.shape, batch.high.shape) == ((8, 4, 16, 16), (8, 3, 32, 32))
    sites = np.stack(
        [
            batch.high[:, 0, ::2, ::2],
            batch.high[:, 1, ::2, 1::2],
            batch.high[:, 1, 1::2, ::2],
            batch.high[:, 2, 1::2, 1::2],
        ],
        1,
    )
    assert np.abs(np.median(batch.low - sites, (2, 3))).max() < 0.05


def test_a_batch_is_a_function_of_seed_and_step(samples: tuple[Sample, ...]) -> None:
    kind = Made(samples, FrameStore(), raw_planes, 2)
    one, again, other = (draw_network_batch(kind, 2, seed=1, step=step, crop=32) for step in (7, 7, 8))
    np.testing.assert_array_equal(one.low, again.low)
    np.testing.assert_array_equal(one.high, again.high)
    assert not np.array_equal(one.low, other.low)
