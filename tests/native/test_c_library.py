"""The C library gives the oracle's bytes on every instruction set of this processor."""

import ctypes
import os
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from arllie_deploy.enhancer import Enhancer
from arllie_deploy.epilogues import EPILOGUES
from arllie_deploy.errors import ArllieError
from arllie_deploy.native.integer import quantize
from arllie_deploy.native.kernel import float_struct, integer_struct
from arllie_deploy.native.library import Library, PictureStruct
from arllie_deploy.native.oracle import enhance

INSTRUCTION_SETS = ("portable", "sse4.1", "avx2", "avx512")
SIZES = ((1, 1), (1, 2), (2, 1), (3, 5), (5, 33), (16, 32), (13, 38), (17, 31), (2, 64), (9, 127), (67, 251))
# A limit above 1/255 takes another way through the AVX-512 kernel.
HIGH_LIMIT = {"epsilon": 0.3}
KINDS = [*((name, {}) for name in EPILOGUES), ("residual", HIGH_LIMIT), ("direct", HIGH_LIMIT)]


def _model(epilogue: str, constants: dict[str, float] | None = None, seed: int = 0, size: float = 0.4) -> Enhancer:
    rng = np.random.default_rng(seed)
    kernel = rng.normal(0.0, size, (3, 3, 3, 3)).astype(np.float32)
    return Enhancer("m", kernel, rng.normal(0.0, size, 3).astype(np.float32), epilogue, constants or {})


def _frame(height: int, width: int, *, most: int = 255, seed: int = 0) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, most + 1, (height, width, 3), np.uint8)


@pytest.fixture(params=INSTRUCTION_SETS)
def on_each_set(c_library: Library, request: pytest.FixtureRequest) -> Library:
    try:
        c_library.force_instruction_set(request.param)
    except ArllieError:
        pytest.skip(f"this processor has no {request.param}")
    return c_library


@pytest.mark.parametrize(("epilogue", "constants"), KINDS)
@pytest.mark.parametrize("size", [0.05, 0.4, 2.0])
def test_every_size_has_the_bytes_of_the_oracle(
    on_each_set: Library, epilogue: str, constants: dict[str, float], size: float
) -> None:
    enhancer = _model(epilogue, constants, size=size)
    try:
        model = quantize(enhancer)
    except ArllieError:
        assert size == 2.0, "only large weights may have no integer form"
        return
    struct = integer_struct(enhancer)
    for seed, shape in enumerate(SIZES):
        frame = _frame(*shape, most=255 if seed % 2 else 40, seed=seed)
        np.testing.assert_array_equal(on_each_set.enhance(struct, frame), enhance(model, frame), str(shape))


@given(data=st.data())
def test_any_weights_have_the_bytes_of_the_oracle(c_library_path: Path, data: st.DataObject) -> None:
    library = Library(c_library_path)
    epilogue = data.draw(st.sampled_from(sorted(EPILOGUES)))
    model = _model(epilogue, seed=data.draw(st.integers(0, 2**32 - 1)), size=data.draw(st.floats(0.0, 5.0)))
    shape = data.draw(st.tuples(st.integers(1, 9), st.integers(1, 140)))
    frame = data.draw(
        st.sampled_from((_frame(*shape), np.zeros((*shape, 3), np.uint8), np.full((*shape, 3), 255, "u1")))
    )
    try:
        expected, struct = enhance(quantize(model), frame), integer_struct(model)
    except ArllieError:
        return
    for name in INSTRUCTION_SETS:
        try:
            library.force_instruction_set(name)
        except ArllieError:
            continue
        np.testing.assert_array_equal(library.enhance(struct, frame), expected, name)


@pytest.mark.parametrize("epilogue", sorted(EPILOGUES))
def test_floats_are_the_same_everywhere_and_within_one_level(c_library: Library, epilogue: str) -> None:
    for size in (0.4, 8.0):
        enhancer = _model(epilogue, size=size)
        frame = _frame(31, 77)
        results = []
        for name in INSTRUCTION_SETS:
            try:
                c_library.force_instruction_set(name)
            except ArllieError:
                continue
            results.append(c_library.enhance(float_struct(enhancer), frame))
        assert np.abs(results[0].astype(int) - enhancer.enhance(frame)).max() <= 1
        assert all(np.array_equal(results[0], other) for other in results)


@pytest.mark.parametrize("form", [1, 2, 5])
@pytest.mark.parametrize("width", [1, 2, 5, 6, 21, 22, 63, 64, 65, 70, 131])
def test_other_formats_are_the_same_everywhere(c_library_path: Path, form: int, width: int) -> None:
    """RGBX32 and two kinds of NV12; their own tests run on the best instruction set only."""
    library, calls, height = Library(c_library_path), ctypes.CDLL(str(c_library_path)), 5
    rng = np.random.default_rng(width)
    shapes = [(height, width, 4)] if form == 1 else [(height, width), (3, 2 * ((width + 1) // 2))]
    source = [rng.integers(0, 256, shape, np.uint8) for shape in shapes]
    results = []
    for name in INSTRUCTION_SETS:
        try:
            library.force_instruction_set(name)
        except ArllieError:
            continue
        out = [np.zeros(shape, np.uint8) for shape in shapes]
        pictures = [PictureStruct(format=form, width=width, height=height) for _ in range(2)]
        for picture, planes in zip(pictures, (source, out), strict=True):
            for i, plane in enumerate(planes):
                picture.plane[i], picture.stride[i] = plane.ctypes.data, plane.strides[0]
        model = integer_struct(_model("residual"))
        assert calls.arllie_enhance(*(ctypes.byref(each) for each in (model, *pictures)), 1) == 0, name
        results.append(out)
    for other in results[1:]:
        for plane, first in zip(other, results[0], strict=True):
            np.testing.assert_array_equal(plane, first)


def test_a_whole_frame_on_any_number_of_threads(on_each_set: Library) -> None:
    enhancer, frame = _model("residual"), _frame(1080, 1920)
    expected = enhance(quantize(enhancer), frame)
    for threads in (1, 2, 3):
        np.testing.assert_array_equal(on_each_set.enhance(integer_struct(enhancer), frame, threads=threads), expected)
        there = frame.copy()
        on_each_set.enhance(integer_struct(enhancer), there, there, threads=threads)
        np.testing.assert_array_equal(there, expected)


def test_rows_may_lie_apart_and_only_theirs_is_written(on_each_set: Library) -> None:
    enhancer = _model("curve")
    for width in (1, 5, 31, 32, 37, 70):
        whole, out = _frame(11, 90), np.full((11, 95, 3), 7, np.uint8)
        frame, target = whole[:, 3 : 3 + width], out[:, 9 : 9 + width]
        expected = np.full_like(out, 7)
        expected[:, 9 : 9 + width] = enhance(quantize(enhancer), np.ascontiguousarray(frame))
        on_each_set.enhance(integer_struct(enhancer), frame, target)
        np.testing.assert_array_equal(out, expected)


def test_halves_of_one_buffer_are_no_overlap(c_library: Library) -> None:
    enhancer, both = _model("plain"), _frame(6, 40)
    frame = both[:, :20].copy()
    c_library.enhance(integer_struct(enhancer), both[:, :20], both[:, 20:])
    np.testing.assert_array_equal(both[:, 20:], enhance(quantize(enhancer), frame))
    np.testing.assert_array_equal(both[:, :20], frame)


def test_concurrent_callers_do_not_meet(c_library: Library) -> None:
    models = [_model(epilogue) for epilogue in sorted(EPILOGUES)]
    frame = _frame(270, 480)
    expected = [enhance(quantize(model), frame) for model in models]
    structs = [integer_struct(model) for model in models]

    def call(i: int) -> bool:
        return np.array_equal(c_library.enhance(structs[i % 4], frame, threads=1 + i % 3), expected[i % 4])

    with ThreadPoolExecutor(4) as threads:
        assert all(threads.map(call, range(120)))


def test_a_forked_child_has_threads_of_its_own(c_library: Library) -> None:
    enhancer, frame = _model("residual"), _frame(540, 960)
    struct = integer_struct(enhancer)
    expected = c_library.enhance(struct, frame, threads=2)
    child = _fork()
    if child == 0:
        os._exit(0 if np.array_equal(c_library.enhance(struct, frame, threads=2), expected) else 1)
    assert os.waitpid(child, 0)[1] == 0


def _fork() -> int:
    with warnings.catch_warnings():
        # Python and loaded engines warn of any fork of a process with threads: that is what is tested.
        warnings.simplefilter("ignore")
        return os.fork()


@pytest.mark.parametrize("name", INSTRUCTION_SETS)
def test_extra_memory_stays_below_a_megabyte(c_library: Library, name: str) -> None:
    try:
        c_library.force_instruction_set(name)
    except ArllieError:
        pytest.skip(f"this processor has no {name}")
    for width, height in ((1, 1), (64, 64), (1920, 1080), (3840, 2160), (7680, 4320)):
        for threads in (1, 2, 4, 64):
            assert 0 < c_library.extra_memory_bytes(width, height, threads) <= 1 << 20
