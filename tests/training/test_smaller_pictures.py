from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from support.picture_files import random_pixels
from support.pictures import scene

from arllie_deploy.pictures import read_picture
from arllie_deploy.training.smaller_pictures import reduced, smaller_planes


def by_pillow(frame: np.ndarray) -> np.ndarray:
    """In floats: with integers Pillow rounds between the two directions, too."""
    size = frame.shape[1] // 4, frame.shape[0] // 4
    planes = [Image.fromarray(frame[:, :, c].astype(np.float32)) for c in range(3)]
    return np.stack([np.asarray(plane.resize(size, Image.Resampling.BICUBIC)) for plane in planes], 2)


@pytest.mark.parametrize("frame", [scene(0, 64, 48), random_pixels(48, 64)])
def test_a_reduction_is_that_of_pillow(frame: np.ndarray) -> None:
    assert np.abs(reduced(frame) - by_pillow(frame).clip(0.0, 255.0)).max() < 0.51


def test_sixteen_bits_stay_sixteen() -> None:
    deep = reduced(scene(0, 32, 24).astype(np.uint16) * 257)
    assert deep.dtype == np.uint16
    assert np.abs(deep / 257 - reduced(scene(0, 32, 24))).max() < 0.6


def test_the_picture_is_wanted_as_it_is() -> None:
    seen, wanted = smaller_planes(scene(0, 32, 24), np.random.default_rng(0))
    np.testing.assert_array_equal(np.round(255 * np.moveaxis(wanted, 0, 2)), scene(0, 32, 24))
    np.testing.assert_array_equal(np.round(255 * np.moveaxis(seen, 0, 2)), reduced(scene(0, 32, 24)))


def test_reductions_are_those_of_the_benchmarks(shared_data: Path) -> None:
    differences = []
    for small in sorted((shared_data / "sr_x4" / "set5" / "lr").iterdir()):
        large, low = (read_picture(small.parents[1] / part / small.name).pixels for part in ("hr", "lr"))
        height, width = (side // 4 * 4 for side in large.shape[:2])
        differences.append(np.abs(reduced(large[:height, :width]).astype(int) - low).mean())
    assert len(differences) == 5
    assert max(differences) < 0.5
