import pytest
from support.bench_rows import unavailable_row
from support.enhancers import random_enhancer
from support.pictures import scene

from arllie_deploy import ArllieError
from arllie_deploy.bench.backends import BACKENDS, find_backends
from arllie_deploy.bench.backends.cuda import cuda_problem
from arllie_deploy.bench.candidate import Candidate, Subject
from arllie_deploy.bench.row import Row
from arllie_deploy.bench.status import Status
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
        ("onnxruntime", None),
        ("onnxruntime", "onnx-cpu"),
        ("litert", None),
        ("numpy", None),
    ]
    assert entries[0].threads == 3
    assert entries[2] is missing


def test_cpu_says_what_an_engine_that_is_not_installed_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("arllie_deploy.runtimes.base.find_spec", lambda name: None)
    entries = BACKENDS["cpu"].entries(SUBJECT, [])
    assert len(entries) == sum(row.opens_enhancer for row in RUNTIMES.values())
    for entry in entries:
        assert isinstance(entry, Row)
        assert entry.status is Status.UNAVAILABLE
        assert "pip install" in (entry.reason or "")


@pytest.mark.parametrize("name", ["cuda", "npu", "dsp"])
def test_the_others_give_one_row_with_a_reason(name: str) -> None:
    (entry,) = BACKENDS[name].entries(SUBJECT, [])
    assert isinstance(entry, Row)
    assert (entry.backend, entry.status, entry.size) == (name, Status.UNAVAILABLE, "48x40")
    assert entry.reason


def test_the_reason_on_cuda_is_the_first_thing_that_is_missing() -> None:
    assert "no NVIDIA device" in cuda_problem(False, ["CPUExecutionProvider"])
    assert "onnxruntime-gpu" in cuda_problem(True, ["CPUExecutionProvider"])
    assert "not time on it yet" in cuda_problem(True, ["CUDAExecutionProvider", "CPUExecutionProvider"])
