import subprocess
import sys
from importlib.metadata import PackageNotFoundError, files
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import arllie_deploy.pictures
from arllie_deploy.pictures import read_picture
from arllie_deploy.pictures.dark_set import DARK_PICTURES, dark_pictures

FOLDER = Path(arllie_deploy.pictures.__file__).parent / "samples" / "dark"
RENDERER = Path(__file__).parents[2] / "scripts" / "render_dark_set.py"


def _gray(picture: NDArray[np.uint8], height: int, width: int) -> NDArray[np.float64]:
    """The mean of each of height × width blocks of the picture."""
    down, across = picture.shape[0] // height, picture.shape[1] // width
    cut = picture[: down * height, : across * width].astype(np.float64)
    means: NDArray[np.float64] = cut.reshape(height, down, width, across, 3).mean(axis=(1, 3, 4))
    return means


def _alike(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """The correlation of the logarithms, so that lamps do not outweigh what they light."""
    return float(np.corrcoef(np.log(one.ravel() + 1), np.log(other.ravel() + 1))[0, 1])


def _mean(picture: NDArray[np.uint8]) -> float:
    return float(picture.mean()) / 255


def test_there_are_eight_in_a_fixed_order_and_no_other_file() -> None:
    assert tuple(dark_pictures()) == DARK_PICTURES
    assert len(DARK_PICTURES) == 8
    assert {path.name for path in FOLDER.iterdir()} == {f"{name}.png" for name in DARK_PICTURES}


@pytest.mark.parametrize("name", DARK_PICTURES)
def test_each_is_an_eight_bit_color_picture_large_enough_for_a_network(name: str) -> None:
    picture = dark_pictures()[name]
    assert picture.dtype == np.uint8
    assert picture.shape == (288, 432, 3)


def test_they_are_read_once_and_cannot_be_changed_by_a_reader() -> None:
    assert dark_pictures() is dark_pictures()
    for picture in dark_pictures().values():
        with pytest.raises(ValueError, match="read-only"):
            picture[0, 0, 0] = 1


def test_all_are_dark_and_they_stand_from_nearly_black_to_dim() -> None:
    means = [_mean(picture) for picture in dark_pictures().values()]
    assert means == sorted(means)
    assert 0.01 < means[0] < 0.03
    assert 0.15 < means[-1] < 0.25
    assert max(np.diff(means)) < 0.1


def test_ranges_measured_on_them_span_everything_a_frame_can_hold() -> None:
    white = [float((picture.min(axis=2) == 255).mean()) for picture in dark_pictures().values()]
    black = [float((picture.max(axis=2) == 0).mean()) for picture in dark_pictures().values()]
    assert sum(0.0005 < share < 0.01 for share in white) >= 4
    assert sum(share > 0.0005 for share in black) >= 4
    assert max(white) < 0.01


def test_the_light_is_warm_in_some_and_cold_in_others() -> None:
    warmth = [float(picture[:, :, 0].mean() / picture[:, :, 2].mean()) for picture in dark_pictures().values()]
    assert sum(ratio > 1.5 for ratio in warmth) >= 2
    assert sum(ratio < 0.8 for ratio in warmth) >= 1


def test_no_two_show_the_same() -> None:
    blocks = [_gray(picture, 18, 27) for picture in dark_pictures().values()]
    assert max(_alike(one, other) for one, other in combinations(blocks, 2)) < 0.8


@pytest.mark.parametrize("name", DARK_PICTURES)
def test_each_has_the_noise_of_a_sensor(name: str) -> None:
    """Where nothing is drawn either, neighbors of one Bayer color differ."""
    picture = dark_pictures()[name].astype(np.float64)
    differences = np.abs(picture[:, 2:] - picture[:, :-2]).mean(axis=2)
    calmest = np.quantile(_gray(np.repeat(differences[:, :, None], 3, axis=2), 18, 27), 0.2)
    assert 0.3 < calmest < 12


def test_their_files_take_no_more_than_two_megabytes() -> None:
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) <= 1_600_000


def test_the_installed_package_has_them() -> None:
    try:
        installed = files("arllie-deploy") or []
    except PackageNotFoundError:
        pytest.skip("the package is not installed regularly: make test")
    names = {str(path) for path in installed}
    assert names >= {f"arllie_deploy/pictures/samples/dark/{name}.png" for name in DARK_PICTURES}


@pytest.mark.parametrize("name", DARK_PICTURES)
def test_the_renderer_draws_what_is_packaged(name: str, tmp_path: Path) -> None:
    """In miniature: a change to a scene that was not rendered again shows."""
    options = ["--out", str(tmp_path), "--only", name, "--width", "54", "--side", "1"]
    subprocess.run([sys.executable, str(RENDERER), *options], check=True, timeout=120)
    small, picture = read_picture(tmp_path / f"{name}.png").pixels, dark_pictures()[name]
    assert small.shape == (36, 54, 3)
    assert _alike(_gray(small, 9, 18), _gray(picture, 9, 18)) > 0.9
    assert _mean(small) == pytest.approx(_mean(picture), rel=0.15)
