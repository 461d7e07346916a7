"""A network that makes small maps of the whole frame goes over it in tiles, held by maps that it makes before."""

from collections.abc import Callable

import numpy as np
import pytest
from support.networks import packaged_sad_unet
from support.picture_files import random_pixels

from arllie_deploy.media import mapped as mapped_module
from arllie_deploy.media import tiled
from arllie_deploy.media.mapped import frame_maps
from arllie_deploy.media.planes import of_frame
from arllie_deploy.media.strips import enhance_in_strips
from arllie_deploy.runtimes.mapped import MappedNetwork
from arllie_deploy.runtimes.network import OpenedNetwork


@pytest.fixture
def opened() -> OpenedNetwork:
    return OpenedNetwork(packaged_sad_unet(4), 1)


@pytest.fixture
def in_tiles(opened: OpenedNetwork, monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Lets a tile have so many pixels."""

    def limit(pixels: int) -> None:
        assert opened.network.mapped is not None
        monkeypatch.setattr(tiled, "TILE_BYTES", opened.network.mapped.pixel_bytes * pixels)

    return limit


@pytest.mark.parametrize(("dtype", "levels"), [(np.uint8, 1), (np.uint16, 16)])
@pytest.mark.parametrize("size", [(384, 640), (301, 517)])
def test_tiles_of_a_mapped_frame_are_the_whole_frame(
    dtype: type, levels: int, size: tuple[int, int], opened: OpenedNetwork, in_tiles: Callable[[int], None]
) -> None:
    """Sixteen levels of 65536 are the arithmetic of float32."""
    frame = random_pixels(*size, dtype)
    whole = opened.run(frame).astype(int)
    in_tiles(384 * 384)
    shares: list[float] = []
    result = enhance_in_strips(opened, frame, progress=shares.append)
    assert np.abs(result - whole).max() <= levels
    assert len(shares) > 4
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


def test_tiles_with_the_maps_of_another_place_are_not(
    opened: OpenedNetwork, in_tiles: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The test above can fail."""
    frame = (random_pixels(384, 640) * np.linspace(0.0, 1.0, 640)[:, None]).astype(np.uint8)
    whole = opened.run(frame).astype(int)
    in_tiles(384 * 384)
    tile = MappedNetwork.tile
    monkeypatch.setattr(MappedNetwork, "tile", lambda self, maps: tile(self, np.ascontiguousarray(maps[..., ::-1])))
    assert np.abs(enhance_in_strips(opened, frame).astype(int) - whole).max() > 2


def test_a_small_frame_goes_through_at_once(opened: OpenedNetwork, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tiled, "frame_maps", None)
    frame = random_pixels(64, 96)
    assert np.array_equal(enhance_in_strips(opened, frame), opened.run(frame))


def test_maps_do_not_depend_on_the_parts_that_the_first_layer_goes_over(
    opened: OpenedNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    mapped, shares = opened.mapped, []
    assert mapped is not None
    frame = of_frame(random_pixels(250, 380), opened.network.aligned)
    at_once = frame_maps(mapped, frame, lambda _: None)
    monkeypatch.setattr(mapped_module, "_PART_BYTES", 64 * 64 * mapped.facts.first.pixel_bytes)
    assert np.abs(frame_maps(mapped, frame, shares.append) - at_once).max() < 1e-6
    assert len(shares) > 10
    assert shares[-1] == 1.0
