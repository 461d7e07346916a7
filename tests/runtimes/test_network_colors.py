from dataclasses import replace

import numpy as np
import pytest
from support.light_networks import packaged_light
from support.networks import packaged_ladder
from support.picture_files import random_pixels

from arllie_deploy.errors import ArllieError
from arllie_deploy.export.networks.module import load_module, run_module
from arllie_deploy.networks.held import Held
from arllie_deploy.networks.network import Network
from arllie_deploy.runtimes.network import NetworkReference, OpenedNetwork
from arllie_deploy.runtimes.network_colors import colors_of, refuse_other_frames, takes_mask


def of_module(network: Network, frame: np.ndarray) -> np.ndarray:
    """What torch makes of a frame (height, width, channels), in float64 and with no rounding."""
    planes = np.ascontiguousarray(np.moveaxis(frame, 2, 0)[None].astype(np.float64) / np.iinfo(frame.dtype).max)
    return np.moveaxis(run_module(load_module(network).double(), planes)[0], 0, 2)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_a_gray_network_sees_each_channel_as_a_gray_picture(dtype: type) -> None:
    network, frame = packaged_light("denoising"), random_pixels(17, 22, dtype)
    result, top = OpenedNetwork(network, 1).run(frame), int(np.iinfo(dtype).max)
    expected = np.dstack([of_module(network, frame[:, :, [channel]]) for channel in range(3)])
    assert result.dtype == dtype
    assert np.abs(result - top * expected).max() <= 0.501 + top / 65535 * 0.2
    assert np.abs(NetworkReference(network, 1).reference(frame / top) - expected).max() <= 1e-5
    turned = OpenedNetwork(network, 1).run(np.ascontiguousarray(frame[:, :, ::-1]))
    assert np.array_equal(turned[:, :, ::-1], result)


def test_larger_pictures_have_the_sides_times_the_scale() -> None:
    network, frame = packaged_light("super-resolution"), random_pixels(17, 22)
    result = OpenedNetwork(network, 1).run(frame)
    assert result.shape == (68, 88, 3)
    assert np.abs(result - 255 * of_module(network, frame)).max() <= 0.51


def test_a_frame_with_a_mask_gives_a_picture() -> None:
    network = packaged_light("inpainting")
    frame = np.dstack((random_pixels(20, 24), np.zeros((20, 24), np.uint8)))
    frame[4:9, 5:11, 3] = 255
    result = OpenedNetwork(network, 1).run(frame)
    assert result.shape == (20, 24, 3)
    assert np.abs(result - 255 * of_module(network, frame)).max() <= 0.51
    assert takes_mask(network)
    assert not takes_mask(packaged_ladder())


def test_a_gray_network_with_values_of_the_whole_frame_is_refused() -> None:
    """Each channel would have its own ones."""
    held = replace(packaged_light("denoising"), held=Held(0, 0, ()))
    with pytest.raises(ArllieError, match="no frames of pictures"):
        colors_of(held)


@pytest.mark.parametrize(
    ("task", "says"), [("super-resolution", "4 times the sides"), ("inpainting", "takes a mask with each picture")]
)
def test_what_cannot_be_compared_with_its_frame_is_refused(task: str, says: str) -> None:
    refuse_other_frames(packaged_light("denoising"), "here")
    with pytest.raises(ArllieError, match=f"^here: light-{task} .*{says}"):
        refuse_other_frames(packaged_light(task), "here")
    with pytest.raises(ArllieError, match=says):
        NetworkReference(packaged_light(task), 1)
