import numpy as np
import pytest
from support.enhancers import random_adaptive, random_enhancer

from arllie_deploy.media.opener import opener_for_clip, opener_for_pictures
from arllie_deploy.media.strips import enhance_in_strips
from arllie_deploy.pictures.night import night_picture

NIGHT = night_picture()


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_an_adaptive_model_is_conditioned_on_the_whole_frame(dtype: type) -> None:
    """In strips too: a model conditioned on each strip would leave seams."""
    model, frame = random_adaptive(), NIGHT.astype(dtype)
    opened = opener_for_pictures(model, "numpy", 1)(frame)
    expected = model.for_frame(frame).enhance(frame)
    np.testing.assert_array_equal(enhance_in_strips(opened, frame, rows=7), expected)


def test_a_fixed_model_is_opened_once_per_type() -> None:
    opener = opener_for_pictures(random_enhancer(), "numpy", 1)
    assert opener(NIGHT) is opener(NIGHT // 2)
    assert opener(NIGHT) is not opener(NIGHT.astype(np.uint16))


def test_the_frames_of_a_clip_share_what_was_seen() -> None:
    model = random_adaptive()
    opener = opener_for_clip(model, "numpy", 1)
    brighter = np.round(NIGHT * 1.15).clip(0, 255).astype(np.uint8)
    np.testing.assert_array_equal(opener(NIGHT).run(NIGHT), model.for_frame(NIGHT).enhance(NIGHT))
    following = opener(brighter).run(brighter)
    assert not np.array_equal(following, model.for_frame(brighter).enhance(brighter))


def test_a_cut_in_a_clip_is_seen_as_a_new_picture() -> None:
    model = random_adaptive()
    opener = opener_for_clip(model, "numpy", 1)
    opener(NIGHT)
    day = np.full_like(NIGHT, 180)
    np.testing.assert_array_equal(opener(day).run(day), model.for_frame(day).enhance(day))


def test_a_fixed_model_takes_clips_as_pictures() -> None:
    opener = opener_for_clip(random_enhancer(), "numpy", 1)
    assert opener(NIGHT) is opener(NIGHT)
