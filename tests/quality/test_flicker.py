import json
import math

import numpy as np
import pytest
from support.picture_files import random_pixels, smooth_pixels

from arllie_deploy.errors import ArllieError
from arllie_deploy.quality.flicker import flicker

SCENE = 2000 + smooth_pixels(24, 30).astype(np.uint16) * 20


def _noisy(count: int = 8, spread: float = 100.0) -> list[tuple[str, np.ndarray]]:
    rng = np.random.default_rng(0)
    return [(f"{i}.png", np.rint(SCENE + rng.normal(0, spread, SCENE.shape)).astype(np.uint16)) for i in range(count)]


def _same(frame: np.ndarray) -> np.ndarray:
    return frame


def test_two_flat_frames_have_the_known_deviation() -> None:
    clip = [("a", np.full((4, 5, 3), 51, np.uint8)), ("b", np.full((4, 5, 3), 102, np.uint8))]
    found = flicker(clip, _same)
    assert (found.frames, found.gain) == (2, 1.0)
    for part in (found.frame, found.pixel):
        assert (part.input, part.output) == pytest.approx((0.1, 0.1), abs=1e-12)
        assert part.ratio == pytest.approx(1.0)


def test_the_deviations_are_numpys() -> None:
    clip = _noisy()
    frames = np.stack([frame for _, frame in clip]) / 65535
    found = flicker(clip, lambda frame: frame // 2)
    assert found.pixel.input == pytest.approx(math.sqrt(frames.var(axis=0).mean()), rel=1e-9)
    lumas = (frames @ [0.2126, 0.7152, 0.0722]).mean(axis=(1, 2))
    assert found.frame.input == pytest.approx(lumas.std(), rel=1e-9)
    halves = np.stack([frame // 2 for _, frame in clip]) / 65535
    assert found.pixel.output == pytest.approx(math.sqrt(halves.var(axis=0).mean()), rel=1e-9)


def test_a_gain_adds_nothing_to_itself() -> None:
    found = flicker(_noisy(), lambda frame: frame * np.uint16(4))
    assert found.gain == pytest.approx(4.0)
    assert (found.frame.ratio, found.pixel.ratio) == pytest.approx((1.0, 1.0), rel=1e-9)


def test_a_gain_that_follows_the_noise_of_the_frame_flickers() -> None:
    frames = iter([3, 5] * 4)
    found = flicker(_noisy(), lambda frame: frame * np.uint16(next(frames)))
    assert found.frame.ratio > 50.0


def test_a_steady_output_has_0() -> None:
    found = flicker(_noisy(), lambda frame: SCENE)
    assert (found.frame.output, found.frame.ratio, found.pixel.ratio) == (0.0, 0.0, 0.0)
    steady = flicker([("a", SCENE), ("b", SCENE)], _same)
    assert (steady.pixel.input, steady.pixel.ratio) == (0.0, 0.0)


def test_movement_of_a_steady_or_black_clip_is_null_in_json() -> None:
    outputs = iter([SCENE, SCENE + np.uint16(1)])
    found = flicker([("a", SCENE), ("b", SCENE)], lambda frame: next(outputs))
    assert found.frame.ratio == found.pixel.ratio == math.inf
    black = flicker([("a", np.zeros_like(SCENE))] * 2, _same)
    assert math.isnan(black.gain)
    assert json.loads(json.dumps(found.to_json(), allow_nan=False))["pixel"]["ratio"] is None
    assert json.loads(json.dumps(black.to_json(), allow_nan=False)) == {
        "frames": 2,
        "gain": None,
        "frame": {"input": 0.0, "output": 0.0, "ratio": 0.0},
        "pixel": {"input": 0.0, "output": 0.0, "ratio": 0.0},
    }


def test_frames_come_in_order_and_once() -> None:
    clip, seen = _noisy(), []
    flicker(clip, lambda frame: seen.append(frame) or frame)
    assert [id(frame) for frame in seen] == [id(frame) for _, frame in clip]


@pytest.mark.parametrize(
    ("clip", "says"),
    [
        ([], "0 frames are no clip"),
        ([("a", random_pixels(3, 4))], "1 frame is no clip; give a folder with at least 2"),
        (
            [("a", random_pixels(3, 4)), ("b", random_pixels(4, 3))],
            "picture b: it is 3×4 uint8 and the first frame 4×3",
        ),
        ([("a", random_pixels(3, 4)), ("b", random_pixels(3, 4, np.uint16))], "picture b: it is 4×3 uint16"),
        ([("a", random_pixels(3, 4) / 255)], "picture a: a frame is uint8 or uint16"),
    ],
)
def test_what_is_no_clip_is_refused(clip: list[tuple[str, np.ndarray]], says: str) -> None:
    with pytest.raises(ArllieError, match=says):
        flicker(clip, _same)
