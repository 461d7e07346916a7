import sys
import time
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Thread

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.enhancers import random_enhancer

from arllie_deploy.enhancer import Enhancer
from arllie_deploy.epilogues import EPILOGUES
from arllie_deploy.errors import ArllieError, UnavailableError
from arllie_deploy.native import library
from arllie_deploy.native.integer import quantize
from arllie_deploy.native.oracle import enhance
from arllie_deploy.runtimes import RUNTIMES, Runtime, native
from arllie_deploy.runtimes.choose import open_model
from arllie_deploy.runtimes.layout import tensor_for, values_of

pytestmark = pytest.mark.skipif(not native.ROW.availability().ok, reason="the native kernel was not built here")
FRAME = np.random.default_rng(1).integers(0, 120, (37, 53, 3), dtype=np.uint8)


def _model(epilogue: str = "residual", scale: float = 0.1) -> Enhancer:
    kernel = np.random.default_rng(2).normal(0, scale, (3, 3, 3, 3)).astype(np.float32)
    return replace(random_enhancer(), kernel=kernel, epilogue=epilogue, constants={})


def test_it_is_the_first_choice_for_8_bit_frames_and_leaves_16_bit_ones_to_the_next() -> None:
    assert next(iter(RUNTIMES)) == "native"
    assert "native kernel" in open_model(_model(), "auto", 1, np.dtype(np.uint8)).executed_by
    assert "native" not in open_model(_model(), "auto", 1, np.dtype(np.uint16)).executed_by


@pytest.mark.parametrize("epilogue", EPILOGUES)
def test_integers_are_those_of_the_specification_and_floats_within_a_level(epilogue: str) -> None:
    model = _model(epilogue)
    assert np.array_equal(native.INTEGER.open(model, 1).run(FRAME), enhance(quantize(model), FRAME))
    difference = native.FLOAT.open(model, 1).run(FRAME).astype(int) - model.enhance(FRAME)
    assert np.abs(difference).max() <= 1


@pytest.mark.parametrize(
    ("epilogue", "constants"),
    [("residual", {"epsilon": 0.7}), ("direct", {"epsilon": 0.7}), ("curve", {"gain": 0.7, "knee": 2.5})],
)
@pytest.mark.parametrize("row", [native.ROW, native.FLOAT])
def test_constants_of_the_model_are_honored(row: Runtime, epilogue: str, constants: dict[str, float]) -> None:
    model = replace(_model(epilogue), constants=constants)
    expected = model.enhance(FRAME).astype(int)
    assert np.abs(expected - _model(epilogue).enhance(FRAME)).max() > 12
    assert np.abs(row.open(model, 1).run(FRAME) - expected).max() <= 1


def test_a_model_that_integers_refuse_is_run_in_floats_and_says_why() -> None:
    steep = _model("plain", scale=4000.0)
    with pytest.raises(ArllieError, match="16 bits"):
        native.INTEGER.open(steep, 1)
    opened = native.ROW.open(steep, 1)
    assert "float32, because" in opened.executed_by
    assert np.abs(opened.run(FRAME).astype(int) - steep.enhance(FRAME)).max() <= 1


def test_a_model_that_floats_do_not_hold_either_is_refused_when_it_is_opened() -> None:
    with pytest.raises(
        ArllieError, match=r"its weights add up to .*, the native kernel takes less than 1e\+06; use --"
    ):
        native.ROW.open(_model("plain", scale=1e5), 1)


@pytest.mark.parametrize("epilogue", ["residual", "direct"])
def test_a_constant_that_float32_would_make_zero_is_none_that_matters(epilogue: str) -> None:
    model = replace(_model(epilogue, scale=0.4), constants={"epsilon": 1e-60})
    assert np.abs(native.FLOAT.open(model, 1).run(FRAME).astype(int) - model.enhance(FRAME)).max() <= 1


def test_its_tensors_are_frames() -> None:
    opened = native.ROW.open(_model(), 1)
    tensor = tensor_for(opened, FRAME)
    assert tensor.dtype == np.uint8
    assert np.array_equal(values_of(opened, opened.infer(tensor)), opened.run(FRAME).astype(np.float32) / 255)


@given(threads=st.integers(1, 5), height=st.integers(1, 90), width=st.integers(1, 90))
def test_the_number_of_threads_changes_nothing(threads: int, height: int, width: int) -> None:
    frame = np.random.default_rng(height * 100 + width).integers(0, 256, (height, width, 3), dtype=np.uint8)
    model = _model()
    assert np.array_equal(native.ROW.open(model, threads).run(frame), enhance(quantize(model), frame))


def test_many_callers_at_once_get_their_own_frames() -> None:
    models = [_model(epilogue) for epilogue in EPILOGUES]
    expected = [enhance(quantize(model), FRAME) for model in models]
    opened = [native.ROW.open(model, 2) for model in models]
    with ThreadPoolExecutor(8) as pool:
        for number, result in enumerate(pool.map(lambda n: opened[n % len(models)].run(FRAME), range(200))):
            assert np.array_equal(result, expected[number % len(models)])


def test_another_thread_runs_during_a_call() -> None:
    seen: list[bool] = []
    found: list[bool] = []
    struct, out = native.integer_struct(_model()), np.zeros_like(FRAME)

    def call_until_seen() -> None:
        end = time.monotonic() + 5.0
        while not seen and time.monotonic() < end:
            library.library().enhance(struct, FRAME, out)
        found.append(bool(seen))

    interval = sys.getswitchinterval()
    # Nobody is asked to hand the interpreter's lock over any more: only who lets go of it lets others run.
    sys.setswitchinterval(1e5)
    try:
        thread = Thread(target=call_until_seen)
        thread.start()
        seen.append(True)
        thread.join()
    finally:
        sys.setswitchinterval(interval)
    assert found == [True]


@pytest.mark.parametrize("columns", [300, 290], ids=["contiguous", "rows apart"])
def test_neither_a_frame_nor_its_result_is_copied(columns: int) -> None:
    struct, frame = native.integer_struct(_model()), np.zeros((200, 300, 3), np.uint8)[:, :columns]
    out = np.ones_like(frame)
    tracemalloc.start()
    try:
        library.library().enhance(struct, frame, out)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert not out.any()
    assert most < frame.nbytes / 10


def test_rows_may_lie_apart_and_the_frame_may_be_its_own_result() -> None:
    whole = np.random.default_rng(3).integers(0, 256, (40, 60, 3), dtype=np.uint8)
    part = whole[5:30, 7:50]
    model = _model()
    expected = enhance(quantize(model), np.ascontiguousarray(part))
    struct = native.integer_struct(model)
    assert np.array_equal(library.library().enhance(struct, part), expected)
    untouched = whole.copy()
    library.library().enhance(struct, part, part)
    assert np.array_equal(part, expected)
    untouched[5:30, 7:50] = expected
    assert np.array_equal(whole, untouched)


def test_channels_that_lie_apart_are_copied_first() -> None:
    turned = np.ascontiguousarray(FRAME.transpose(2, 0, 1)).transpose(1, 2, 0)
    upside_down = FRAME[::-1]
    opened = native.ROW.open(_model(), 1)
    assert np.array_equal(opened.run(turned), opened.run(FRAME))
    assert np.array_equal(opened.run(upside_down), opened.run(np.ascontiguousarray(upside_down)))


@pytest.mark.parametrize(
    ("frame", "out", "says"),
    [
        (FRAME.astype(np.uint16), None, r"uint8\[height, width, 3\], got uint16"),
        (FRAME[..., :2], None, "got uint8"),
        (FRAME[:0], None, "got uint8"),
        (np.broadcast_to(np.uint8(0), (1, 2**32 + 1, 3)), None, "a frame of 4294967297×1; .* at most 16777216 pixels"),
        (np.broadcast_to(np.uint8(0), (2**31, 1, 3)), None, "a frame of 1×2147483648; .* at most 16777216 pixels"),
        (FRAME, np.zeros((3, 3, 3), np.uint8), "out is uint8"),
        (FRAME, FRAME.astype(np.float32), "out is float32"),
        (FRAME, np.broadcast_to(np.uint8(0), FRAME.shape), "out must be writable"),
    ],
)
def test_frames_that_it_cannot_take_are_refused(frame: np.ndarray, out: np.ndarray | None, says: str) -> None:
    with pytest.raises(ArllieError, match=says):
        library.library().enhance(native.integer_struct(_model()), frame, out)


@pytest.mark.parametrize("threads", [0, -1, 65, 2**32 + 1])
def test_another_number_of_threads_is_refused(threads: int) -> None:
    with pytest.raises(ArllieError, match=f"{threads} threads; the native kernel takes 1 to 64"):
        library.library().enhance(native.integer_struct(_model()), FRAME, threads=threads)


def test_a_result_that_overlaps_its_frame_is_refused_and_nothing_is_written() -> None:
    buffer = np.random.default_rng(4).integers(0, 256, (30, 20, 3), dtype=np.uint8)
    before = buffer.copy()
    with pytest.raises(ArllieError, match="native kernel"):
        library.library().enhance(native.integer_struct(_model()), buffer[:20], buffer[5:25])
    assert np.array_equal(buffer, before)


def test_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ArllieError, match="runtime native opens model files"):
        native.ROW.open(tmp_path / "a.onnx", 1)


@pytest.mark.parametrize(
    ("is_there", "says"), [(False, "apt-get install gcc"), (True, "cannot be loaded")], ids=["missing", "broken"]
)
def test_without_a_library_that_works_the_next_runtime_is_used(
    is_there: bool, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "libarllie.so"
    path.write_bytes(b"not a library")
    monkeypatch.setattr(library, "library_path", lambda: path if is_there else None)
    library.library.cache_clear()
    found = native.ROW.availability()
    assert not found.ok
    assert says in str(found.reason)
    with pytest.raises(UnavailableError, match=says):
        native.ROW.open(_model(), 1)
    assert "native" not in open_model(_model(), "auto", 1, np.dtype(np.uint8)).executed_by
