import numpy as np
import pytest
from support.pictures import scene

from arllie_deploy.training.data import to_planes
from arllie_deploy.training.holed_pictures import SIDES, draw_hole, holed_planes

FRAME = scene(0, 96, 80)


def sides(hole: np.ndarray) -> tuple[int, int]:
    rows, columns = hole.any(1), hole.any(0)
    return int(rows.sum()), int(columns.sum())


def test_a_hole_is_a_rectangle_of_the_named_sides() -> None:
    rng = np.random.default_rng(0)
    holes = [draw_hole((80, 96), rng) for _ in range(200)]
    assert all(hole.sum() == np.prod(sides(hole)) for hole in holes)
    found = [side for hole in holes for side in sides(hole)]
    assert (min(found), max(found)) == SIDES


def test_holes_are_everywhere() -> None:
    rng = np.random.default_rng(0)
    covered = np.mean([draw_hole((64, 64), rng) for _ in range(300)], axis=0)
    assert covered[0, 0] < covered[32, 32] < 0.4
    assert covered.min(initial=1.0, where=np.pad(np.ones((48, 48), bool), 8)) > 0.0


def test_a_hole_takes_at_most_half_of_each_side() -> None:
    rng = np.random.default_rng(0)
    assert {max(sides(draw_hole((16, 20), rng))) for _ in range(40)} <= {8, 9, 10}


def test_what_is_in_the_hole_is_not_told() -> None:
    seen, wanted = holed_planes(FRAME, np.random.default_rng(0))
    hole = seen[3] == 1.0
    assert set(np.unique(seen[3])) == {0.0, 1.0}
    assert np.all(seen[:3, hole] == 0.0)
    np.testing.assert_array_equal(seen[:3, ~hole], wanted[:, ~hole])
    np.testing.assert_array_equal(wanted, to_planes([FRAME])[0])


@pytest.mark.parametrize("seed", [0, 1])
def test_the_generator_decides_the_hole(seed: int) -> None:
    one, again, other = (holed_planes(FRAME, np.random.default_rng(which))[0][3] for which in (seed, seed, seed + 2))
    np.testing.assert_array_equal(one, again)
    assert not np.array_equal(one, other)
