import json
from pathlib import Path

import pytest

from arllie_deploy.bench.native.frame import WARM_UP
from arllie_deploy.bench.native.video import by_turns, main
from arllie_deploy.native.library import library_path


def test_every_way_has_its_turn_in_every_round() -> None:
    calls: list[tuple[str, int]] = []
    times = by_turns({name: lambda i, name=name: calls.append((name, i)) for name in ("a", "b")}, 3)
    assert calls == [(name, i) for i in range(-WARM_UP, 3) for name in ("a", "b")]
    assert {name: time.n for name, time in times.items()} == {"a": 3, "b": 3}


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
