import hashlib
from pathlib import Path
from typing import Any

import pytest
from support.enhancers import random_enhancer

from arllie_deploy import ArllieError
from arllie_deploy.export import pipeline
from arllie_deploy.export.child import ChildError, run_child
from arllie_deploy.export.job import Job
from arllie_deploy.export.manifest import Entry
from arllie_deploy.export.parity import LIMITS
from arllie_deploy.export.pipeline import export
from arllie_deploy.export.targets import TARGETS
from arllie_deploy.models import find_fixed_model
from arllie_deploy.pictures.codecs import picture_size
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
    assert entry["parity"]["max_abs"] <= LIMITS["fp32"].max_abs
    assert (entry["format"], entry["runtime"], entry["accelerator"]) == ("onnx", "onnxruntime", "cpu")
    assert {"arllie-deploy", "onnx", "onnxsim"} <= set(entry["tools"])
    assert entry["files"] == [{key: entry[key] for key in ("file", "sha256", "bytes")}]
    assert (entry["executed_by"], entry["calibration"]) == ("onnxruntime on the CPU", None)
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
    names = ["random-onnx-cpu-fp32.onnx.rejected", "random-onnx-cpu-fp32.onnx.rejected.png"]
    assert sorted(path.name for path in out.iterdir()) == names
    # The frame, the result and the reference of the 64×48 parity frame, side by side.
    assert picture_size(out / names[1]) == (3 * 64, 48)
    monkeypatch.undo()
    assert run(out)["status"] == "ok"
    assert [path.name for path in out.iterdir()] == ["random-onnx-cpu-fp32.onnx"]


@pytest.mark.parametrize("step", ["write_step", "verify_step"])
def test_a_step_that_fails_is_reported_with_its_log(step: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(module: str, request: dict[str, Any], timeout_s: float) -> Any:
        if module.endswith(step):
            raise ChildError("crashed with SIGSEGV", "line 1\nline 2")
        Path(request["files"][0][0]).write_bytes(b"x")
        return [{"operators": [], "layout": "NCHW"}]

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


@needs_onnx
def test_an_integer_entry_says_how_it_was_calibrated(tmp_path: Path) -> None:
    integer = Job(TARGETS["onnx-cpu"], find_fixed_model("arllie-plain-lol"), "int8", (64, 48))
    entry = export(integer, tmp_path, timeout_s=120, force=False)
    assert entry["status"] == "ok", entry["reason"]
    assert entry["calibration"]["source"] == "packaged dark set"
    assert set(entry["scales"]) == {"y", "z", "kernel"}
    assert entry["scales"]["y"] == {"scale": 1 / 255, "zero_point": -128, "dtype": "int8"}
    assert entry["parity"]["dark_psnr_db"] >= 45.0


def test_a_form_that_does_not_fit_names_the_member_that_does() -> None:
    problem = Job(TARGETS["onnx-cpu"], random_enhancer("residual"), "int8", (64, 48)).form_problem()
    assert problem is not None
    assert "takes the form plain or direct, and random is residual; use --model arllie-plain-lol" in problem


@needs_onnx
def test_all_files_of_an_artifact_are_kept_or_rejected_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A step that stands in for a format of two files."""
    verdict = {"parity": {}, "failed": None, "executed_by": "nothing", "facts": {}}

    def two_files(module: str, request: dict[str, Any], timeout_s: float) -> Any:
        if module.endswith("verify_step"):
            return verdict
        main = Path(request["files"][-1][0])
        main.write_bytes(b"main")
        main.with_suffix(".bin").write_bytes(b"weights")
        return [{"operators": [], "layout": "NCHW", "sidecars": [main.with_suffix(".bin").name]}]

    monkeypatch.setattr(pipeline, "run_child", two_files)
    entry = run(tmp_path)
    names = ["random-onnx-cpu-fp32.bin", "random-onnx-cpu-fp32.onnx"]
    assert sorted(facts["file"] for facts in entry["files"]) == names
    assert sorted(path.name for path in tmp_path.iterdir()) == names
    (tmp_path / names[0]).write_bytes(b"others")
    with pytest.raises(ArllieError, match=r"fp32.bin exists with other bytes; pass --force"):
        run(tmp_path)
    verdict["failed"] = "frame x"
    assert run(tmp_path)["status"] == "rejected"
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([*names, *(f"{name}.rejected" for name in names)])
    verdict["failed"] = None
    run(tmp_path, force=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == names
