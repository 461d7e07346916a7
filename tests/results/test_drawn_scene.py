import numpy as np
import pytest

from arllie_deploy.results.drawn_scene import drawn_scene


def test_the_same_seed_draws_the_same_scene() -> None:
    scene = drawn_scene(64)
    assert scene.shape == (64, 64, 3)
    assert scene.dtype == np.uint8
    assert np.array_equal(scene, drawn_scene(64))
    assert not np.array_equal(scene, drawn_scene(64, seed=1))


def test_it_has_dark_and_bright_parts_colors_and_edges() -> None:
    scene = drawn_scene(128).astype(int)
    assert scene.min() < 30
    assert scene.max() > 220
    assert (scene.max(2) - scene.min(2)).max() > 100
    assert np.abs(np.diff(scene, axis=1)).max() > 100


@pytest.mark.parametrize("side", [30, 63])
def test_a_side_that_it_cannot_draw_is_refused(side: int) -> None:
    with pytest.raises(ValueError, match=f"side is {side}"):
        drawn_scene(side)
