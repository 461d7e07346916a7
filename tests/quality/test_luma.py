import numpy as np
import pytest
from support.picture_files import random_pixels

from arllie_deploy.quality.luma import gray, video_luma


def test_gray_has_the_weights_of_bt601_and_the_type_of_the_frame() -> None:
    frame = np.array([[[255, 0, 0], [0, 255, 0], [0, 0, 255], [10, 20, 30]]], np.uint8)
    np.testing.assert_array_equal(gray(frame)[0, :, 0], [76, 150, 29, 18])
    deep = frame.astype(np.uint16) * 257
    assert (gray(deep).dtype, gray(deep).shape) == (np.uint16, (1, 4, 1))
    np.testing.assert_allclose(gray(deep)[0, :, 0] / 257, [76.245, 149.685, 29.07, 18.15], atol=0.01)


def test_a_frame_without_color_is_its_own_gray() -> None:
    plane = random_pixels(8, 9)[:, :, :1]
    np.testing.assert_array_equal(gray(np.repeat(plane, 3, 2)), plane)


@pytest.mark.parametrize(
    ("color", "level"), [((0, 0, 0), 16.0), ((255, 255, 255), 235.0), ((255, 0, 0), 81.481), ((0, 255, 0), 144.553)]
)
def test_video_luma_is_in_video_range(color: tuple[int, int, int], level: float) -> None:
    assert 255.0 * video_luma(np.full((1, 1, 3), color, np.uint8)) == pytest.approx(level, abs=1e-3)
