import json
from pathlib import Path

import pytest

from arllie_deploy.bench.native.frame import WARM_UP, by_turns, main
from arllie_deploy.native.library import library_path


def test_every_way_has_its_turn_in_every_round() -> None:
    calls: list[tuple[str, int]] = []
    times = by_turns({name: lambda i, name=name: calls.append((name, i)) for name in ("a", "b")}, 3)
    assert calls == [(name, i) for i in range(-WARM_UP, 3) for name in ("a", "b")]
    assert {name: time.n for name, time in times.items()} == {"a": 3, "b": 3}


@pytest.mark.skipif(library_path() is None, reason="the native kernel was not built here")
def test_a_frame_is_printed_and_written_in_copies_of_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "rows.json"
    line = ["--set", "portable", "--size", "64x64", "--threads", "1", "--pairs", "3", "--json", str(path)]
    assert main(line) == 0
    rows = json.loads(path.read_text())
    assert [(row["instruction_set"], row["size"], row["cache"]) for row in rows] == [
        ("portable", "64x64", "hot"),
        ("portable", "64x64", "cold"),
    ]
    for row in rows:
        assert row["copy"]["n"] == row["kernel"]["n"] == 3
        assert row["ratio"] == row["kernel"]["p50"] / row["copy"]["p50"]
    printed = capsys.readouterr().out.splitlines()
    assert [line.split()[:4] for line in printed[1:]] == [
        ["portable", "64x64", "1", cache] for cache in ("hot", "cold")
    ]


@pytest.mark.skipif(library_path() is None, reason="the native kernel was not built here")
def test_what_cannot_be_measured_is_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--set", "portable", "--size", "64x64", "--threads", "65"]) == 2
    assert capsys.readouterr().err == "error: 65 threads; the native kernel takes 1 to 64\n"
