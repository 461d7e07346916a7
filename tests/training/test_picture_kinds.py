from collections.abc import Callable

import numpy as np
import pytest
import torch
from support.pictures import scene
from torch.nn import functional

from arllie_deploy import ArllieError
from arllie_deploy.raw.network_planes import network_input, network_target
from arllie_deploy.raw.unprocess import draw_camera, unprocess
from arllie_deploy.training.data import Planes, to_planes
from arllie_deploy.training.noisy_pictures import gray_noisy_planes, noisy_planes
from arllie_deploy.training.picture_kinds import MAKERS, clean_planes, find_maker, packed_planes
from arllie_deploy.training.pictures_recipe import KINDS, PAIRS, PicturesRecipe
from arllie_deploy.training.raw_pictures import raw_planes

SIZES = {
    (1, 1): (1, 24, 32),
    (3, 1): (3, 24, 32),
    (3, 4): (3, 6, 8),
    (4, 1): (4, 24, 32),
    (4, 2): (4, 12, 16),
    (12, 2): (12, 12, 16),
}
MADE = [(kind, form) for kind, forms in MAKERS.items() for form in forms]


def noise_of(planes: tuple[Planes, Planes]) -> float:
    """Standard deviation in levels."""
    return float(255.0 * (planes[0] - planes[1]).std())


def test_every_kind_but_pairs_is_made_of_clean_pictures() -> None:
    assert set(MAKERS) | {PAIRS} == set(KINDS)
    assert find_maker(PicturesRecipe(), 3, 1) is None


@pytest.mark.parametrize(("kind", "form"), MADE)
def test_what_is_seen_and_what_is_wanted_fit_the_network(kind: str, form: tuple[int, int]) -> None:
    maker = find_maker(PicturesRecipe(kind, most_sigma=25.0), *form)
    assert maker is not None
    seen, wanted = maker(scene(0, 32, 24), np.random.default_rng(0))
    assert seen.dtype == wanted.dtype == np.float32
    assert (seen.shape, wanted.shape) == (SIZES[form], (min(form[0], 3), 24, 32))
    for planes in (wanted,) if form == (1, 1) else (seen, wanted):
        assert 0.0 <= planes.min() <= planes.max() <= 1.0


@pytest.mark.parametrize(("kind", "form"), MADE)
def test_it_is_a_function_of_the_generator(kind: str, form: tuple[int, int]) -> None:
    maker = find_maker(PicturesRecipe(kind, most_sigma=25.0), *form)
    assert maker is not None
    one, again = (maker(scene(0, 32, 24), np.random.default_rng(3)) for _ in range(2))
    np.testing.assert_array_equal(one[0], again[0])
    np.testing.assert_array_equal(one[1], again[1])


def test_the_noise_is_white_and_as_strong_as_the_recipe_says_in_the_type_of_the_frame() -> None:
    gray = np.full((128, 128, 3), 128, np.uint8)
    noisy, clean = noisy_planes(gray, np.random.default_rng(0), sigmas=(25.0, 25.0))
    np.testing.assert_array_equal(clean, to_planes([gray])[0])
    noise = 255.0 * (noisy - clean)
    np.testing.assert_allclose(noise.std((1, 2)), 25.0, rtol=0.02)
    assert abs(np.corrcoef(noise[0, :, 1:].ravel(), noise[0, :, :-1].ravel())[0, 1]) < 0.03
    np.testing.assert_allclose(255.0 * noisy, np.round(255.0 * noisy), atol=1e-4)
    deep, _ = noisy_planes(gray.astype(np.uint16) * 257, np.random.default_rng(0), sigmas=(25.0, 25.0))
    assert np.abs(255.0 * deep - np.round(255.0 * deep)).max() > 0.1


def test_gray_noise_goes_beyond_what_a_file_holds() -> None:
    dark = np.zeros((128, 128, 3), np.uint8)
    dark[:, :, 1] = 20
    noisy, clean = gray_noisy_planes(dark, np.random.default_rng(0), sigmas=(25.0, 25.0))
    np.testing.assert_allclose(clean, 12 / 255)
    assert 255.0 * (noisy - clean).std() == pytest.approx(25.0, rel=0.02)
    assert abs(255.0 * (noisy - clean).mean()) < 0.6
    assert noisy.min() < 0.0


def test_every_draw_has_its_own_sigma_within_the_bounds() -> None:
    gray, rng = np.full((64, 64, 3), 128, np.uint8), np.random.default_rng(0)
    sigmas = [noise_of(noisy_planes(gray, rng, sigmas=(5.0, 30.0))) for _ in range(30)]
    assert 4.5 < min(sigmas) < 10.0
    assert 25.0 < max(sigmas) < 31.5


def test_a_raw_frame_is_what_the_drawn_camera_records_and_is_wanted_to_see() -> None:
    picture, rng = scene(1, 32, 24), np.random.default_rng(7)
    seen, wanted = raw_planes(picture, np.random.default_rng(7))
    camera = draw_camera(rng)
    np.testing.assert_array_equal(seen, network_input(unprocess(picture, camera, int(rng.integers(2**63)))))
    np.testing.assert_array_equal(wanted, network_target(picture, camera))


def test_cameras_and_noise_differ_between_draws() -> None:
    rng = np.random.default_rng(0)
    first, second = (raw_planes(scene(1, 32, 24), rng) for _ in range(2))
    assert np.abs(first[0] - second[0]).max() > 0.02
    assert np.abs(first[1] - second[1]).max() > 0.002


def test_the_teacher_of_raw_frames_sees_packed_what_their_network_is_to_give() -> None:
    seen, wanted = packed_planes(scene(1, 32, 24), np.random.default_rng(7))
    np.testing.assert_array_equal(wanted, raw_planes(scene(1, 32, 24), np.random.default_rng(7))[1])
    unshuffled = functional.pixel_unshuffle(torch.from_numpy(wanted)[None], 2)[0].numpy()
    np.testing.assert_array_equal(seen, unshuffled)


def test_clean_pictures_are_seen_and_wanted_as_they_are() -> None:
    frame = scene(0)
    seen, wanted = clean_planes(frame, np.random.default_rng(0))
    np.testing.assert_array_equal(seen, to_planes([frame])[0])
    np.testing.assert_array_equal(wanted, seen)


@pytest.mark.parametrize(
    ("kind", "form", "message"),
    [
        (
            "pairs",
            (4, 2),
            "'pairs' is for networks of RGB frames of the same size; this one takes 4 channels at scale 2",
        ),
        ("raw", (3, 1), "'raw' is for networks of 4 channels at scale 2; this one takes 3 channels at scale 1"),
        ("noisy", (4, 2), "'noisy' is for networks of 3 channels at scale 1 or 1 channels at scale 1"),
        ("smaller", (3, 1), "'smaller' is for networks of 3 channels at scale 4"),
        ("holes", (3, 1), "'holes' is for networks of 4 channels at scale 1"),
        ("clean", (4, 2), "'clean' is for networks of 3 channels at scale 1 or 12 channels at scale 2"),
    ],
)
def test_a_kind_that_the_network_does_not_take_is_refused(kind: str, form: tuple[int, int], message: str) -> None:
    with pytest.raises(ArllieError, match=message):
        find_maker(PicturesRecipe(kind), *form)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: PicturesRecipe("jpeg"), "pictures.kind is 'jpeg'; known: pairs, noisy, raw, clean, smaller, holes"),
        (lambda: PicturesRecipe("noisy", 30.0, 25.0), "pictures.least_sigma is 30.0, expected 0.0 to 25.0"),
        (lambda: PicturesRecipe("noisy", 0.0, 300.0), "pictures.most_sigma is 300.0"),
    ],
)
def test_a_section_with_a_wrong_value_is_refused(make: Callable[[], PicturesRecipe], message: str) -> None:
    with pytest.raises(ArllieError, match=message):
        make()
