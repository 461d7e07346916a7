import numpy as np
import pytest
from support.pictures import scene
from support.raw_frames import raw_frame

from arllie_deploy.errors import ArllieError
from arllie_deploy.raw import PATTERNS
from arllie_deploy.raw.unprocess import mosaicked
from arllie_deploy.raw.white_balance import gray_world


@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_gray_scene_under_colored_light_gives_the_light_back(pattern: str) -> None:
    gray = scene(3).mean(axis=2, keepdims=True) / 255 * 0.8 + 0.1
    light = gray * np.array([0.4, 1.0, 0.625])
    mosaic = np.round(64 + mosaicked(light, pattern) * 959).astype(np.uint16)
    assert gray_world(raw_frame(mosaic, pattern=pattern, black=(64.0,) * 4)) == pytest.approx((2.5, 1.0, 1.6), rel=0.02)


def test_saturated_pixels_do_not_count() -> None:
    mosaic = np.tile(np.array([[250, 500], [500, 400]], np.uint16), (8, 8))
    mosaic[:8] = 1023
    frame = raw_frame(mosaic, black=(0.0,) * 4, white_balance=(7.0, 1.0, 7.0))
    assert gray_world(frame) == pytest.approx((2.0, 1.0, 1.25))


def test_a_frame_of_black_and_white_alone_is_refused() -> None:
    mosaic = np.full((8, 8), 1023, np.uint16)
    mosaic[:4] = 0
    with pytest.raises(ArllieError, match="no white balance can be found; give one"):
        gray_world(raw_frame(mosaic))
