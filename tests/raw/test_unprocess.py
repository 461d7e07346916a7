import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.picture_files import random_pixels
from support.pictures import scene
from support.raw_frames import MATRIX

from arllie_deploy.errors import ArllieError
from arllie_deploy.frames import to_frame, to_unit
from arllie_deploy.quality.psnr import psnr
from arllie_deploy.quality.sensor import NOISELESS, PHONE, Sensor
from arllie_deploy.quality.srgb import to_encoded, to_linear
from arllie_deploy.raw import PATTERNS
from arllie_deploy.raw.develop import TONES, Rendering, develop, render
from arllie_deploy.raw.packing import pack
from arllie_deploy.raw.unprocess import Camera, camera_light, draw_camera, draw_noise, mosaicked, unprocess

SEEDS = st.integers(0, 2**32 - 1)
PLAIN = Camera((2.0, 1.0, 1.5), MATRIX)


def _quiet_camera(seed: int, bits: int = 14) -> Camera:
    camera = draw_camera(np.random.default_rng(seed))
    return replace(camera, sensor=NOISELESS, bits=bits, black=float(1 << (bits - 4)))


def _white_balanced(color: np.ndarray, camera: Camera) -> np.ndarray:
    """What a color of the picture is for the camera after its white balance."""
    linear = to_linear(TONES[camera.rendering.tone].inverse(to_unit(color)))
    return np.asarray(linear @ np.linalg.inv(np.asarray(camera.color_matrix)).T)


@given(SEEDS, st.tuples(*[st.integers(0, 255)] * 3))
def test_a_flat_color_comes_back(seed: int, color: tuple[int, int, int]) -> None:
    camera = _quiet_camera(seed)
    frame = np.broadcast_to(np.array(color, np.uint8), (4, 6, 3))
    light = _white_balanced(frame[0, 0], camera)
    back = develop(unprocess(frame, camera, seed=0), camera.rendering)
    if light.min() >= 0.0 and light.max() <= 0.9:
        # Within the camera's colors and below its highlights: within one level at 14 bits.
        assert np.abs(back.astype(int) - frame).max() <= 1
    # Wherever it was, all pixels are of one color.
    assert (back == back[0, 0]).all()


@given(SEEDS)
def test_colors_without_a_mosaic_come_back_exactly(seed: int) -> None:
    camera = _quiet_camera(seed)
    frame = random_pixels(8, 8, np.uint16, seed)
    light = camera_light(frame, camera) * np.asarray(camera.white_balance)
    raw = camera.frame(np.zeros((4, 4), np.uint16))
    back = render(np.clip(light, 0.0, 1.0), raw, camera.rendering)
    before = _white_balanced(frame, camera)
    kept = (before.min(axis=2) >= 0.0) & (before.mean(axis=2) <= 0.9) & (before.max(axis=2) <= 1.0)
    assert back[kept] == pytest.approx(to_unit(frame)[kept], abs=1e-9)


@given(SEEDS)
def test_white_stays_white_and_black_stays_black(seed: int) -> None:
    camera = _quiet_camera(seed, bits=10)
    for level in (0, 255):
        frame = np.full((4, 4, 3), level, np.uint8)
        assert (develop(unprocess(frame, camera, seed=0), camera.rendering) == level).all()


@given(SEEDS, st.floats(0.9, 1.0))
def test_gray_highlights_never_come_back_darker(seed: int, light: float) -> None:
    camera = _quiet_camera(seed)
    encoded = np.full((4, 4, 3), np.round(255 * light), np.uint8)
    back = develop(unprocess(encoded, camera, seed=0), camera.rendering)
    assert (back.astype(int) >= encoded.astype(int) - 1).all()


@pytest.mark.parametrize(("light", "red"), [(0.5, 0.25), (0.9, 0.45), (0.95, 0.95 * (0.25 + 0.75 * 0.5)), (1.0, 1.0)])
def test_the_gains_fade_out_towards_white(light: float, red: float) -> None:
    camera = replace(PLAIN, rendering=Rendering())
    frame = to_frame(to_encoded(np.full((4, 4, 3), light)), np.uint16)
    assert camera_light(frame, camera)[..., 0] == pytest.approx(red, abs=1e-3)


@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_scene_comes_back_but_for_what_the_mosaic_leaves_out(pattern: str) -> None:
    picture = scene(4, 96, 80)
    camera = replace(_quiet_camera(5), pattern=pattern)
    light = camera_light(picture, camera)
    recorded = unprocess(picture, camera, seed=0)
    assert recorded.mosaic.shape == picture.shape[:2]
    # What the mosaic keeps is the light of the picture, to half a step of the sensor.
    kept = (recorded.mosaic - camera.black) / (camera.white - camera.black)
    assert np.abs(kept - mosaicked(light, pattern)).max() <= 0.5 / (camera.white - camera.black) + 1e-12
    back = develop(recorded, camera.rendering)
    assert psnr(back, picture) > 26.0


def test_the_mosaic_takes_each_color_at_its_filter() -> None:
    light = np.broadcast_to(np.array([0.1, 0.2, 0.3]), (4, 6, 3))
    levels = {"R": 0.1, "G": 0.2, "B": 0.3}
    for pattern in PATTERNS:
        expected = np.array([levels[name] for name in pattern]).reshape(2, 2)
        assert (mosaicked(light, pattern) == np.tile(expected, (2, 3))).all()


@pytest.mark.parametrize("level", [30, 90, 170])
@pytest.mark.parametrize("sensor", [PHONE, Sensor(0.01, 0.004), Sensor(0.0, 0.01)])
def test_the_noise_has_the_variance_of_the_law(sensor: Sensor, level: int) -> None:
    camera = replace(PLAIN, sensor=sensor, bits=14, black=2048.0)
    picture = np.full((400, 400, 3), level, np.uint8)
    light = pack(replace(unprocess(picture, replace(camera, sensor=NOISELESS), seed=0), white_balance=(1.0, 1.0, 1.0)))
    noisy = pack(replace(unprocess(picture, camera, seed=3), white_balance=(1.0, 1.0, 1.0)))
    for signal, plane in zip(light[:, 0, 0], noisy, strict=True):
        variance = sensor.shot * float(signal) + sensor.read**2
        deviation = math.sqrt(variance / plane.size)
        assert abs(float(plane.mean(dtype=np.float64)) - float(signal)) < 5 * deviation + 1e-4
        assert float(plane.var(dtype=np.float64)) == pytest.approx(variance, rel=0.06, abs=1e-8)


def test_the_seed_decides_the_noise_and_nothing_else_does() -> None:
    picture, camera = scene(1), replace(PLAIN, sensor=PHONE)
    first = unprocess(picture, camera, seed=7).mosaic.tobytes()
    assert unprocess(picture.copy(), camera, seed=7).mosaic.tobytes() == first
    assert unprocess(picture, camera, seed=[7]).mosaic.tobytes() == first
    assert unprocess(picture, camera, seed=8).mosaic.tobytes() != first
    quiet = replace(camera, sensor=NOISELESS)
    assert (unprocess(picture, quiet, seed=7).mosaic == unprocess(picture, quiet, seed=8).mosaic).all()


def test_the_frame_knows_its_camera() -> None:
    frame = unprocess(scene(1), replace(PLAIN, pattern="BGGR", bits=10, black=64.0), seed=0)
    assert (frame.pattern, frame.white, frame.black) == ("BGGR", 1023.0, (64.0,) * 4)
    assert (frame.white_balance, frame.color_matrix) == ((2.0, 1.0, 1.5), MATRIX)


@given(SEEDS)
def test_drawn_cameras_are_within_the_ranges_of_the_paper(seed: int) -> None:
    camera = draw_camera(np.random.default_rng(seed))
    red, green, blue = camera.white_balance
    assert 1.9 <= red <= 2.4
    assert green == 1.0
    assert 1.5 <= blue <= 1.9
    assert 1.0 <= camera.rendering.exposure < 4.0
    assert 1e-4 <= camera.sensor.shot <= 0.012
    assert 0.0 < camera.sensor.read < 0.1
    assert camera == draw_camera(np.random.default_rng(seed))


def test_drawn_read_noise_follows_the_shot_noise_as_in_the_paper() -> None:
    rng = np.random.default_rng(0)
    drawn = [draw_noise(rng) for _ in range(500)]
    rest = [2 * math.log(sensor.read) - 2.18 * math.log(sensor.shot) for sensor in drawn]
    assert np.mean(rest) == pytest.approx(1.20, abs=0.04)
    assert np.std(rest) == pytest.approx(0.26, abs=0.03)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"bits": 9}, "9 bits a value"),
        ({"black": 2048.0}, "the black level is 2048; give 0 to half of 4095"),
        ({"black": -1.0}, "the black level is -1"),
        ({"pattern": "XXXX"}, "unknown Bayer order"),
        ({"white_balance": (0.0, 1.0, 1.0)}, "three gains above 0"),
        ({"color_matrix": ((2.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))}, "the rows of the color matrix"),
    ],
)
def test_cameras_that_there_are_not_are_refused(change: dict[str, object], says: str) -> None:
    with pytest.raises(ArllieError, match=says):
        replace(PLAIN, **change)


@pytest.mark.parametrize(
    ("picture", "says"),
    [
        (np.zeros((5, 4, 3), np.uint8), "4×5: both sides must be even"),
        (np.zeros((4, 4), np.uint8), "a frame has shape"),
        (np.zeros((4, 4, 3)), "a frame is uint8 or uint16"),
    ],
)
def test_pictures_that_make_no_mosaic_are_refused(picture: np.ndarray, says: str) -> None:
    with pytest.raises(ArllieError, match=says):
        unprocess(picture, PLAIN, seed=0)


def test_the_rendering_of_a_camera_may_be_plain() -> None:
    camera = replace(PLAIN, rendering=Rendering(), bits=14, black=1024.0)
    picture = np.full((4, 4, 3), 120, np.uint8)
    assert np.abs(develop(unprocess(picture, camera, seed=0)).astype(int) - picture).max() <= 1
