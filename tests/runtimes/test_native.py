from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

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
        (FRAME, np.zeros((3, 3, 3), np.uint8), "out is uint8"),
        (FRAME, FRAME.astype(np.float32), "out is float32"),
        (FRAME, np.broadcast_to(np.uint8(0), FRAME.shape), "out must be writable"),
    ],
)
def test_frames_that_it_cannot_take_are_refused(frame: np.ndarray, out: np.ndarray | None, says: str) -> None:
    with pytest.raises(ArllieError, match=says):
        library.library().enhance(native.integer_struct(_model()), frame, out)


def test_a_result_that_overlaps_its_frame_is_refused_and_nothing_is_written() -> None:
    buffer = np.random.default_rng(4).integers(0, 256, (30, 20, 3), dtype=np.uint8)
    before = buffer.copy()
    with pytest.raises(ArllieError, match="native kernel"):
        library.library().enhance(native.integer_struct(_model()), buffer[:20], buffer[5:25])
    assert np.array_equal(buffer, before)


def test_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ArllieError, match="runtime native opens model files"):
        native.ROW.open(tmp_path / "a.onnx", 1)


def test_a_missing_or_broken_library_is_unavailable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "libarllie.so").write_bytes(b"not a library")
    with pytest.raises(UnavailableError, match="cannot be loaded"):
        library.Library(tmp_path / "libarllie.so")
    monkeypatch.setattr(native, "library_path", lambda: None)
    found = native.ROW.availability()
    assert not found.ok
    assert "apt-get install gcc" in str(found.reason)
