import json
from dataclasses import replace
from pathlib import Path

import pytest
from support.bench_rows import MACHINE, made_result, measured_row

from arllie_deploy import ArllieError
from arllie_deploy.cli.compare import compare_runs, print_comparison, read_older, to_file


def test_the_older_run_is_read_and_an_unlike_one_refused_before_anything_is_timed(tmp_path: Path) -> None:
    old = made_result()
    path = tmp_path / "old.json"
    path.write_text(json.dumps(old.to_json()))
    assert read_older(path, old.size, old.machine).run_id == old.run_id
    assert read_older(path, old.size, None).run_id == old.run_id
    with pytest.raises(ArllieError, match=f"give --size {old.size} to compare"):
        read_older(path, "8x8", MACHINE)
    with pytest.raises(ArllieError, match="different processors"):
        read_older(path, old.size, replace(MACHINE, architecture="aarch64"))


def test_table_on_stdout_doubts_on_stderr_and_a_file(capsys: pytest.CaptureFixture[str]) -> None:
    times = replace(measured_row().end_to_end_ms, n=60)  # type: ignore[type-var]  # a measured row has times
    old_row = replace(measured_row(), end_to_end_ms=times)
    new_row = replace(old_row, x_copy_hot=600.0, x_copy_cold=240.0)
    old, new = made_result(old_row), made_result(new_row, complete=False)
    assert old.floor is not None
    floor = replace(old.floor, copy_hot_ms=times, copy_cold_ms=times)
    comparison = compare_runs(replace(old, floor=floor), replace(new, floor=floor), 0.05)
    print_comparison(comparison)
    printed = capsys.readouterr()
    assert printed.out.splitlines()[0] == "against 20261121T000000Z-0000, 5 % allowed beyond the noise:"
    assert printed.out.splitlines()[2].startswith("regressed  cpu · onnxruntime")
    assert printed.err == "compare: this run was interrupted: fewer rounds than planned\n"
    assert json.loads(to_file(comparison))["ok"] is False
