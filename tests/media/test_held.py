"""A network that looks at the whole frame goes over it in tiles, held by means that it takes before."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from support.networks import packaged_lw_isp
from support.picture_files import random_pixels

from arllie_deploy.media import held as held_module
from arllie_deploy.media import tiled
from arllie_deploy.media.held import frame_values
from arllie_deploy.media.planes import of_frame
from arllie_deploy.media.strips import enhance_in_strips
from arllie_deploy.networks.network import Network
from arllie_deploy.runtimes.held import HeldNetwork
from arllie_deploy.runtimes.network import OpenedNetwork, OpenedPlanes


def fading(height: int, width: int, dtype: type = np.uint8) -> NDArray[Any]:
    """Dark on the left, bright on the right: the means of a part are not those of the whole."""
    return (random_pixels(height, width, dtype) * np.linspace(0.0, 1.0, width)[:, None]).astype(dtype)


def held_of(opened: OpenedPlanes) -> HeldNetwork:
    assert opened.held is not None
    return opened.held


@pytest.fixture
def opened() -> OpenedNetwork:
    return OpenedNetwork(packaged_lw_isp("enhancement"), 1)


@pytest.fixture
def in_tiles(monkeypatch: pytest.MonkeyPatch) -> Callable[[Network, int], None]:
    """Lets a tile of a network have so many pixels."""

    def limit(network: Network, pixels: int) -> None:
        assert network.held is not None
        monkeypatch.setattr(tiled, "TILE_BYTES", network.held.pixel_bytes * pixels)

    return limit


@pytest.mark.parametrize(("dtype", "levels"), [(np.uint8, 1), (np.uint16, 16)])
def test_tiles_of_a_held_frame_are_the_whole_frame(
    dtype: type, levels: int, opened: OpenedNetwork, in_tiles: Callable[[Network, int], None]
) -> None:
    """Sixteen levels of 65536 are the arithmetic of float32."""
    frame = fading(70, 620, dtype)
    whole = opened.run(frame).astype(int)
    in_tiles(opened.network, 70 * 320)
    shares: list[float] = []
    result = enhance_in_strips(opened, frame, progress=shares.append)
    assert np.abs(result - whole).max() <= levels
    assert len(shares) > 5 + 3
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


def test_tiles_that_are_not_held_have_seams(
    opened: OpenedNetwork, in_tiles: Callable[[Network, int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The test above can fail: by their own means, tiles are others."""
    frame = fading(70, 620)
    whole = opened.run(frame).astype(int)
    in_tiles(opened.network, 70 * 320)
    monkeypatch.setattr(HeldNetwork, "tiles", lambda *_: opened)
    assert np.abs(enhance_in_strips(opened, frame).astype(int) - whole).max() > 2


def test_a_small_frame_goes_through_at_once(opened: OpenedNetwork, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tiled, "frame_values", None)
    frame = fading(64, 96)
    assert np.array_equal(enhance_in_strips(opened, frame), opened.run(frame))


def test_maps_that_are_too_large_to_keep_are_made_anew(opened: OpenedNetwork, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(held_module, "_PART_BYTES", 33 * 64 * 64)
    frame = of_frame(fading(150, 210), opened.network.aligned)
    shares: list[float] = []
    held = held_of(opened)
    # All maps fit, all but the first, only the last that is kept, none.
    found = [frame_values(held, frame, shares.append, most) for most in (10**9, 50_000, 9_000, 0)]
    assert shares == [1 / 5, 2 / 5, 3 / 5, 4 / 5, 1.0] * 4
    for values in found[1:]:
        assert np.abs(values - found[0]).max() < 1e-6
    monkeypatch.setattr(held_module, "_PART_BYTES", 10**9)
    assert np.abs(frame_values(held, frame, shares.append) - found[0]).max() < 1e-6
    assert np.abs(found[0]).max() > 0.1


@pytest.mark.slow
def test_four_megapixels_in_tiles_are_the_whole_frame(
    opened: OpenedNetwork, in_tiles: Callable[[Network, int], None]
) -> None:
    frame = fading(2000, 2000)
    in_tiles(opened.network, 2000 * 2000)
    whole = enhance_in_strips(opened, frame).astype(int)
    in_tiles(opened.network, 700 * 700)
    result = enhance_in_strips(opened, frame).astype(int)
    assert np.abs(result - whole).max() <= 1
