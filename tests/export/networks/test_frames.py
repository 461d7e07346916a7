from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from support.networks import network

from arllie_deploy.export.networks import frames
from arllie_deploy.networks.network import Figures


@pytest.mark.parametrize(("alignment", "minimum"), [(1, 1), (2, 8), (16, 16), (32, 96), (24, 300)])
def test_the_network_takes_every_size_of_the_gate(tmp_path: Path, alignment: int, minimum: int) -> None:
    made = network("unet", tmp_path, alignment=alignment, minimum=minimum)
    sizes = frames.parity_sizes(made)
    for size in sizes.values():
        made.check_size(size)
    assert all(side // alignment % 2 == 1 for side in sizes["odd"])
    assert sizes["square"][0] >= 256
    assert sizes["full"] >= (1920, 1080)


def test_an_artifact_of_one_size_is_judged_at_its_own_unless_that_is_large(tmp_path: Path) -> None:
    made = network("unet", tmp_path)
    assert frames.judged_size(made, (320, 192)) == (320, 192)
    assert frames.judged_size(made, (1920, 1080)) == (256, 256)
    scored = network("unet", tmp_path, metric="support.networks:metric")
    assert frames.judged_size(scored, (320, 192)) == (256, 256)


def test_integers_are_judged_and_calibrated_at_their_own_size_wherever_it_can_be_afforded(tmp_path: Path) -> None:
    made = replace(network("unet", tmp_path), figures=Figures(None, 1000, 2000.0, 100))
    assert frames.integer_size(made, (1920, 1080)) == (1920, 1080)
    assert frames.judged_size(made, (1920, 1080)) == (256, 256)
    for figures in (Figures(None, 1000, 200_000.0, 100), Figures(None, 1000, 2000.0, 1000)):
        assert frames.integer_size(replace(made, figures=figures), (1920, 1080)) == (256, 256)
    assert frames.integer_size(replace(made, metric="support.networks:metric"), (1920, 1080)) == (256, 256)


def test_eight_pictures_are_compared(tmp_path: Path) -> None:
    made = network("unet", tmp_path)
    found = list(frames.picture_frames(made, (320, 192)))
    assert len(found) == 8
    for _, frame in found:
        assert frame.shape == (1, 3, 192, 320)
        assert frame.dtype == np.float32
        assert 0.0 <= frame.min() <= frame.max() <= 1.0


@pytest.mark.parametrize(("color", "channels", "order"), [("RGGB", 4, [0, 1, 1, 2]), ("BGR", 3, [2, 1, 0])])
def test_channels_are_the_colors_that_the_network_names(
    tmp_path: Path, color: str, channels: int, order: list[int]
) -> None:
    made = network("unet", tmp_path, color=color, channels=channels)
    picture = np.random.default_rng(0).integers(0, 256, (20, 30, 3), np.uint8)
    frame = frames.as_frame(made, picture, (30, 20))
    assert np.array_equal(frame[0] * np.float32(255), np.moveaxis(picture[:, :, order], 2, 0).astype(np.float32))


def test_a_small_picture_is_continued_by_its_mirror_image(tmp_path: Path) -> None:
    picture = np.arange(4, dtype=np.uint8).reshape(1, 4, 1).repeat(3, 2)
    row = frames.as_frame(network("unet", tmp_path), picture, (10, 2))[0, 0, 1]
    assert np.rint(row * 255).tolist() == [0, 1, 2, 3, 3, 2, 1, 0, 0, 1]
