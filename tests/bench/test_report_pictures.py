import io
from base64 import b64decode

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image
from support.pictures import darkened, scene

from arllie_deploy.bench.report_pictures import Gallery, Output, difference_map, gallery

BEFORE, AFTER = darkened(scene(1), 1), scene(1)


def made(*frames: NDArray[np.uint8]) -> dict[int, Output]:
    return {number: Output(frame, AFTER) for number, frame in enumerate(frames)}


def opened(gallery_: Gallery, number: int) -> NDArray[np.uint8]:
    with Image.open(io.BytesIO(b64decode(gallery_.uris[number].partition(",")[2]))) as image:
        return np.asarray(image.convert("RGB"))


def one_off(levels: int, row: int = 5, column: int = 7) -> NDArray[np.uint8]:
    """The reference's frame with one value that is `levels` away."""
    frame = AFTER.copy()
    value = int(frame[row, column, 1])
    frame[row, column, 1] = value + levels if value + levels <= 255 else value - levels
    return frame


@pytest.mark.parametrize(("levels", "shown"), [(0, 0), (1, 32), (3, 96), (7, 224), (8, 255), (100, 255)])
def test_a_level_is_32_in_the_map_and_8_are_white(levels: int, shown: int) -> None:
    found = gallery(BEFORE, AFTER, {4: Output(one_off(levels), AFTER)})
    view = found.views[4]
    assert view.difference is not None
    pixels = opened(found, view.difference)
    assert pixels.shape == AFTER.shape
    assert tuple(pixels[5, 7]) == (shown,) * 3
    assert np.count_nonzero(pixels) == (3 if levels else 0)


@given(st.integers(1, 400), st.integers(1, 60), st.integers(1, 120), st.data())
def test_one_wrong_value_shows_at_every_width(width: int, rows: int, columns: int, data: st.DataObject) -> None:
    reference = np.zeros((rows, columns, 3), np.uint8)
    output = reference.copy()
    place = data.draw(st.tuples(st.integers(0, rows - 1), st.integers(0, columns - 1), st.integers(0, 2)))
    output[place] = 1
    for one, other in ((output, reference), (reference, output)):
        found = difference_map(one, other, width)
        assert found.shape[1] <= width
        assert np.count_nonzero(found) == 1
        assert found.max() == 32


def test_an_engine_that_is_exact_shares_the_references_picture() -> None:
    found = gallery(BEFORE, AFTER, made(AFTER.copy(), AFTER.copy()))
    assert [view.frame for view in found.views.values()] == [1, 1]
    assert len(found.uris) == 3  # dark, enhanced, and one black map
    assert "Equal" in found.views[0].said


def test_the_difference_is_said_in_words() -> None:
    said = gallery(BEFORE, AFTER, made(one_off(3))).views[0].said
    assert "up to 3 of 255 levels" in said


def test_a_frame_of_another_size_has_no_map() -> None:
    view = gallery(BEFORE, AFTER, made(AFTER[:-1])).views[0]
    assert view.difference is None
    height, width, _ = AFTER.shape
    assert f"{width}×{height - 1}, the reference is {width}×{height}" in view.said


def test_pictures_are_at_most_960_wide() -> None:
    wide = np.zeros((30, 2000, 3), np.uint8)
    found = gallery(wide, wide, {0: Output(wide, wide)})
    assert opened(found, 0).shape == (14, 960, 3)
    assert opened(found, 2).shape[1] <= 960
    assert found.width == 960


def made_of(noise: NDArray[np.uint8]) -> dict[int, Output]:
    return {number: Output(frame, noise[1]) for number, frame in enumerate(noise)}


def test_what_nobody_can_judge_has_no_map_and_says_why() -> None:
    view = gallery(BEFORE, AFTER, {0: Output(AFTER, None, "its weights are random")}).views[0]
    assert view.difference is None
    assert view.said == "Compared with nothing: its weights are random."


def test_two_models_that_give_the_same_frame_are_each_compared_with_their_own() -> None:
    views = gallery(BEFORE, AFTER, {0: Output(AFTER, AFTER), 1: Output(AFTER, one_off(3))}).views
    assert views[0].frame == views[1].frame
    assert views[0].difference != views[1].difference


def test_many_pictures_become_narrower_until_they_fit() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (6, 90, 960, 3), np.uint8)
    roomy = gallery(noise[0], noise[1], made_of(noise), 10_000_000)
    tight = gallery(noise[0], noise[1], made_of(noise), 200_000)
    assert roomy.width == 960
    assert tight.width < 960
    assert sum(map(len, tight.uris)) <= 200_000
    assert (roomy.left_out, tight.left_out) == ((), ())


def test_what_never_fits_is_left_out_and_named() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (30, 160, 160, 3), np.uint8)
    found = gallery(noise[0], noise[1], made_of(noise), 200_000)
    assert sum(map(len, found.uris)) <= 200_000
    assert found.left_out
    assert sorted([*found.views, *found.left_out]) == list(range(30))
