from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from arllie_deploy.errors import ArllieError
from arllie_deploy.runtimes.base import Layout
from arllie_deploy.runtimes.padded import Padded, padded_by_metadata


class _Negative:
    """An engine that refuses sides which are no multiples of 4."""

    threads = 1
    executed_by = "this test"
    frame_dtypes = frozenset((np.dtype(np.uint8),))

    def __init__(self, layout: Layout = "NCHW", size: tuple[int, int] | None = None) -> None:
        self.layout, self.size = layout, size
        self.seen: list[NDArray[Any]] = []

    def infer(self, tensor: NDArray[np.float32]) -> NDArray[np.float32]:
        self.seen.append(tensor)
        sides = tensor.shape[2:] if self.layout == "NCHW" else tensor.shape[1:3]
        assert not any(side % 4 for side in sides)
        return 1 - tensor

    def run(self, frame: NDArray[Any]) -> NDArray[Any]:
        self.seen.append(frame)
        assert not any(side % 4 for side in frame.shape[:2])
        return 255 - frame


@pytest.mark.parametrize("layout", ["NCHW", "NHWC"])
def test_any_size_goes_through_mirrored_and_comes_back(layout: Layout) -> None:
    inner = _Negative(layout)
    padded = Padded(inner, 4, 4)
    frame = np.random.default_rng(0).integers(0, 256, (9, 14, 3), np.uint8)
    assert np.array_equal(padded.run(frame), 255 - frame)
    [seen] = inner.seen
    assert seen.shape == (12, 16, 3)
    assert np.array_equal(seen[9:, :14], frame[[7, 6, 5]])
    assert np.array_equal(seen[:9, 14:], frame[:, [12, 11]])
    tensor = frame.astype(np.float32)[None] / 255
    tensor = np.moveaxis(tensor, 3, 1) if layout == "NCHW" else tensor
    assert np.array_equal(padded.infer(tensor), 1 - tensor)


def test_a_frame_that_fits_is_not_copied() -> None:
    inner = _Negative()
    frame = np.zeros((8, 12, 3), np.uint8)
    Padded(inner, 4, 4).run(frame)
    assert inner.seen[0] is frame


def test_frames_below_the_minimum_are_refused_with_what_to_do() -> None:
    with pytest.raises(ArllieError, match="the picture is 31×40 and this network takes sides of at least 32 pixels"):
        Padded(_Negative(), 4, 32).run(np.zeros((40, 31, 3), np.uint8))


def test_an_artifact_of_one_size_says_which_frames_it_is_for() -> None:
    metadata = {"alignment": 4, "minimum": 4, "frame": [14, 9]}
    opened = padded_by_metadata(_Negative(size=(12, 16)), metadata)
    assert opened.size == (9, 14)
    assert opened.run(np.zeros((9, 14, 3), np.uint8)).shape == (9, 14, 3)
    with pytest.raises(ArllieError, match="the artifact holds 14x9, the frame is 15x9"):
        opened.run(np.zeros((9, 15, 3), np.uint8))


def test_what_needs_no_padding_stays_itself() -> None:
    inner = _Negative()
    assert padded_by_metadata(inner, {"model": "one layer"}) is inner
    assert padded_by_metadata(inner, {"alignment": 1, "minimum": 1}) is inner


def test_what_gives_larger_frames_is_cut_at_their_size() -> None:
    class Doubling(_Negative):
        def infer(self, tensor: NDArray[np.float32]) -> NDArray[np.float32]:
            return super().infer(tensor).repeat(2, 2).repeat(2, 3)

        def run(self, frame: NDArray[Any]) -> NDArray[Any]:
            return super().run(frame).repeat(2, 0).repeat(2, 1)

    opened = padded_by_metadata(Doubling(), {"alignment": 4, "minimum": 4, "scale": 2})
    frame = np.random.default_rng(0).integers(0, 256, (9, 14, 3), np.uint8)
    assert np.array_equal(opened.run(frame), (255 - frame).repeat(2, 0).repeat(2, 1))
    assert opened.infer(np.zeros((1, 3, 9, 14), np.float32)).shape == (1, 3, 18, 28)


@pytest.mark.parametrize("layout", ["NCHW", "NHWC"])
def test_a_model_of_gray_pictures_sees_each_channel_as_one(layout: Layout) -> None:
    inner = _Negative(layout)
    opened = padded_by_metadata(inner, {"alignment": 4, "minimum": 4, "color": "Y"})
    frame = np.random.default_rng(0).integers(0, 256, (8, 12, 3), np.uint8)
    assert np.array_equal(opened.run(frame), 255 - frame)
    assert [seen.shape for seen in inner.seen] == [(8, 12, 1)] * 3
    tensor = frame.astype(np.float32)[None] / 255
    tensor = np.moveaxis(tensor, 3, 1) if layout == "NCHW" else tensor
    assert np.array_equal(opened.infer(tensor), 1 - tensor)
    assert {seen.shape for seen in inner.seen[3:]} == {(1, 1, 8, 12) if layout == "NCHW" else (1, 8, 12, 1)}
