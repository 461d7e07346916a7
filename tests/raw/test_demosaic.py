from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from arllie_deploy.raw.demosaic import DEMOSAICS, bilinear, malvar, with_margin

Float64 = NDArray[np.float64]
BOTH = pytest.mark.parametrize("demosaic", DEMOSAICS.values(), ids=DEMOSAICS)


def _mosaic(rgb: Float64) -> Float64:
    mosaic = rgb[:, :, 1].copy()
    mosaic[0::2, 0::2] = rgb[0::2, 0::2, 0]
    mosaic[1::2, 1::2] = rgb[1::2, 1::2, 2]
    return mosaic


def _padded(mosaic: Float64) -> Float64:
    return np.pad(mosaic, 2, mode="reflect")


@BOTH
def test_one_color_everywhere_comes_back(demosaic: Callable[[Float64], Float64]) -> None:
    color = np.array([0.2, 0.5, 0.9])
    rgb = demosaic(_padded(_mosaic(np.broadcast_to(color, (8, 10, 3)))))
    assert rgb == pytest.approx(np.broadcast_to(color, (8, 10, 3)))


@BOTH
def test_a_plane_of_gray_comes_back_away_from_the_border(demosaic: Callable[[Float64], Float64]) -> None:
    rows, columns = np.mgrid[0:12, 0:14]
    gray = np.repeat((0.1 + 0.02 * rows + 0.03 * columns)[:, :, None], 3, axis=2)
    rgb = demosaic(_padded(_mosaic(gray)))
    assert rgb[2:-2, 2:-2] == pytest.approx(gray[2:-2, 2:-2])


@BOTH
def test_what_was_measured_is_kept(demosaic: Callable[[Float64], Float64]) -> None:
    mosaic = np.random.default_rng(1).random((8, 8))
    rgb = demosaic(_padded(mosaic))
    assert (_mosaic(rgb) == mosaic).all()


def _responses(top: int, left: int, color: int) -> Float64:
    """The weights, in eighths, by which the 5×5 pixels around one make its color: one pixel lit at a time."""
    weights = np.empty((5, 5))
    for row in range(5):
        for column in range(5):
            mosaic = np.zeros((12, 12))
            mosaic[4 + top + row - 2, 4 + left + column - 2] = 8.0
            weights[row, column] = malvar(_padded(mosaic))[4 + top, 4 + left, color]
    return weights


# As figure 2 of the paper draws them.
GREEN_AT_RED = [[0, 0, -1, 0, 0], [0, 0, 2, 0, 0], [-1, 2, 4, 2, -1], [0, 0, 2, 0, 0], [0, 0, -1, 0, 0]]
RED_AT_GREEN_BESIDE = [[0, 0, 0.5, 0, 0], [0, -1, 0, -1, 0], [-1, 4, 5, 4, -1], [0, -1, 0, -1, 0], [0, 0, 0.5, 0, 0]]
RED_AT_BLUE = [[0, 0, -1.5, 0, 0], [0, 2, 0, 2, 0], [-1.5, 0, 6, 0, -1.5], [0, 2, 0, 2, 0], [0, 0, -1.5, 0, 0]]


@pytest.mark.parametrize(
    ("site", "color", "drawn"),
    [
        ((0, 0), 1, GREEN_AT_RED),
        ((1, 1), 1, GREEN_AT_RED),
        ((0, 1), 0, RED_AT_GREEN_BESIDE),
        ((1, 0), 0, np.transpose(RED_AT_GREEN_BESIDE)),
        ((1, 0), 2, RED_AT_GREEN_BESIDE),
        ((0, 1), 2, np.transpose(RED_AT_GREEN_BESIDE)),
        ((1, 1), 0, RED_AT_BLUE),
        ((0, 0), 2, RED_AT_BLUE),
    ],
)
def test_the_filters_are_those_of_the_paper(site: tuple[int, int], color: int, drawn: Float64) -> None:
    assert _responses(*site, color) == pytest.approx(np.asarray(drawn))


def test_the_corrected_filters_are_better_on_edges_than_bilinear_ones() -> None:
    rows, columns = np.mgrid[0:48, 0:48]
    gray = np.repeat((0.2 + 0.6 * (rows + columns > 45))[:, :, None], 3, axis=2)
    errors = [np.square(demosaic(_padded(_mosaic(gray))) - gray).mean() for demosaic in (malvar, bilinear)]
    assert errors[0] < 0.5 * errors[1]


def test_the_margin_keeps_the_pattern() -> None:
    mosaic = np.tile(np.array([[1, 2], [3, 4]], np.uint16), (4, 5))
    assert (with_margin(mosaic) == np.tile(np.array([[1, 2], [3, 4]]), (6, 7))).all()
