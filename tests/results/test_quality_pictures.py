from pathlib import Path

import numpy as np
import pytest
from support.pictures import save_png, scene

from arllie_deploy import ArllieError
from arllie_deploy.pictures.night import night_picture
from arllie_deploy.quality.psnr import psnr
from arllie_deploy.results.quality.other_pictures import EXPOSURES, darkened, folder_set, packaged_set, winners
from arllie_deploy.results.quality.scores import score
from arllie_deploy.results.quality.steadiness import flicker_of, static_clip

PICTURES = (scene(0), scene(1))


def test_every_stop_is_darker_and_the_same_again() -> None:
    means = [np.mean([low.mean() for low, _ in darkened(PICTURES, ev, 0)]) for ev in EXPOSURES]
    assert (np.diff(means) < 0).all()
    for (one, _), (again, high) in zip(darkened(PICTURES, -3, 0), darkened(PICTURES, -3, 0), strict=True):
        np.testing.assert_array_equal(one, again)
        assert psnr(one, high) < 20


def test_the_packaged_photographs_are_in_color_and_of_bounded_size() -> None:
    found = packaged_set()
    assert len(found.pictures) == 5
    for picture in found.pictures:
        assert picture.dtype == np.uint8
        assert max(picture.shape) <= 512
        assert np.ptp(picture, axis=2).max() > 20


def test_a_folder_gives_its_color_pictures(tmp_path: Path) -> None:
    save_png(tmp_path / "set" / "hr" / "a.png", scene(0))
    save_png(tmp_path / "set" / "hr" / "gray.png", scene(1)[:, :, 0])
    found = folder_set(tmp_path / "set" / "hr")
    assert (found.name, len(found.pictures)) == ("set", 1)
    (tmp_path / "set" / "hr" / "a.png").unlink()
    with pytest.raises(ArllieError, match="no 8-bit color picture"):
        folder_set(tmp_path / "set" / "hr")


def test_winners_are_those_above_the_champion() -> None:
    assert winners({"a": 20.0, "us": 19.0, "b": 18.0}, "us") == ["a"]
    assert winners({"a": 19.0, "us": 19.0}, "us") == []


def test_scores_are_means_over_the_pictures() -> None:
    pairs = list(darkened(PICTURES, -2, 0))
    found = score(pairs, lambda frame: frame)
    assert found.psnr == pytest.approx(np.mean([psnr(low, high) for low, high in pairs]))
    assert 0 < found.ssim < 1
    assert found.gt_mean_psnr > found.psnr
    assert found.delta_e > 5


def test_the_static_clip_differs_in_noise_alone() -> None:
    frames = np.array([frame for _, frame in static_clip(4, 0)], float)
    assert 0.2 < frames.std(axis=0).mean() < 10
    assert np.ptp(frames.mean(axis=(1, 2, 3))) < 0.1


def test_the_adaptive_default_adds_no_flicker() -> None:
    """No higher than the input's own, scaled by the gain."""
    from arllie_deploy.models import find_model

    night_picture()
    found = flicker_of(find_model("arllie-adaptive"))
    assert found.gain > 1.5
    assert found.frame.ratio <= 1.0
    assert found.pixel.ratio <= 1.0
