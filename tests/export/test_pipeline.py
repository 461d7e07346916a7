import hashlib
from pathlib import Path
from typing import Any

import pytest
from support.enhancers import random_enhancer

from arllie_deploy import ArllieError
from arllie_deploy.export import pipeline
from arllie_deploy.export.child import ChildError, run_child
from arllie_deploy.export.manifest import Entry
from arllie_deploy.export.parity import LIMITS
from arllie_deploy.export.pipeline import Job, export
from arllie_deploy.export.targets import TARGETS
from arllie_deploy.runtimes import Availability

needs_onnx = pytest.mark.skipif(not TARGETS["onnx-cpu"].availability().ok, reason="onnx or onnxsim is missing")


def job(seed: int = 0) -> Job:
    return Job(TARGETS["onnx-cpu"], random_enhancer(seed=seed), "fp32", (64, 48))


def run(out: Path, seed: int = 0, *, force: bool = False) -> Entry:
    return export(job(seed), out, timeout_s=120, force=force)


@needs_onnx
def test_the_entry_tells_everything_about_the_artifact(tmp_path: Path) -> None:
    entry = run(tmp_path)
    data = (tmp_path / "random-onnx-cpu-fp32.onnx").read_bytes()
    assert entry["status"] == "ok"
    assert entry["sha256"] == hashlib.sha256(data).hexdigest()
    assert entry["bytes"] == len(data)
    assert entry["parity"]["sizes"] == ["64x48", "251x67"]
    assert entry["parity"]["max_abs"] <= LIMITS["fp32"]
    assert (entry["format"], entry["runtime"], entry["accelerator"]) == ("onnx", "onnxruntime", "cpu")
    assert {"arllie-deploy", "onnx", "onnxsim"} <= set(entry["tools"])
    assert [path.name for path in tmp_path.iterdir()] == ["random-onnx-cpu-fp32.onnx"]


@needs_onnx
def test_the_same_bytes_are_left_alone_and_others_need_force(tmp_path: Path) -> None:
    run(tmp_path)
    path = tmp_path / "random-onnx-cpu-fp32.onnx"
    before = (path.stat().st_mtime_ns, path.stat().st_ino)
    run(tmp_path)
    assert (path.stat().st_mtime_ns, path.stat().st_ino) == before
    with pytest.raises(ArllieError, match="other bytes; pass --force"):
        run(tmp_path, seed=1)
    assert (path.stat().st_mtime_ns, path.stat().st_ino) == before
    run(tmp_path, seed=1, force=True)
    assert path.stat().st_ino != before[1]


@needs_onnx
def test_a_wrong_artifact_is_kept_as_rejected_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The artifact of one model is judged by the reference of another."""
    from arllie_deploy.enhancer_file import save

    other = tmp_path / "other.safetensors"
    save(random_enhancer(seed=9), other)

    def judged_by_another(module: str, request: dict[str, Any], timeout_s: float) -> Any:
        swap = {"model": str(other)} if module.endswith("verify_step") else {}
        return run_child(module, {**request, **swap}, timeout_s)

    monkeypatch.setattr(pipeline, "run_child", judged_by_another)
    out = tmp_path / "out"
    out.mkdir()
    entry = run(out)
    assert entry["status"] == "rejected"
    assert "limit 1e-05" in entry["reason"]
    assert [path.name for path in out.iterdir()] == ["random-onnx-cpu-fp32.onnx.rejected"]


@pytest.mark.parametrize("step", ["write_step", "verify_step"])
def test_a_step_that_fails_is_reported_with_its_log(step: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(module: str, request: dict[str, Any], timeout_s: float) -> Any:
        if module.endswith(step):
            raise ChildError("crashed with SIGSEGV", "line 1\nline 2")
        Path(request["files"][0][0]).write_bytes(b"x")
        return {"operators": [], "layout": "NCHW", "tools": {}}

    monkeypatch.setattr(pipeline, "run_child", failing)
    monkeypatch.setattr(type(job().target), "availability", lambda self: Availability(True))
    entry = run(tmp_path)
    assert entry["status"] == "failed"
    assert "crashed with SIGSEGV" in entry["reason"]
    assert entry["log"] == "line 1\nline 2"
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_made_here_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(job().target), "availability", lambda self: Availability(False, reason="needs onnx: pip"))
    entry = run(tmp_path)
    assert (entry["status"], entry["reason"], entry["file"]) == ("unavailable", "needs onnx: pip", None)
