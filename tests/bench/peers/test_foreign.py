from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from support.foreign_files import HALF, NCHW, NHWC, halving_onnx, inverting_onnx, opened_axes, passing_tflite
from support.pictures import scene

from arllie_deploy import ArllieError
from arllie_deploy.bench.peers.foreign import ONNX, ONNX_BLOCKED, TFLITE, Foreign
from arllie_deploy.runtimes.base import Runtime
from arllie_deploy.runtimes.layout import from_tensor, to_tensor

FRAME = scene(0)
HEIGHT, WIDTH = FRAME.shape[:2]


def opened(row: Runtime, path: Path) -> Foreign:
    model = row.open(path, 1)
    assert isinstance(model, Foreign)
    assert model.threads == 1
    return model


@pytest.mark.parametrize("row", [ONNX, ONNX_BLOCKED])
@pytest.mark.parametrize("shape", [NCHW, NHWC, (1, 3, HEIGHT, WIDTH)])
def test_floats_go_in_and_come_out_in_the_file_s_layout(
    row: Runtime, shape: Sequence[int | str], tmp_path: Path
) -> None:
    model = opened(row, halving_onnx(tmp_path / "half.onnx", shape))
    tensor = to_tensor(FRAME, model.layout)
    np.testing.assert_allclose(model.infer(tensor), HALF * tensor, atol=1e-7)
    np.testing.assert_array_equal(model.run(FRAME), np.floor(FRAME * HALF + 0.5).astype(np.uint8))
    assert model.size == (None if isinstance(shape[2], str) else (HEIGHT, WIDTH))


@pytest.mark.parametrize("element", ["uint8", "int8"])
@pytest.mark.parametrize("shape", [NCHW, NHWC])
def test_bytes_go_in_and_come_out_as_they_are(shape: Sequence[int | str], element: str, tmp_path: Path) -> None:
    model = opened(ONNX, inverting_onnx(tmp_path / "invert.onnx", shape, element))
    np.testing.assert_array_equal(model.run(FRAME), 255 - FRAME)
    tensor = to_tensor(FRAME, model.layout)
    np.testing.assert_allclose(model.infer(tensor), 1 - tensor, atol=1e-6)


def test_what_leaves_the_range_is_limited_in_the_frame_only(tmp_path: Path) -> None:
    model = opened(ONNX, halving_onnx(tmp_path / "half.onnx"))
    doubled = Foreign(model.interface, lambda values: 4 * values - 1, 1, "test")
    assert doubled.infer(to_tensor(FRAME, "NCHW")).max() > 1
    expected = np.clip(4 * (FRAME / np.float32(255)) - 1, 0, 1)
    assert np.abs(doubled.run(FRAME) - 255 * expected).max() <= 0.51


@pytest.mark.parametrize(
    ("type_", "scale", "zero_point"),
    [("FLOAT32", 1.0, 0), ("UINT8", 1 / 255, 0), ("INT8", 1 / 255, -128), ("INT8", 1 / 120, -120)],
)
def test_a_tflite_file_is_read_by_its_quantization(type_: str, scale: float, zero_point: int, tmp_path: Path) -> None:
    path = passing_tflite(tmp_path / "pass.tflite", type_, (1, HEIGHT, WIDTH, 3), scale, zero_point)
    model = opened(TFLITE, path)
    assert (model.layout, model.size) == ("NHWC", (HEIGHT, WIDTH))
    step = 0.0 if type_ == "FLOAT32" else scale / 2
    tensor = to_tensor(FRAME, "NHWC")
    assert np.abs(from_tensor(model.infer(tensor), "NHWC") - tensor[0]).max() <= step + 1e-6
    assert np.abs(model.run(FRAME).astype(int) - FRAME).max() <= np.ceil(255 * step if scale > 1 / 254 else 0)


def test_a_tflite_file_with_open_axes_is_fitted_to_the_frames(tmp_path: Path) -> None:
    model = opened(TFLITE, opened_axes(passing_tflite(tmp_path / "open.tflite", "FLOAT32", (1, 8, 8, 3))))
    assert model.size is None
    for frame in (FRAME, FRAME[:-7, :-3], FRAME):
        np.testing.assert_array_equal(model.run(frame), frame)


@pytest.mark.parametrize(("row", "engine"), [(ONNX, "onnxruntime"), (TFLITE, "LiteRT")])
def test_what_is_no_model_is_refused_in_one_line(row: Runtime, engine: str, tmp_path: Path) -> None:
    path = tmp_path / "broken"
    path.write_bytes(b"not a model at all")
    with pytest.raises(ArllieError, match=f"broken: {engine} cannot open it") as refused:
        row.open(path, 1)
    assert "\n" not in str(refused.value)


def test_a_type_that_no_frame_is_fed_in_is_refused(tmp_path: Path) -> None:
    path = passing_tflite(tmp_path / "wide.tflite", "INT16", (1, 8, 8, 3), 1 / 32767)
    with pytest.raises(ArllieError, match=r"wide.tflite: has a frame of int16; only float32, uint8, int8 are fed"):
        TFLITE.open(path, 1)
