from pathlib import Path

import numpy as np
import pytest
from support.enhancers import random_enhancer

from arllie_deploy import ArllieError
from arllie_deploy.convolution import convolve_3x3
from arllie_deploy.export.calibration import MOST_FRAMES, Calibration, brightness_warning, load_frames, observe
from arllie_deploy.export.graph import Convolution, build_graph
from arllie_deploy.frames import to_unit
from arllie_deploy.pictures.codecs import write_picture
from arllie_deploy.pictures.dark_set import dark_pictures
from arllie_deploy.pictures.picture import Picture


def save_levels(folder: Path, levels: list[int]) -> None:
    folder.mkdir(exist_ok=True)
    for number, level in enumerate(levels):
        write_picture(folder / f"{number:03}.png", Picture(np.full((4, 6, 3), level, np.uint8)))


def test_without_a_folder_the_packaged_set_is_used() -> None:
    assert len(load_frames(None)) == 8
    assert brightness_warning(load_frames(None)) is None


def test_more_pictures_than_needed_are_drawn_the_same_way_every_time(tmp_path: Path) -> None:
    save_levels(tmp_path, list(range(MOST_FRAMES + 20)))
    first, second = ([int(frame[0, 0, 0]) for frame in load_frames(tmp_path)] for _ in range(2))
    assert first == second
    assert len(first) == MOST_FRAMES
    assert first != list(range(MOST_FRAMES))


def test_sixteen_bits_become_eight(tmp_path: Path) -> None:
    write_picture(tmp_path / "a.png", Picture(np.full((4, 6, 3), 0x1234, np.uint16)))
    [frame] = load_frames(tmp_path)
    assert (frame.dtype, int(frame[0, 0, 0])) == (np.uint8, 0x12)


def test_a_large_photograph_is_looked_at_in_a_window(tmp_path: Path) -> None:
    write_picture(tmp_path / "a.png", Picture(np.zeros((1500, 1200, 3), np.uint8)))
    assert load_frames(tmp_path)[0].shape == (1024, 1024, 3)


def test_bright_pictures_only_are_warned_of(tmp_path: Path) -> None:
    save_levels(tmp_path / "bright", [120, 200])
    save_levels(tmp_path / "mixed", [20, 200])
    assert "bright" in str(brightness_warning(load_frames(tmp_path / "bright")))
    assert brightness_warning(load_frames(tmp_path / "mixed")) is None


@pytest.mark.parametrize("percentile", [50.0, 100.1, -1.0, float("nan")])
def test_a_share_that_is_none_is_refused(percentile: float) -> None:
    with pytest.raises(ArllieError, match="above 50 and up to 100"):
        Calibration(None, percentile)


def test_min_max_and_a_percentile_differ_by_the_outliers() -> None:
    graph = build_graph(random_enhancer("direct"))
    frames = list(dark_pictures().values())[:2]
    widest, usual = (observe(graph, frames, percentile).ranges["u"] for percentile in (100.0, 99.0))
    assert widest[0] < usual[0] < usual[1] < widest[1]


def test_the_second_moment_is_that_of_what_the_kernel_sees() -> None:
    """For any kernel, the mean square of the convolution follows from it."""
    graph = build_graph(random_enhancer("plain"))
    convolution = graph.operators[0]
    assert isinstance(convolution, Convolution)
    [frame, *_] = dark_pictures().values()
    seen = observe(graph, [frame], 100.0).second_moment
    enhancer = random_enhancer("plain")
    u = convolve_3x3(to_unit(frame), enhancer.kernel, enhancer.bias)
    for channel in range(3):
        weights = np.append(enhancer.kernel[channel].astype(np.float64).ravel(), enhancer.bias[channel])
        assert weights @ seen @ weights == pytest.approx(np.mean(u[:, :, channel] ** 2))
