from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import pytest
from support.bench_rows import unavailable_row
from support.enhancers import random_enhancer
from support.pictures import scene

from arllie_deploy import ArllieError
from arllie_deploy.bench.backends import BACKENDS, cuda, find_backends
from arllie_deploy.bench.backends.cuda import has_device, onnxruntime_problem, torch_problem
from arllie_deploy.bench.candidate import Candidate, Subject
from arllie_deploy.bench.contestant import Settings
from arllie_deploy.bench.protocol import measure
from arllie_deploy.bench.row import Row
from arllie_deploy.bench.status import Status
from arllie_deploy.export import onnx as export_onnx
from arllie_deploy.export.parity import LIMITS
from arllie_deploy.export.request import Request
from arllie_deploy.export.targets import TARGETS
from arllie_deploy.native.library import library
from arllie_deploy.runtimes import RUNTIMES

SUBJECT = Subject(random_enhancer(), [scene(0)], 3)


def test_rows_are_named_after_their_keys() -> None:
    assert [row.name for row in BACKENDS.values()] == list(BACKENDS)


def test_names_are_found_in_order_and_once() -> None:
    assert [row.name for row in find_backends("dsp, cpu,dsp")] == ["dsp", "cpu"]


@pytest.mark.parametrize(
    ("names", "hint"), [("cpi", "did you mean 'cpu'"), ("cpu,cudaa", "did you mean 'cuda'"), ("", "known: cpu, cuda")]
)
def test_an_unknown_name_is_refused_with_the_nearest(names: str, hint: str) -> None:
    with pytest.raises(ArllieError, match=hint):
        find_backends(names)


def test_cpu_runs_the_model_itself_and_every_artifact_beside_its_engine() -> None:
    artifact = Candidate(backend="cpu", runtime="onnxruntime", target="onnx-cpu", size="48x40")
    missing = unavailable_row()
    entries = BACKENDS["cpu"].entries(SUBJECT, [missing, artifact])
    assert [(entry.runtime, entry.target) for entry in entries] == [
        ("native", None),
        ("onnxruntime", None),
        ("onnxruntime", "onnx-cpu"),
        ("litert", None),
        ("torch", None),
        ("numpy", None),
        ("torch-compiled", None),
    ]
    assert [entry.precision for entry in entries[:2]] == ["int8x16", "fp32"]
    assert entries[1].threads == 3
    assert entries[3] is missing


def test_every_number_of_threads_is_a_row_where_an_engine_has_several() -> None:
    subject = Subject(SUBJECT.enhancer, SUBJECT.frames, 3, more_threads=(1, 2))
    entries = BACKENDS["cpu"].entries(subject, [])
    assert [entry.threads for entry in entries if entry.runtime == "onnxruntime"] == [3, 1, 2]
    assert [entry.threads for entry in entries if entry.runtime == "numpy"] == [3]


def test_cpu_says_what_an_engine_that_is_not_installed_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("arllie_deploy.runtimes.base.find_spec", lambda name: None)
    monkeypatch.setattr("arllie_deploy.native.library.library_path", lambda: None)
    library.cache_clear()
    entries = BACKENDS["cpu"].entries(SUBJECT, [])
    assert len(entries) == sum(row.opens_enhancer for row in RUNTIMES.values()) + 1  # torch once more, compiled
    for entry in entries:
        assert isinstance(entry, Row)
        assert entry.status is Status.UNAVAILABLE
        assert "pip install" in (entry.reason or "")


@pytest.mark.parametrize("name", ["npu", "dsp"])
def test_without_a_phone_its_delegate_is_one_row_with_a_reason(name: str) -> None:
    (entry,) = [entry for entry in BACKENDS[name].entries(SUBJECT, []) if entry.runtime == "litert"]
    assert isinstance(entry, Row)
    assert (entry.backend, entry.status, entry.size) == (name, Status.UNAVAILABLE, "48x40")
    assert entry.reason


def test_on_dsp_everything_that_is_executed_here_is_asked_of_an_emulator() -> None:
    artifact = Candidate(backend="dsp", runtime="x", target="y", accelerator="hexagon", size="48x40", threads=3)
    decided = unavailable_row()
    entries = BACKENDS["dsp"].entries(SUBJECT, [artifact, replace(artifact, threads=1), decided])
    assert [entry.runtime for entry in entries] == ["native-hexagon", "litert", "x", "litert"]
    assert entries[-1] is decided
    asked = [(entry.accelerator, entry.threads) for entry in entries if isinstance(entry, Candidate)]
    assert set(asked) == {("hexagon-emulator", None)}


def test_without_its_tools_our_kernel_on_dsp_names_the_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    entry = BACKENDS["dsp"].entries(SUBJECT, [])[0]
    assert isinstance(entry, Row)
    assert (entry.runtime, entry.precision, entry.status) == ("native-hexagon", "int8x16", Status.UNAVAILABLE)
    assert "apt-get install clang-22 lld-22" in str(entry.reason)
    assert "apt-get install qemu-user-static" in str(entry.reason)


CUDA_RUNTIMES = ["native-cuda", "onnxruntime", "onnxruntime-tensorrt", "torch", "torch-compiled", "torch-graph"]


def test_without_a_gpu_every_engine_of_cuda_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cuda, "has_device", lambda: False)
    entries = BACKENDS["cuda"].entries(SUBJECT, [])
    assert [entry.runtime for entry in entries] == CUDA_RUNTIMES
    for entry in entries:
        assert isinstance(entry, Row)
        assert (entry.status, "no NVIDIA device" in str(entry.reason)) == (Status.UNAVAILABLE, True)


def test_with_a_gpu_what_is_offered_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cuda, "has_device", lambda: True)
    monkeypatch.setattr(cuda, "_offered", lambda: ["CUDAExecutionProvider", "CPUExecutionProvider"])
    monkeypatch.setattr(cuda, "find_spec", lambda name: name)
    artifact = Candidate(backend="cuda", runtime="onnxruntime", target="onnx-cuda", accelerator="cuda", size="48x40")
    entries = BACKENDS["cuda"].entries(SUBJECT, [artifact])
    assert [entry.runtime for entry in entries] == CUDA_RUNTIMES
    assert [isinstance(entry, Candidate) for entry in entries] == [True, True, False, True, True, True]
    assert {entry.accelerator for entry in entries if isinstance(entry, Candidate)} == {"cuda"}
    assert isinstance(entries[2], Row)
    assert "TensorrtExecutionProvider" in str(entries[2].reason)


def test_the_reason_on_cuda_is_the_first_thing_that_is_missing() -> None:
    assert "no NVIDIA device" in str(onnxruntime_problem(False, [], "CUDAExecutionProvider"))
    assert "onnxruntime-gpu" in str(onnxruntime_problem(True, ["CPUExecutionProvider"], "CUDAExecutionProvider"))
    assert onnxruntime_problem(True, ["CUDAExecutionProvider"], "CUDAExecutionProvider") is None
    assert "no NVIDIA device" in str(torch_problem(False, True))
    assert "pip install" in str(torch_problem(True, False))
    assert torch_problem(True, True) is None


@pytest.mark.parametrize("target", ["onnx-cuda"])
def test_an_artifact_for_a_gpu_that_ran_on_the_processor_is_a_fallback(target: str, tmp_path: Path) -> None:
    """The real engine: it opens the file on the processor and says so, which is worth nothing on cuda."""
    if not TARGETS[target].availability().ok:
        pytest.skip("onnx cannot be written here")
    if has_device():
        pytest.skip("there is a GPU here")
    path = tmp_path / "m.onnx"
    export_onnx.write(Request(SUBJECT.enhancer, target, "fp32", (48, 40), path))
    asked = Candidate(
        backend="cuda", runtime="onnxruntime", target=target, accelerator="cuda", artifact=path, size="48x40", threads=1
    )
    row = measure(SUBJECT, [asked], limits=LIMITS, settings=Settings(rounds=1)).rows[0]
    assert row.status is Status.FALLBACK, row.reason
    assert "on the CPU" in str(row.executed_by)
    assert row.infer_ms is None


@pytest.mark.parametrize("opener", ["EAGER", "COMPILED", "GRAPH"])
def test_a_torch_that_reaches_no_gpu_is_unavailable_with_the_reason(opener: str) -> None:
    if find_spec("torch") is None or has_device():
        pytest.skip("no torch here, or a GPU")
    asked = Candidate(
        backend="cuda",
        runtime="torch",
        opener=f"arllie_deploy.runtimes.torch_cuda:{opener}",
        accelerator="cuda",
        size="48x40",
    )
    row = measure(SUBJECT, [asked], limits=LIMITS, settings=Settings(rounds=1)).rows[0]
    assert row.status is Status.UNAVAILABLE
    assert "reaches no CUDA device" in str(row.reason)
