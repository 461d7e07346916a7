from dataclasses import replace

import numpy as np
import pytest
from support.picture_files import random_pixels
from support.pictures import scene
from support.raw_frames import MATRIX, raw_frame

from arllie_deploy.frames import to_unit
from arllie_deploy.quality.psnr import psnr
from arllie_deploy.quality.sensor import NOISELESS
from arllie_deploy.quality.srgb import to_encoded
from arllie_deploy.raw import PATTERNS
from arllie_deploy.raw.develop import Rendering, render
from arllie_deploy.raw.network_planes import network_input, network_target, rendered
from arllie_deploy.raw.packing import mirrored, pack
from arllie_deploy.raw.unprocess import Camera, draw_camera, unprocess

PLAIN = Rendering()


@pytest.mark.parametrize("pattern", PATTERNS)
def test_the_input_is_the_packed_light_clipped_and_encoded(pattern: str) -> None:
    frame = raw_frame(np.random.default_rng(0).integers(0, 1024, (140, 16), np.uint16), pattern=pattern)
    planes = network_input(frame)
    assert planes.dtype == np.float32
    assert planes == pytest.approx(to_encoded(np.clip(pack(frame), 0.0, 1.0)), abs=1e-6)
    assert (planes.min(), planes.max()) == (0.0, 1.0)


@pytest.mark.parametrize("pattern", PATTERNS)
def test_without_noise_the_input_is_the_target_at_the_pixels_of_its_color(pattern: str) -> None:
    picture = np.asarray(scene(0, 32, 24))
    camera = Camera((2.0, 1.0, 1.5), MATRIX, pattern=pattern, bits=16)
    planes = network_input(unprocess(picture, camera, seed=0))
    red, green, blue = network_target(picture, camera)
    sites = (red[::2, ::2], green[::2, 1::2], green[1::2, ::2], blue[1::2, 1::2])
    assert np.abs(planes - np.stack(sites)).max() < 0.004


@pytest.mark.parametrize("seed", range(4))
def test_a_perfect_network_gives_the_picture_back(seed: int) -> None:
    """But for colors that the camera does not have, and highlights, as in unprocessing."""
    picture = (random_pixels(24, 32, np.uint8, seed) // 4 + 96).astype(np.uint8)
    camera = replace(draw_camera(np.random.default_rng(seed)), sensor=NOISELESS, pattern=PATTERNS[seed])
    frame = camera.frame(np.zeros((24, 32), np.uint16))
    made = rendered(network_target(picture, camera), frame, camera.rendering)
    assert psnr(mirrored(made, camera.pattern), picture) > 45.0


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_a_picture_is_rendered_as_the_classical_pipeline_renders_it(dtype: type) -> None:
    rng = np.random.default_rng(0)
    frame, light = raw_frame(color_matrix=MATRIX), rng.random((70, 9, 3))
    output = np.moveaxis(to_encoded(light), 2, 0).astype(np.float32)
    choice = Rendering(exposure=1.5, tone="smoothstep")
    made = rendered(output, frame, choice, dtype)
    assert made.dtype == dtype
    assert to_unit(made) == pytest.approx(render(light, frame, choice), abs=1 / np.iinfo(dtype).max + 1e-5)


def test_what_is_beyond_white_and_black_is_clipped() -> None:
    output = np.array([-0.5, 0.0, 1.0, 2.0], np.float32) * np.ones((3, 1, 1), np.float32)
    made = rendered(output, raw_frame(color_matrix=MATRIX), PLAIN)
    assert made[0, :, 0].tolist() == [0, 0, 255, 255]
