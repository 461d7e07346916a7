import numpy as np
import pytest
from skimage.metrics import structural_similarity
from support.picture_files import random_pixels, smooth_pixels

from arllie_deploy.errors import ArllieError
from arllie_deploy.quality.ssim import ssim


def _theirs(a: np.ndarray, b: np.ndarray, top: float) -> float:
    options = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False, "channel_axis": 2}
    return float(structural_similarity(a, b, data_range=top, **options))


@pytest.mark.parametrize("shape", [(11, 11), (11, 40), (33, 27)])
@pytest.mark.parametrize("noise", [3, 60, 255])
def test_it_is_scikit_images(shape: tuple[int, int], noise: int) -> None:
    a = smooth_pixels(*shape)
    b = np.clip(a.astype(int) + random_pixels(*shape) % noise - noise // 2, 0, 255).astype(np.uint8)
    assert ssim(a, b) == pytest.approx(_theirs(a, b, 255), abs=1e-9)
    deep_a, deep_b = a.astype(np.uint16) * 257, b.astype(np.uint16) * 257
    assert ssim(deep_a, deep_b) == pytest.approx(_theirs(deep_a, deep_b, 65535), abs=1e-9)
    unit_a, unit_b = a / 255, b / 255
    assert ssim(unit_a, unit_b) == pytest.approx(_theirs(unit_a, unit_b, 1.0), abs=1e-9)


def test_equal_frames_have_1() -> None:
    frame = random_pixels(20, 30)
    assert ssim(frame, frame.copy()) == pytest.approx(1.0, abs=1e-12)


def test_flat_frames_are_compared_by_their_means_alone() -> None:
    a, b = np.full((12, 12, 3), 0.2), np.full((12, 12, 3), 0.6)
    assert ssim(a, b) == pytest.approx((2 * 0.2 * 0.6 + 1e-4) / (0.04 + 0.36 + 1e-4), abs=1e-12)


def test_a_frame_smaller_than_the_window_is_refused() -> None:
    with pytest.raises(ArllieError, match="at least 11×11 pixels and the frame has 30×10; use psnr"):
        ssim(random_pixels(10, 30), random_pixels(10, 30))
