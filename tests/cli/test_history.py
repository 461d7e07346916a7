import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from support.bench_rows import made_result, measured_row
from support.commands import Finished, assert_refused, bound_by_permissions


def run_history(*arguments: object, within: list[str] | None = None) -> Finished:
    program = (
        "import sys; from arllie_deploy.cli.program import run_one; from arllie_deploy.cli.history import command; "
        "sys.exit(run_one('arllie-history', command))"
    )
    line = [*(within or []), sys.executable, "-P", "-W", "error", "-c", program, *map(str, arguments)]
    done = subprocess.run(line, capture_output=True, text=True, check=False, timeout=60)
    return Finished(done.returncode, done.stdout, done.stderr)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for number, ratio in enumerate((80.0, 40.0), 1):
        result = made_result(replace(measured_row(), x_copy_cold=ratio))
        place = tmp_path / "out" / "runs" / f"run-{number}"
        place.mkdir(parents=True)
        result = replace(result, run_id=place.name, started=f"2026-11-0{number}T00:00:00Z")
        (place / "bench.json").write_text(json.dumps(result.to_json()))
    return tmp_path / "out"


def test_a_table_and_a_page_twice_in_a_row(folder: Path) -> None:
    for _ in range(2):
        done = run_history(folder)
        assert (done.status, done.err) == (0, "")
        assert "cpu · onnxruntime · fp32 · 2 threads" in done.out
        assert "-50.0 %" in done.out
        assert done.out.splitlines()[-1] == f"2 runs, drawn in {folder / 'history.html'}"
    assert "<svg" in (folder / "history.html").read_text()


def test_json_is_one_object_and_bad_files_are_noted_beside_it(folder: Path) -> None:
    (folder / "bad.json").write_text("{")
    done = run_history(folder, "--json", "--out", folder / "page.html")
    assert done.status == 0
    value = json.loads(done.out)
    assert [point["x_copy_cold"] for point in value["series"][0]["points"]] == [80.0, 40.0]
    assert done.err.startswith(f"skipped {folder / 'bad.json'}: not a JSON file")
    assert (folder / "page.html").exists()
    assert not (folder / "history.html").exists()


def test_a_page_of_somebody_else_is_not_replaced(folder: Path) -> None:
    (folder / "history.html").write_text("<h1>my thesis</h1>")
    assert_refused(run_history(folder), "history.html exists; pass --force to replace it")
    assert (folder / "history.html").read_text() == "<h1>my thesis</h1>"
    assert run_history(folder, "--force").status == 0
    assert "my thesis" not in (folder / "history.html").read_text()


def test_wrong_use_is_one_line(folder: Path, tmp_path: Path) -> None:
    assert_refused(run_history(tmp_path / "none"), "none is not a folder")
    empty = tmp_path / "empty"
    empty.mkdir()
    assert_refused(run_history(empty), "holds no result of arllie-bench")
    assert list(empty.iterdir()) == []
    assert_refused(run_history(), "DIR")
    assert_refused(run_history(folder, "--out", tmp_path / "missing" / "page.html"), "missing")


def test_a_read_only_folder_is_refused(folder: Path) -> None:
    folder.chmod(0o555)
    assert_refused(run_history(folder, within=bound_by_permissions(folder)), "permission denied")
    shutil.rmtree(folder)
