import numpy as np
import pytest
from support.pictures import scene

from arllie_deploy.quality.luma import gray
from arllie_deploy.results import light_modules_scores as scores
from arllie_deploy.results.light_modules_scores import UNTRAINED, Planes, holed_case, noisy_case, small_case
from arllie_deploy.training.smaller_pictures import reduced

PICTURES = [scene(0, 96, 80), scene(1, 96, 80)]
NOISY = [noisy_case(picture, index) for index, picture in enumerate(PICTURES)]
SMALL = [small_case(picture, reduced(picture)) for picture in PICTURES]
HOLED = [holed_case(picture, index) for index, picture in enumerate(PICTURES)]


def test_noise_is_that_of_gray_benchmarks_and_the_same_every_time() -> None:
    again = noisy_case(PICTURES[1], 1)
    np.testing.assert_array_equal(NOISY[1].seen, again.seen)
    np.testing.assert_array_equal(again.wanted, gray(PICTURES[1]))
    noise = 255.0 * (again.seen[0] - again.wanted[:, :, 0] / 255.0)
    assert noise.std() == pytest.approx(25.0, rel=0.03)


def test_a_small_picture_is_scored_on_what_it_shows() -> None:
    case = small_case(scene(0, 99, 83), reduced(PICTURES[0]))
    assert (case.seen.shape, case.wanted.shape) == ((3, 20, 24), (80, 96, 3))


def test_a_hole_is_the_same_every_time_and_nothing_of_it_is_told() -> None:
    again = holed_case(PICTURES[1], 1)
    assert again.hole is not None
    np.testing.assert_array_equal(HOLED[1].seen, again.seen)
    np.testing.assert_array_equal(again.seen[3] == 1.0, again.hole)
    assert again.seen[:3, again.hole].max() == 0.0


def test_who_restores_everything_has_nothing_left_to_gain() -> None:
    truths = iter([*NOISY, *SMALL, *HOLED])

    def knowing(seen: Planes) -> Planes:
        case = next(truths)
        np.testing.assert_array_equal(case.seen, seen)
        return np.moveaxis(case.wanted, 2, 0).astype(np.float32) / 255.0

    for of_cases, cases in (
        (scores.score_denoising, NOISY),
        (scores.score_resolution, SMALL),
        (scores.score_inpainting, HOLED),
    ):
        found = of_cases(cases, knowing)
        assert found.psnr_db == np.inf
        assert found.ssim == pytest.approx(1.0)


def test_what_needs_no_training_does_something() -> None:
    given, denoised = (scores.score_denoising(NOISY, restore) for restore in UNTRAINED["denoising"].values())
    assert given.psnr_db == pytest.approx(20.3, abs=0.4)
    assert denoised.psnr_db > given.psnr_db + 3.0
    large = scores.score_resolution(SMALL, UNTRAINED["super-resolution"]["bicubic"])
    repeated = scores.score_resolution(SMALL, lambda seen: seen.repeat(4, 1).repeat(4, 2))
    assert large.psnr_db > repeated.psnr_db
    fillers = UNTRAINED["inpainting"].values()
    mean, *smooth = (scores.score_inpainting(HOLED, restore).psnr_db for restore in fillers)
    assert len(smooth) == 2
    assert min(smooth) > mean + 3.0


def test_what_is_known_stays_in_a_picture_that_is_filled() -> None:
    case = HOLED[0]
    assert case.hole is not None
    for restore in UNTRAINED["inpainting"].values():
        made = scores.restored(case, restore)
        np.testing.assert_array_equal(made[~case.hole], case.wanted[~case.hole])
