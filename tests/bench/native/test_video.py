import json
from pathlib import Path

import pytest

from arllie_deploy.bench.native.video import main
from arllie_deploy.native.library import library_path


@pytest.mark.skipif(library_path() is None, reason="the native kernel was not built here")
def test_the_three_ways_are_printed_and_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--threads", "1", "--rounds", "2", "--json", str(tmp_path / "rows.json")]) == 0
    rows = json.loads((tmp_path / "rows.json").read_text())
    assert [row["way"] for row in rows] == ["plain", "separate", "fused"]
    for row in rows:
        assert row["frames_per_second"] == pytest.approx(1000 / row["time"]["p50"])
        assert row["ratio"] == pytest.approx(row["time"]["p50"] / rows[0]["time"]["p50"])
        assert row["extra_bytes"] <= 2**20
    assert rows[2]["extra_bytes"] > rows[0]["extra_bytes"] == rows[1]["extra_bytes"]
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == ["way", "plain", "separate", "fused"]


@pytest.mark.skipif(library_path() is None, reason="the native kernel was not built here")
def test_a_fixed_model_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--model", "arllie-lol"]) == 2
    assert "arllie-lol is not adaptive" in capsys.readouterr().err
