import multiprocessing
from pathlib import Path

import pytest
from support.manifest_writer import add_ten

from arllie_deploy import ArllieError
from arllie_deploy.export.manifest import merge_into_manifest, read_manifest


def test_entries_are_merged_by_file_name(tmp_path: Path) -> None:
    merge_into_manifest(tmp_path, {"a": {"n": 1}, "b": {"n": 2}})
    merge_into_manifest(tmp_path, {"b": {"n": 3}})
    assert read_manifest(tmp_path) == {"a": {"n": 1}, "b": {"n": 3}}
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


@pytest.mark.parametrize("text", ["", "{", "[]", '{"version": 1}', "\0"])
def test_a_damaged_manifest_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text(text)
    with pytest.raises(ArllieError, match="not a manifest"):
        merge_into_manifest(tmp_path, {})
    assert (tmp_path / "manifest.json").read_text() == text


def test_another_version_is_refused(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text('{"version": 2, "artifacts": {}}')
    with pytest.raises(ArllieError, match="manifest version 2"):
        read_manifest(tmp_path)
