from pathlib import Path

import pytest
from support.foreign_files import halving_onnx, passing_tflite

from arllie_deploy import ArllieError
from arllie_deploy.bench.peers import inspection
from arllie_deploy.bench.peers.inspection import inspect
from arllie_deploy.bench.worker import find_runtime


def test_a_file_is_read_and_its_opener_found(tmp_path: Path) -> None:
    found = inspect(halving_onnx(tmp_path / "their half.onnx"))
    assert (found.runtime, found.interface.layout, found.interface.size) == ("onnxruntime", "NCHW", (None, None))
    assert find_runtime(found.opener).name == "onnxruntime"


def test_a_tflite_file_goes_to_litert(tmp_path: Path) -> None:
    found = inspect(passing_tflite(tmp_path / "pass.tflite", "INT8", (1, 40, 48, 3), 1 / 255, -128))
    assert (found.runtime, found.interface.layout, found.interface.size) == ("litert", "NHWC", (40, 48))
    assert (found.interface.precision, found.interface.takes((48, 40))) == ("int8", True)
    assert find_runtime(found.opener).name == "litert"


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("broken.onnx", b"not a model at all", "broken.onnx: onnxruntime cannot open it"),
        ("empty.onnx", b"", "empty.onnx: onnxruntime cannot open it"),
        ("broken.tflite", b"\x1c\0\0\0TFL3" + 40 * b"\xff", "broken.tflite: "),
        ("model.pt", b"", "not a model file that can be timed; give one of .onnx, .tflite"),
        ("missing.onnx", None, "missing.onnx: no such file"),
    ],
    ids=["broken onnx", "empty onnx", "broken tflite", "other suffix", "missing"],
)
def test_a_bad_file_is_refused_in_one_line(name: str, content: bytes | None, said: str, tmp_path: Path) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ArllieError, match=said) as refused:
        inspect(path)
    assert "\n" not in str(refused.value)


def test_a_file_that_is_not_image_to_image_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ArllieError, match="takes 1×1×4×4"):
        inspect(halving_onnx(tmp_path / "gray.onnx", (1, 1, 4, 4)))


def test_an_engine_that_crashes_costs_the_file_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inspection.sys, "executable", "/bin/sh")
    path = halving_onnx(tmp_path / "half.onnx")
    (tmp_path / "crash.sh").write_text("kill -SEGV $$")
    monkeypatch.setattr(inspection, "_PROGRAM", [str(tmp_path / "crash.sh")])
    with pytest.raises(ArllieError, match=r"half.onnx: onnxruntime was ended by SIGSEGV over it"):
        inspect(path)


def test_an_engine_that_hangs_is_ended(tmp_path: Path) -> None:
    with pytest.raises(ArllieError, match=r"did not open and run it within 0.01 s"):
        inspect(halving_onnx(tmp_path / "half.onnx"), timeout_s=0.01)
