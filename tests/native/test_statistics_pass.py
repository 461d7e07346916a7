"""Statistics that the enhancing pass sums up on the way are those of arllie_deploy/statistics.py, to the last bit."""

import ctypes
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from support.enhancers import random_enhancer

from arllie_deploy.enhancer import Enhancer
from arllie_deploy.errors import ArllieError
from arllie_deploy.native.kernel import float_struct, integer_struct
from arllie_deploy.native.library import Library, PictureStruct, StatisticsStruct
from arllie_deploy.statistics import frame_statistics, sample_statistics, subsample

# Blocks of 1, 2, 3 and 4 pixels; fewer, as many and more rows than places; sides that the grid does not divide.
SIZES = ((1, 1), (1, 500), (500, 1), (63, 64), (65, 129), (128, 200), (199, 257), (243, 301), (333, 399), (401, 415))
RGBX32, NV12_BT601_FULL = 1, 3


def _picture(form: int, width: int, height: int, *planes: NDArray[np.uint8]) -> PictureStruct:
    picture = PictureStruct(format=form, width=width, height=height)
    for i, plane in enumerate(planes):
        picture.plane[i], picture.stride[i] = plane.ctypes.data, plane.strides[0]
    return picture


def _frame(height: int, width: int, seed: int = 0) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


@pytest.mark.parametrize(("height", "width"), SIZES)
@pytest.mark.parametrize("threads", [1, 3])
def test_sums_of_the_pass_are_those_of_the_subsampled_frame(
    c_library: Library, height: int, width: int, threads: int
) -> None:
    frame, found = _frame(height, width), StatisticsStruct()
    c_library.enhance(integer_struct(random_enhancer()), frame, threads=threads, statistics=found)
    np.testing.assert_array_equal(found.samples, subsample(frame))
    np.testing.assert_array_equal(c_library.look(frame).samples, subsample(frame))


@given(
    height=st.integers(1, 450),
    width=st.integers(1, 450),
    threads=st.integers(1, 9),
    in_place=st.booleans(),
    make=st.sampled_from([integer_struct, float_struct]),
)
def test_any_size_on_any_number_of_threads(
    c_library_path: Path, height: int, width: int, threads: int, in_place: bool, make: Callable[[Enhancer], Any]
) -> None:
    library, frame = Library(c_library_path), _frame(height, width, height * width)
    model = make(random_enhancer())
    expected, statistics = library.enhance(model, frame), frame_statistics(frame)
    found = StatisticsStruct()
    out = frame if in_place else np.zeros_like(frame)
    library.enhance(model, frame, out, threads=threads, statistics=found)
    np.testing.assert_array_equal(sample_statistics(found.samples), statistics)
    np.testing.assert_array_equal(out, expected)


def test_a_whole_frame_in_many_strips(c_library: Library) -> None:
    frame = _frame(1081, 1923)
    expected = frame_statistics(frame)
    for threads in (1, 2, 7):
        found = StatisticsStruct()
        there = frame.copy()
        c_library.enhance(integer_struct(random_enhancer("curve")), there, there, threads=threads, statistics=found)
        np.testing.assert_array_equal(sample_statistics(found.samples), expected)


def test_rows_may_lie_apart(c_library: Library) -> None:
    frame = _frame(230, 410)[3:, 5:390]
    found = StatisticsStruct()
    c_library.enhance(integer_struct(random_enhancer()), frame, threads=2, statistics=found)
    np.testing.assert_array_equal(found.samples, subsample(frame))
    np.testing.assert_array_equal(c_library.look(frame).samples, subsample(frame))


def test_white_fills_the_sums_without_overflow(c_library: Library) -> None:
    found = c_library.look(np.full((400, 400, 3), 255, np.uint8))
    assert found.pixels == 16
    np.testing.assert_array_equal(found.samples, 1.0)


def test_only_the_places_of_the_frame_are_written(c_library: Library) -> None:
    found = StatisticsStruct()
    ctypes.memset(found.sums, 0xAB, ctypes.sizeof(found.sums))
    c_library.enhance(integer_struct(random_enhancer()), np.zeros((5, 7, 3), np.uint8), statistics=found)
    sums = np.frombuffer(found.sums, np.uint16).reshape(3, -1)
    assert (found.rows, found.columns, found.pixels, found.reserved) == (5, 7, 1, 0)
    assert (sums[:, :35] == 0).all()
    assert (sums[:, 35:] == 0xABAB).all()


@pytest.mark.parametrize("form", [RGBX32, NV12_BT601_FULL])
@pytest.mark.parametrize("in_place", [False, True])
def test_other_formats_are_looked_at_as_rgb(c_library_path: Path, form: int, in_place: bool) -> None:
    calls = ctypes.CDLL(str(c_library_path))
    rgb = _frame(211, 233)
    planes = [np.dstack([rgb, _frame(211, 233, 1)[..., 0]])]
    if form == NV12_BT601_FULL:  # a gray is the same in both
        rgb = np.repeat(rgb[..., :1], 3, 2)
        planes = [np.ascontiguousarray(rgb[..., 0]), np.full((106, 234), 128, np.uint8)]
    source = _picture(form, 233, 211, *planes)
    looked, found = StatisticsStruct(), StatisticsStruct()
    assert calls.arllie_frame_statistics(ctypes.byref(source), ctypes.byref(looked)) == 0
    np.testing.assert_array_equal(looked.samples, subsample(rgb))
    blank = [np.zeros_like(plane) for plane in planes]
    target = source if in_place else _picture(form, 233, 211, *blank)
    model = integer_struct(random_enhancer())
    pictures = ctypes.byref(source), ctypes.byref(target)
    assert calls.arllie_enhance_with_statistics(ctypes.byref(model), *pictures, 2, ctypes.byref(found)) == 0
    np.testing.assert_array_equal(found.samples, subsample(rgb))


def test_bad_input_is_refused_and_nothing_is_written(c_library_path: Path, c_library: Library) -> None:
    calls = ctypes.CDLL(str(c_library_path))
    frame = np.full((8, 8, 3), 9, np.uint8)
    model, picture, found = integer_struct(random_enhancer()), _picture(0, 8, 8, frame), StatisticsStruct(rows=77)
    null_pointer, bad_size, bad_model = 1, 2, 6
    enhance, pointers = calls.arllie_enhance_with_statistics, [ctypes.byref(it) for it in (model, picture, picture)]
    assert enhance(*pointers, 1, None) == null_pointer
    assert calls.arllie_enhance_float_with_statistics(None, *pointers[1:], 1, ctypes.byref(found)) == null_pointer
    assert calls.arllie_frame_statistics(None, ctypes.byref(found)) == null_pointer
    assert calls.arllie_frame_statistics(ctypes.byref(picture), None) == null_pointer
    model.version = 9
    assert enhance(*pointers, 1, ctypes.byref(found)) == bad_model
    picture.width = 0
    assert calls.arllie_frame_statistics(ctypes.byref(picture), ctypes.byref(found)) == bad_size
    assert (found.rows, frame.min(), frame.max()) == (77, 9, 9)
    with pytest.raises(ArllieError, match="uint8"):
        c_library.look(np.zeros((4, 4), np.uint8))
