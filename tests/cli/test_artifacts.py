from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.enhancers import random_enhancer

from arllie_deploy import ArllieError
from arllie_deploy.bench.backends import Entry
from arllie_deploy.bench.candidate import Candidate, Subject
from arllie_deploy.bench.row import Row
from arllie_deploy.bench.status import Status
from arllie_deploy.cli import artifacts as module
from arllie_deploy.export.job import Job
from arllie_deploy.export.manifest import read_manifest
from arllie_deploy.export.parity import LIMITS
from arllie_deploy.export.targets import TARGETS, Target
from arllie_deploy.runtimes import Availability

TARGET = replace(TARGETS["onnx-cpu"], needs=())
FILE = "random-onnx-cpu-fp32.onnx"


FRAMES = [np.zeros((48, 64, 3), np.uint8)]


def find(out: Path, seed: int = 0, target: Target = TARGET) -> Entry:
    (entry,) = module.artifacts(
        [target], Subject(random_enhancer(seed=seed), FRAMES, 2), ("fp32",), out, lambda _: None
    )
    return entry


def exporting(made: list[str], status: str = "ok", reason: str | None = None) -> Callable[..., dict[str, Any]]:
    """An exporter that writes a made-up file."""

    def export(job: Job, out: Path, *, timeout_s: float, force: bool) -> dict[str, Any]:
        from hashlib import sha256

        made.append(job.file_name)
        (out / job.file_name).write_bytes(b"artifact")
        digest = sha256(b"artifact").hexdigest()
        return {
            "status": status,
            "reason": reason,
            "file": job.file_name,
            "sha256": digest,
            "model_sha256": job.model.sha256,
        }

    return export


def test_what_is_missing_is_made_once_and_recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []
    monkeypatch.setattr(module, "export", exporting(made))
    for _ in range(2):
        entry = find(tmp_path)
        assert isinstance(entry, Candidate)
        assert entry.artifact == (tmp_path / FILE).resolve()
        assert (entry.runtime, entry.target, entry.size, entry.threads) == ("onnxruntime", "onnx-cpu", "64x48", 2)
    assert made == [FILE]
    assert list(read_manifest(tmp_path)) == [FILE]


@pytest.mark.parametrize("change", ["model", "bytes"])
def test_an_artifact_of_another_model_or_with_other_bytes_is_not_taken(
    change: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []
    monkeypatch.setattr(module, "export", exporting(made))
    find(tmp_path)
    if change == "bytes":
        (tmp_path / FILE).write_bytes(b"edited")
    find(tmp_path, seed=1 if change == "model" else 0)
    assert made == [FILE, FILE]


@pytest.mark.parametrize(
    ("exported", "status"), [("rejected", Status.WRONG), ("failed", Status.FAILED), ("unavailable", Status.UNAVAILABLE)]
)
def test_what_cannot_be_made_is_a_row_with_the_exporters_reason(
    exported: str, status: Status, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "export", exporting([], exported, "max 0.1"))
    entry = find(tmp_path)
    assert isinstance(entry, Row)
    assert (entry.status, entry.reason) == (status, "max 0.1")


def test_a_file_of_that_name_is_not_overwritten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def export(*arguments: object, **options: object) -> None:
        assert options["force"] is False
        raise ArllieError("it exists with other bytes; pass --force to replace it")

    monkeypatch.setattr(module, "export", export)
    entry = find(tmp_path)
    assert isinstance(entry, Row)
    assert entry.status is Status.FAILED
    assert "other bytes" in (entry.reason or "")


def test_without_a_converter_it_says_which_commands_bring_the_artifact(tmp_path: Path) -> None:
    fixed = replace(TARGET, dynamic=False, needs=("no_such_module",))
    entry = find(tmp_path, target=fixed)
    assert isinstance(entry, Row)
    assert entry.status is Status.UNAVAILABLE
    assert 'pip install "arllie-deploy[export]"' in (entry.reason or "")
    assert "arllie-export --target onnx-cpu --size 64x48" in (entry.reason or "")
    (tmp_path / "random-onnx-cpu-fp32-64x48.onnx").write_bytes(b"brought from elsewhere")
    assert isinstance(find(tmp_path, target=fixed), Candidate)


def test_without_the_engine_it_says_how_to_install_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Missing:
        def availability(self) -> Availability:
            return Availability(False, reason="pip install it")

    monkeypatch.setattr(module, "RUNTIMES", {"onnxruntime": Missing()})
    entry = find(tmp_path)
    assert isinstance(entry, Row)
    assert (entry.status, entry.reason) == (Status.UNAVAILABLE, "pip install it")


def test_integers_are_of_the_member_whose_form_carries_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "export", exporting([]))
    target = TARGETS["tflite-cpu"]
    found = {}
    for epilogue in ("residual", "direct", "plain"):
        subject = Subject(random_enhancer(epilogue), FRAMES, None)
        entries = module.artifacts([replace(target, needs=())], subject, ("fp32", "int8"), tmp_path, lambda _: None)
        found[epilogue] = [(entry.precision, entry.row(Status.FAILED, reason="-").model) for entry in entries]
    assert found["residual"] == [("fp32", None), ("int8", target.integer_model)]
    assert found["direct"] == found["plain"] == [("fp32", None), ("int8", None)]


def test_the_whole_matrix_is_every_precision_with_every_number_of_threads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "export", exporting([]))
    subject = Subject(random_enhancer("plain"), FRAMES, 4, more_threads=(1, 2))
    entries = module.artifacts([TARGET], subject, tuple(LIMITS), tmp_path, lambda _: None)
    assert {(entry.precision, entry.threads) for entry in entries} == {
        (precision, threads) for precision in TARGET.precisions for threads in (4, 1, 2)
    }


def test_only_what_says_something_on_this_machine_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "has_device", lambda: False)
    assert module.targets_here("cuda") == []
    monkeypatch.setattr(module, "has_device", lambda: True)
    names = {name: [target.name for target in module.targets_here(name)] for name in ("cpu", "cuda", "npu", "dsp")}
    assert names["cpu"] == ["onnx-cpu", "tflite-cpu", "ncnn-cpu", "openvino", "native-x86-64"]
    assert names["cuda"] == ["onnx-cuda"]
    assert sorted(names["npu"]) == ["ethos-u", "qnn-htp"]
    assert names["dsp"] == ["native-hexagon"]
