import os
import platform
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from support.enhancers import random_enhancer

from arllie_deploy import ArllieError, UnavailableError
from arllie_deploy.export.calibration import observe
from arllie_deploy.export.graph import build_graph
from arllie_deploy.export.metadata import metadata_text
from arllie_deploy.export.onnx import to_integer_model
from arllie_deploy.export.qnn import of_size
from arllie_deploy.export.quantization import quantize
from arllie_deploy.export.request import Request
from arllie_deploy.runtimes.qnn import ROW, open_session, problem

onnx = pytest.importorskip("onnx", reason="onnx is not installed")
reason = problem() or ROW.availability().reason
pytestmark = pytest.mark.skipif(reason is not None, reason=str(reason))

ENHANCER = random_enhancer("plain")
WIDTH, HEIGHT = 64, 48


def artifact(folder: Path, layout: str = "NCHW") -> Path:
    """A main file without contexts."""
    graph = build_graph(ENHANCER)
    frames = [np.random.default_rng(0).integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)]
    model = of_size(to_integer_model(quantize(graph, observe(graph, frames, 100.0), "uint8")), (WIDTH, HEIGHT))
    path = folder / "m.onnx"
    request = Request(ENHANCER, "qnn-htp", "int8", (WIDTH, HEIGHT), path)
    entry = model.metadata_props.add()
    entry.key = "arllie"
    entry.value = metadata_text(request, layout=layout, size=request.size, schema="opset 17", tools={})
    path.write_bytes(model.SerializeToString())
    return path


@pytest.mark.parametrize("library", ["/nowhere/libQnnHtp.so", "libQnnCpu.so", "libQnnGpu.so"])
def test_without_its_backend_nothing_runs_on_the_processor_instead(library: str, tmp_path: Path) -> None:
    import onnxruntime_qnn

    path = library if library.startswith("/") else str(Path(onnxruntime_qnn.get_qnn_htp_path()).with_name(library))
    with pytest.raises(RuntimeError, match="fallback to CPU EP has been explicitly disabled") as caught:
        open_session(str(artifact(tmp_path)), {}, library=path)
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_a_frame_comes_out_as_the_reference_makes_it(dtype: type, tmp_path: Path) -> None:
    frame = np.random.default_rng(1).integers(0, np.iinfo(dtype).max, (HEIGHT, WIDTH, 3), dtype, endpoint=True)
    output = ROW.open(artifact(tmp_path), 1).run(frame)
    assert (output.shape, output.dtype) == (frame.shape, frame.dtype)
    apart = np.abs(output.astype(np.float64) - ENHANCER.enhance(frame)) / np.iinfo(dtype).max
    assert 10 * np.log10(1 / np.square(apart).mean()) >= 40.0


def test_the_plug_in_is_registered_once_for_all_models(tmp_path: Path) -> None:
    first, second = ROW.open(artifact(tmp_path), 1), ROW.open(artifact(tmp_path), 1)
    frame = np.full((HEIGHT, WIDTH, 3), 40, np.uint8)
    assert (first.run(frame) == second.run(frame)).all()


def test_it_says_what_it_is_and_how_large(tmp_path: Path) -> None:
    opened = ROW.open(artifact(tmp_path), 4)
    assert opened.executed_by == "Qualcomm HTP emulator (x86), never a device"
    assert (opened.size, opened.threads, opened.layout) == ((HEIGHT, WIDTH), 1, "NCHW")
    with pytest.raises(ArllieError, match="the artifact holds 64x48, the frame is 48x64"):
        opened.run(np.zeros((WIDTH, HEIGHT, 3), np.uint8))


OPENING = """
import sys
from pathlib import Path
from arllie_deploy.errors import ArllieError
from arllie_deploy.runtimes.qnn import ROW
print("before")
try:
    ROW.open(Path(sys.argv[1]), 1)
except ArllieError:
    print("refused")
print("after")
"""


@pytest.mark.parametrize(("share", "said"), [(1.0, "before\nafter\n"), (0.5, "before\nrefused\nafter\n")])
def test_what_the_libraries_print_stays_off_stdout_and_what_we_print_does_not(
    share: float, said: str, tmp_path: Path
) -> None:
    path = artifact(tmp_path)
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
    # In a process of its own: they print once in each, and at its end if their buffer was not emptied before.
    done = subprocess.run(
        [sys.executable, "-c", OPENING, str(path)], capture_output=True, text=True, cwd="/", check=True
    )
    assert done.stdout == said


def test_stdout_is_as_it_was_and_no_descriptor_is_left_open(tmp_path: Path) -> None:
    ROW.open(artifact(tmp_path), 1)  # what the libraries keep open, they open once
    before, opened = os.fstat(1), len(list(Path("/proc/self/fd").iterdir()))
    session = open_session(str(artifact(tmp_path)), {})
    assert session is not None
    with pytest.raises(RuntimeError):
        open_session(b"none", {})
    assert (os.fstat(1).st_dev, os.fstat(1).st_ino) == (before.st_dev, before.st_ino)
    assert len(list(Path("/proc/self/fd").iterdir())) <= opened


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.99])
def test_a_truncated_artifact_is_refused_in_one_line(share: float, tmp_path: Path) -> None:
    path = artifact(tmp_path)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(ArllieError, match=r"m\.onnx: QNN cannot open it") as caught:
        ROW.open(path, 1)
    assert len(str(caught.value).splitlines()) == 1


def test_metadata_that_is_missing_or_cannot_be_honored_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ArllieError, match="layout is 'NHWC'"):
        ROW.open(artifact(tmp_path, layout="NHWC"), 1)
    model = onnx.load(artifact(tmp_path))
    del model.metadata_props[:]
    onnx.save(model, tmp_path / "bare.onnx")
    with pytest.raises(ArllieError, match="holds no arllie metadata"):
        ROW.open(tmp_path / "bare.onnx", 1)


def test_a_model_without_an_artifact_is_refused() -> None:
    with pytest.raises(ArllieError, match=r"arllie-export --target qnn-htp"):
        ROW.open(ENHANCER, 1)


@pytest.mark.parametrize(("system", "machine"), [("Linux", "aarch64"), ("Windows", "x86_64")])
def test_machines_without_the_emulator_are_told_so(
    system: str, machine: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(platform, "system", lambda: system)
    monkeypatch.setattr(platform, "machine", lambda: machine)
    with pytest.raises(UnavailableError, match="Linux on x86-64 only"):
        ROW.open(artifact(tmp_path), 1)
