from pathlib import Path

import pytest

from arllie_deploy import ArllieError
from arllie_deploy.bench.run_folder import plan_run


def test_the_newest_run_is_on_top_and_every_run_is_kept(tmp_path: Path) -> None:
    first, second = plan_run(tmp_path), plan_run(tmp_path)
    assert first.run_id != second.run_id
    first.write({"bench.json": b"1"})
    second.write({"bench.json": b"2"})
    assert (tmp_path / "bench.json").read_bytes() == b"2"
    assert [(run.path / "bench.json").read_bytes() for run in (first, second)] == [b"1", b"2"]


def test_planning_leaves_no_file(tmp_path: Path) -> None:
    plan_run(tmp_path / "out")
    assert [path.name for path in (tmp_path / "out").rglob("*")] == ["runs"]


def test_a_folder_that_cannot_be_written_to_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**arguments: object) -> None:
        raise PermissionError(13, "Permission denied", "a temporary name")

    monkeypatch.setattr("arllie_deploy.atomic.tempfile.mkstemp", refuse)
    with pytest.raises(PermissionError) as caught:
        plan_run(tmp_path)
    assert caught.value.filename == str(tmp_path)


def test_a_file_in_the_way_is_refused(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("")
    with pytest.raises(ArllieError, match="not a folder"):
        plan_run(tmp_path / "out")
