import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.networks import packaged_ladder, packaged_sad_unet
from support.picture_files import random_pixels

from arllie_deploy.errors import ArllieError
from arllie_deploy.media import strips as strips_module
from arllie_deploy.media import tiled
from arllie_deploy.media.opener import opener_for_pictures
from arllie_deploy.media.parts import tiles
from arllie_deploy.media.strips import enhance_in_strips
from arllie_deploy.runtimes import OpenedModel

sides = st.integers(1, 300)


@given(sides, sides, st.sampled_from([1, 4, 32]), st.integers(0, 3), st.integers(1, 40_000))
def test_tiles_cover_the_frame_once_with_their_surroundings(
    height: int, width: int, alignment: int, steps: int, most_pixels: int
) -> None:
    context = steps * alignment
    times = np.zeros((height, width), int)
    for part in tiles(height, width, alignment, context, most_pixels):
        times[part.inner] += 1
        assert times[part.outer][part.within].shape == times[part.inner].shape
        for inner, outer, length in zip(part.inner, part.outer, (height, width), strict=True):
            assert inner.start % alignment == outer.start % alignment == 0
            assert outer.start == max(inner.start - context, 0)
            assert outer.stop == min(inner.stop + context, length)
    assert (times == 1).all()


def test_the_cheapest_grid_that_fits_is_taken() -> None:
    whole = tiles(1080, 1920, 32, 192, 3_000_000)
    assert [part.inner for part in whole] == [(slice(0, 1080), slice(0, 1920))]
    halves = tiles(1080, 1920, 32, 192, 1_300_000)
    assert [part.inner[1] for part in halves] == [slice(0, 960), slice(960, 1920)]
    many = tiles(4000, 6000, 32, 192, 1_000_000)
    areas = [(p.outer[0].stop - p.outer[0].start) * (p.outer[1].stop - p.outer[1].start) for p in many]
    assert max(areas) <= 1_000_000
    assert sum(areas) <= 2.5 * 4000 * 6000


def test_where_nothing_fits_the_smallest_tiles_are_taken() -> None:
    assert {part.pixels for part in tiles(256, 256, 32, 32, 10)} == {32 * 32}


def opened() -> OpenedModel:
    return opener_for_pictures(packaged_ladder(), "auto", 1)(random_pixels(8, 8))


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize(("height", "width"), [(70, 93), (64, 33)])
def test_tiles_of_a_network_are_the_whole_frame(
    height: int, width: int, dtype: type, monkeypatch: pytest.MonkeyPatch
) -> None:
    frame, model = random_pixels(height, width, dtype), opened()
    whole = model.run(frame).astype(int)
    figures = packaged_ladder().figures
    assert figures is not None
    monkeypatch.setattr(tiled, "TILE_BYTES", figures.pixel_bytes * 40 * 40)
    shares: list[float] = []
    result = enhance_in_strips(model, frame, progress=shares.append)
    assert len(shares) >= 2
    assert shares[-1] == 1.0
    assert np.abs(result - whole).max() <= 1


def test_tiles_of_sad_unet_are_the_whole_frame(monkeypatch: pytest.MonkeyPatch) -> None:
    network = packaged_sad_unet()
    assert network.figures is not None
    assert network.figures.context == 192
    frame, model = random_pixels(230, 500), opener_for_pictures(network, "auto", 1)(random_pixels(32, 32))
    whole = model.run(frame).astype(int)
    monkeypatch.setattr(tiled, "TILE_BYTES", network.figures.pixel_bytes * 230 * 400)
    shares: list[float] = []
    assert np.abs(enhance_in_strips(model, frame, progress=shares.append) - whole).max() <= 1
    assert len(shares) >= 3


def test_a_tile_that_sees_too_little_would_show(monkeypatch: pytest.MonkeyPatch) -> None:
    """The test above can fail: without context the seams are there."""
    frame, model = random_pixels(70, 93), opened()
    parts = tiles(70, 93, 4, 0, 40 * 40)
    monkeypatch.setattr(strips_module, "_parts", lambda *_: parts)
    assert np.abs(enhance_in_strips(model, frame).astype(int) - model.run(frame)).max() > 1


def test_a_picture_below_the_smallest_size_is_refused() -> None:
    with pytest.raises(ArllieError, match="the picture is 40×7 and this network takes sides of at least 8 pixels"):
        enhance_in_strips(opened(), random_pixels(7, 40))


def test_a_network_runs_in_its_own_runtime_only() -> None:
    with pytest.raises(ArllieError, match="runtime numpy opens no network of many layers; use --runtime onnxruntime"):
        opener_for_pictures(packaged_ladder(), "numpy", 1)
