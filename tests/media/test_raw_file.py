from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from support.networks import packaged_ladder, packaged_lw_isp
from support.raw_frames import MATRIX, random_mosaic, raw_frame

from arllie_deploy.errors import ArllieError
from arllie_deploy.media import tiled
from arllie_deploy.media.raw_file import Development, develop_file, develop_with_network
from arllie_deploy.pictures import read_picture
from arllie_deploy.pictures.orientation import upright
from arllie_deploy.raw import PATTERNS, RawFrame
from arllie_deploy.raw.develop import Rendering
from arllie_deploy.raw.dng import write_dng
from arllie_deploy.raw.dump import DumpForm
from arllie_deploy.raw.network_planes import network_input, rendered
from arllie_deploy.raw.packing import mirrored
from arllie_deploy.runtimes.network import OpenedPlanes

PLAIN = Rendering()


@pytest.fixture
def opened() -> OpenedPlanes:
    return OpenedPlanes(packaged_lw_isp("raw"), 1)


def frame_of(height: int, width: int, **changes: object) -> RawFrame:
    """Dark on the left, bright on the right."""
    light = np.linspace(0.1, 1.0, width)
    return raw_frame((random_mosaic(height, width) * light).astype(np.uint16), color_matrix=MATRIX, **changes)


@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_frame_is_what_the_network_makes_of_its_planes(pattern: str, opened: OpenedPlanes) -> None:
    frame = frame_of(70, 92, pattern=pattern)
    output = opened.infer(network_input(frame)[None])[0]
    assert output.shape == (3, 70, 92)
    wanted = mirrored(rendered(output, frame, PLAIN), pattern)
    made = develop_with_network(opened, frame, PLAIN)
    assert np.abs(made.astype(int) - wanted).max() <= 1
    assert made.std() > 5.0


@pytest.mark.parametrize("pattern", ["RGGB", "BGGR"])
def test_tiles_of_a_frame_are_the_whole_frame(
    pattern: str, opened: OpenedPlanes, monkeypatch: pytest.MonkeyPatch
) -> None:
    frame = frame_of(90, 1200, pattern=pattern)
    whole = develop_with_network(opened, frame, PLAIN).astype(int)
    assert opened.network.held is not None
    monkeypatch.setattr(tiled, "TILE_BYTES", opened.network.held.pixel_bytes * 45 * 320)
    shares: list[float] = []
    result = develop_with_network(opened, frame, PLAIN, progress=shares.append)
    assert np.abs(result - whole).max() <= 1
    assert len(shares) > 5 + 3
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


def test_exposure_and_tone_are_the_renderings(opened: OpenedPlanes) -> None:
    frame = frame_of(64, 64)
    plain, brighter = (develop_with_network(opened, frame, Rendering(exposure=gain)) for gain in (1.0, 1.5))
    assert brighter.mean() > plain.mean() + 3.0


@pytest.mark.parametrize("orientation", [1, 6])
def test_a_dng_file_is_written_upright_with_sixteen_bits(
    orientation: int, tmp_path: Path, opened: OpenedPlanes
) -> None:
    pytest.importorskip("rawpy", reason="rawpy is not installed: camera files cannot be read")
    frame = frame_of(64, 80, orientation=orientation, black=(64.0,) * 4)
    write_dng(tmp_path / "photo.dng", frame)
    target = tmp_path / "out.png"
    written = develop_file(opened.network, 1, tmp_path / "photo.dng", target, Development(bits=16))
    picture = read_picture(target)
    assert (written.width, written.height, written.bits) == (*picture.size, 16)
    assert picture.size == ((80, 64) if orientation == 1 else (64, 80))
    wanted = upright(develop_with_network(opened, frame, PLAIN, np.uint16), orientation)
    # The levels and the matrix go through the file's rational numbers.
    assert np.abs(picture.pixels.astype(int) - wanted).mean() < 100.0


def test_a_dump_is_developed_and_what_it_lost_is_said(tmp_path: Path, opened: OpenedPlanes) -> None:
    mosaic = random_mosaic(64, 80)
    mosaic[:, :20] = 1023
    (tmp_path / "frame.raw").write_bytes(mosaic.astype("<u2").tobytes())
    said: list[str] = []
    form = DumpForm((80, 64), 10, "bggr", white_balance=(2.0, 1.0, 1.5))
    target = tmp_path / "out.tiff"
    develop_file(opened.network, 1, tmp_path / "frame.raw", target, Development(form), warn=said.append)
    frame = RawFrame(mosaic, "BGGR", 1023.0, white_balance=(2.0, 1.0, 1.5))
    assert np.array_equal(read_picture(target).pixels, develop_with_network(opened, frame, PLAIN))
    assert len(said) == 1
    assert "of the pixels are saturated" in said[0]


def test_a_frame_below_the_smallest_size_is_refused_in_pixels_of_the_sensor(opened: OpenedPlanes) -> None:
    with pytest.raises(ArllieError, match="the frame is 80×60 and this network takes sides of at least 64 pixels"):
        develop_with_network(opened, frame_of(60, 80), PLAIN)


def test_a_network_of_pictures_takes_no_raw_frame() -> None:
    with pytest.raises(ArllieError, match="takes pictures and not the raw frames of a sensor"):
        develop_with_network(OpenedPlanes(packaged_ladder(), 1), frame_of(64, 80), PLAIN)


def test_a_format_that_cannot_hold_the_picture_is_refused_before_any_work(tmp_path: Path) -> None:
    (tmp_path / "frame.raw").write_bytes(random_mosaic(64, 80).astype("<u2").tobytes())
    development = Development(DumpForm((80, 64), 10, "rggb"), bits=16)
    # A file that there is not: it would be missed if the network were opened.
    network = replace(packaged_lw_isp("raw"), weights=tmp_path / "none.safetensors")
    with pytest.raises(ArllieError, match="JPEG holds 8 bits per sample"):
        develop_file(network, 1, tmp_path / "frame.raw", tmp_path / "out.jpg", development)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["frame.raw"]
