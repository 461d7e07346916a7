from pathlib import Path

import numpy as np
import pytest
from support.adb_tasks import exported

from arllie_deploy.bench.adb.tflite_tensors import Tensor, read_graph
from arllie_deploy.errors import ArllieError, UnavailableError

FRAME = np.random.default_rng(0).integers(0, 256, (12, 16, 3), np.uint8)


def test_an_int8_frame_is_the_frame_with_the_top_bit_flipped(tmp_path: Path) -> None:
    graph = read_graph(exported(tmp_path, "int8"))
    assert graph.input.encode(FRAME) == (FRAME ^ 0x80).tobytes()
    back = graph.output.decode((FRAME ^ 0x80).tobytes())
    assert np.abs(back - FRAME / 255).max() < 1e-6


def test_a_float_frame_is_the_frame_over_255(tmp_path: Path) -> None:
    graph = read_graph(exported(tmp_path, "fp32"))
    assert graph.input.encode(FRAME) == (FRAME / 255).astype("<f4").tobytes()
    assert (graph.output.decode(graph.input.encode(FRAME)) == (FRAME / 255).astype(np.float32)).all()


def test_another_reading_of_integers_is_rounded_and_clipped() -> None:
    tensor = Tensor("x", (1, 1, 2, 3), np.dtype("<i2"), 1 / 16384, 0)
    frame = np.array([[[0, 255, 128], [1, 2, 3]]], np.uint8)
    values = np.frombuffer(tensor.encode(frame), "<i2")
    assert values.tolist() == np.rint(frame.ravel() / 255 * 16384).astype(int).tolist()
    narrow = Tensor("x", (1, 1, 2, 3), np.dtype("i1"), 1 / 512, 0)
    assert np.frombuffer(narrow.encode(frame), "i1").max() == 127


def test_another_size_is_refused(tmp_path: Path) -> None:
    graph = read_graph(exported(tmp_path, "int8"))
    with pytest.raises(ArllieError, match="holds 16x12, the frame is 12x16"):
        graph.input.encode(FRAME.transpose(1, 0, 2))
    with pytest.raises(ArllieError, match="has 5 bytes, the graph's output tensor 576"):
        graph.output.decode(b"12345")


@pytest.mark.parametrize("data", [b"", b"text that is no model", b"\0\0\0\0TFL3", b"\x1c\0\0\0TFL3" + bytes(8)])
def test_a_file_that_is_no_graph_is_refused(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "bad.tflite").write_bytes(data)
    with pytest.raises(ArllieError, match=r"bad\.tflite"):
        read_graph(tmp_path / "bad.tflite")


def test_without_the_package_its_pip_command_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("arllie_deploy.bench.adb.tflite_tensors.find_spec", lambda name: None)
    with pytest.raises(UnavailableError, match="pip install"):
        read_graph(tmp_path / "any.tflite")
