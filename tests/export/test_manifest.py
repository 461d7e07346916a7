import hashlib
import multiprocessing
from pathlib import Path

import pytest
from support.manifest_writer import add_ten

from arllie_deploy import ArllieError
from arllie_deploy.export.manifest import merge_into_manifest, read_manifest

FAILED = {"status": "failed"}


def test_entries_are_merged_by_file_name(tmp_path: Path) -> None:
    merge_into_manifest(tmp_path, {"a": FAILED, "b": FAILED})
    merge_into_manifest(tmp_path, {"b": {**FAILED, "n": 3}})
    assert read_manifest(tmp_path) == {"a": FAILED, "b": {**FAILED, "n": 3}}
    assert [path.name for path in tmp_path.iterdir()] == ["manifest.json"]


def test_two_programs_at_once_lose_nothing(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=add_ten, args=(tmp_path, name)) for name in ("a", "b", "c")]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
        assert worker.exitcode == 0
    assert len(read_manifest(tmp_path)) == 30


def test_a_failed_attempt_does_not_hide_a_good_artifact_that_is_there(tmp_path: Path) -> None:
    (tmp_path / "m.onnx").write_bytes(b"good")
    good = {"status": "ok", "file": "m.onnx", "sha256": hashlib.sha256(b"good").hexdigest(), "model_sha256": "0"}
    merge_into_manifest(tmp_path, {"m.onnx": good})
    merge_into_manifest(tmp_path, {"m.onnx": FAILED})
    assert read_manifest(tmp_path) == {"m.onnx": good}
    (tmp_path / "m.onnx").write_bytes(b"edited")
    merge_into_manifest(tmp_path, {"m.onnx": FAILED})
    assert read_manifest(tmp_path) == {"m.onnx": FAILED}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        '{"version": 1}',
        "\0",
        '{"version": 1, "artifacts": []}',
        '{"version": 1, "artifacts": {"a": 3}}',
        '{"version": 1, "artifacts": {"a": {}}}',
        '{"version": 1, "artifacts": {"a": {"status": "ok"}}}',
    ],
)
def test_a_damaged_manifest_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text(text)
    with pytest.raises(ArllieError, match="not a manifest"):
        merge_into_manifest(tmp_path, {})
    assert (tmp_path / "manifest.json").read_text() == text


def test_another_version_is_refused(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text('{"version": 2, "artifacts": {}}')
    with pytest.raises(ArllieError, match="manifest version 2"):
        read_manifest(tmp_path)
