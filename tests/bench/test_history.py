import json
import re
import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.bench_rows import MACHINE, made_result, measured_row, unavailable_row

from arllie_deploy import ArllieError
from arllie_deploy.bench.history import History, assemble, read_history, sparkline, table
from arllie_deploy.bench.history_chart import Axis, Curve, draw, small, spread, ticks
from arllie_deploy.bench.history_html import MARK, to_html
from arllie_deploy.bench.result import Result
from arllie_deploy.bench.row import Row
from arllie_deploy.bench.status import Status


def run(number: int, *rows: Row, **changes: Any) -> Result:
    facts = {"run_id": f"run-{number}", "started": f"2026-11-{number:02}T08:15:00Z"}
    return replace(made_result(*rows), **{**facts, **changes})


def row(x_cold: float, **changes: Any) -> Row:
    return replace(measured_row(), **{"x_copy_cold": x_cold, **changes})


def failed(**changes: Any) -> Row:
    made = replace(unavailable_row("it crashed"), backend="cpu", runtime="onnxruntime", precision="fp32")
    return replace(made, **{"status": Status.FAILED, **changes})


def put(path: Path, result: Result) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(result.to_json()))


def only(history: History) -> list[float | None]:
    (series,) = history.series
    return [point.x_copy_cold for point in series.points]


def test_runs_are_in_order_of_time() -> None:
    history = assemble([run(3, row(30.0)), run(1, row(10.0)), run(2, row(20.0))])
    assert [found.run_id for found in history.runs] == ["run-1", "run-2", "run-3"]
    assert only(history) == [10.0, 20.0, 30.0]


@pytest.mark.parametrize(
    "other",
    [
        {"runtime": "numpy"},
        {"precision": "int8"},
        {"threads": 1},
        {"size": "64x48"},
        {"device": "phone"},
        {"model": "another"},
    ],
    ids=lambda other: next(iter(other)),
)
def test_another_row_is_another_line(other: dict[str, Any]) -> None:
    assert len(assemble([run(1, row(10.0)), run(2, row(20.0, **other))]).series) == 2


def test_another_processor_is_another_line() -> None:
    elsewhere = run(2, row(20.0), machine=replace(MACHINE, cpu="Other CPU"))
    assert [series.ratios for series in assemble([run(1, row(10.0)), elsewhere]).series] == [[10.0], [20.0]]


def test_a_row_that_failed_before_it_told_its_threads_is_a_gap_in_its_line() -> None:
    history = assemble([run(1, row(10.0)), run(2, failed(threads=None)), run(3, row(12.0))])
    assert only(history) == [10.0, None, 12.0]
    assert history.series[0].points[1].reason == "it crashed"


def test_every_place_is_read_and_each_run_once(tmp_path: Path) -> None:
    put(tmp_path / "runs" / "a" / "bench.json", run(1, row(10.0)))
    put(tmp_path / "runs" / "b" / "bench.json", run(2, row(20.0)))
    put(tmp_path / "bench.json", run(2, row(20.0)))
    put(tmp_path / "nightly" / "bench.json", run(3, row(30.0)))
    put(tmp_path / "release.json", run(4, row(40.0)))
    for other in ("manifest.json", "compare.json"):
        (tmp_path / other).write_text("{}")
    history = read_history(tmp_path)
    assert only(history) == [10.0, 20.0, 30.0, 40.0]
    assert history.skipped == ()


def test_bad_files_are_named_and_the_others_count(tmp_path: Path) -> None:
    put(tmp_path / "good.json", run(1, row(10.0)))
    put(tmp_path / "zero.json", run(2, row(0.0)))
    put(tmp_path / "huge.json", run(3, row(1e300)))
    (tmp_path / "half.json").write_text('{"schema_version": 1, "rows"')
    (tmp_path / "old.json").write_text('{"schema_version": 0}')
    (tmp_path / "folder.json").mkdir()
    history = read_history(tmp_path)
    assert only(history) == [10.0]
    reasons = {Path(skipped.path).name: skipped.reason for skipped in history.skipped}
    assert set(reasons) == {"zero.json", "huge.json", "half.json", "old.json"}
    assert reasons["half.json"].startswith("not a JSON file")
    assert "schema version" in reasons["old.json"]
    assert reasons["zero.json"] == "row 0 has x_copy_cold 0, which no measurement gives"


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ArllieError, match="holds no result of arllie-bench"):
        read_history(tmp_path)
    (tmp_path / "bad.json").write_text("[]")
    with pytest.raises(ArllieError, match=r"bad\.json: not a result"):
        read_history(tmp_path)
    with pytest.raises(ArllieError, match="is not a folder"):
        read_history(tmp_path / "none")


def test_the_table_has_first_last_and_change() -> None:
    history = assemble([run(1, row(10.0), failed(runtime="ncnn")), run(2, row(40.0)), run(3, row(15.0))])
    header, (cells,) = table(history)
    told = dict(zip(header, cells, strict=True))
    assert {"runs": "3", "first": "10", "last": "15", "change": "+50.0 %", "least": "10", "most": "40"}.items() <= (
        told.items()
    )
    assert told["trend of × copy cold"] == "▁█▂"


@given(st.lists(st.floats(1e-6, 1e9), min_size=1, max_size=30))
def test_the_least_is_lowest_and_the_greatest_highest(values: list[float]) -> None:
    drawn = sparkline(values)
    assert len(drawn) == len(values)
    if max(values) > min(values):
        assert drawn[values.index(min(values))] == "▁"
        assert drawn[values.index(max(values))] == "█"


@given(st.lists(st.floats(0.0, 300.0), min_size=1, max_size=18))
def test_labels_keep_their_order_and_do_not_overlap(wanted: list[float]) -> None:
    places = spread(wanted, 17.0, 0.0, 300.0)
    assert all(-1e-6 <= place <= 300.0 + 1e-6 for place in places)
    ordered = sorted(places)
    assert all(after - before >= 17.0 - 1e-6 for before, after in pairwise(ordered))
    assert all(places[i] < places[j] for i in range(len(places)) for j in range(len(places)) if wanted[i] < wanted[j])


def test_labels_with_room_stay_where_they_are() -> None:
    assert spread([200.0, 20.0, 90.0], 17.0, 0.0, 300.0) == [200.0, 20.0, 90.0]


@given(st.floats(1e-6, 1e8), st.floats(1.01, 1e6))
def test_ticks_lie_within_the_axis(low: float, factor: float) -> None:
    found = ticks(low, low * factor)
    assert all(low <= value <= low * factor for value in found)
    assert found == sorted(set(found))
    assert found or factor < 10
    assert len(found) <= 30


def test_equal_factors_are_equal_steps_upward() -> None:
    axis = Axis(1.0, 100.0, 10.0, 110.0)
    assert [axis.at(ratio) for ratio in (1.0, 10.0, 100.0)] == pytest.approx([110.0, 60.0, 10.0])


DATES = ["2026-11-01T08:15:00Z", "2026-11-02T08:15:00Z", "2026-11-03T08:15:00Z", "2026-11-04T08:15:00Z"]


def test_a_line_breaks_where_a_row_had_no_time_and_not_where_it_was_not_asked_for() -> None:
    broken = Curve("broken", ((0, 1.0), (1, 2.0), (2, None), (3, 4.0)))
    asked_less = Curve("asked less", ((0, 1.0), (1, 2.0), (3, 4.0)))
    paths = [re.findall(r'class="trend" d="([^"]+)"', draw([curve], DATES)) for curve in (broken, asked_less)]
    assert [[path.count("L") for path in found] for found in paths] == [[1], [2]]
    assert draw([broken], DATES).count("<circle") == 3


def test_every_line_has_a_color_or_a_dash_of_its_own() -> None:
    curves = [Curve(f"row {number}", ((0, 1.0 + number), (1, 2.0 + number))) for number in range(20)]
    drawn = draw(curves, DATES)
    looks = re.findall(r'<g class="(line-\d)"><title>[^<]+</title><path class="trend" d="[^"]+"([^/]*)/>', drawn)
    assert len(looks) == len(set(looks)) == 20
    assert ElementTree.fromstring(small(curves[0], 2, 9)).get("aria-hidden") == "true"


@pytest.mark.parametrize("count", [1, 2, 40])
def test_the_chart_is_well_formed_and_says_its_figures(count: int) -> None:
    dates = [f"2026-11-01T{number:02}:00:00Z" for number in range(count)]
    label = 'a <very> "long" & winding name of a row that nobody can read'
    root = ElementTree.fromstring(draw([Curve(label, tuple((n, 5.0 + n) for n in range(count)))], dates))
    assert root.get("role") == "img"
    assert f"{label}: 5 times the copy at first" in (root.get("aria-label") or "")
    texts = ["".join(text.itertext()) for text in root.iter("text")]
    assert any(text.endswith("…") for text in texts)
    assert {dates[0][:10] + dates[0][11:16], dates[-1][:10] + dates[-1][11:16]} <= set(texts)


class Tags(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.attributes: list[tuple[str, str | None]] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes.extend(attrs)
        if tag != "meta":
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes.extend(attrs)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def page(*results: Result) -> str:
    return to_html(assemble(results)).decode()


def test_the_page_is_whole_and_loads_nothing() -> None:
    text = page(run(1, row(10.0)), run(2, row(20.0), failed(runtime="ncnn")))
    tags = Tags(text)
    assert tags.open == []
    assert "http" not in text
    assert "<script" not in text
    assert not {"src", "href", "onclick", "style"} & {name for name, _ in tags.attributes}
    assert MARK in text[:1024]
    assert "prefers-color-scheme: dark" in text


def test_each_machine_size_and_model_has_a_chart_and_a_table_that_says_the_same() -> None:
    text = page(run(1, row(10.0), row(70.0, size="64x48")), run(2, row(20.0), row(7.0, model="other")))
    assert text.count('role="img"') == 3
    assert text.count("<tbody>") == 3
    assert ">+100.0 %<" in text
    for heading in ("random at 48x40", "random at 64x48", "other at 48x40"):
        assert f"<h2>{heading}</h2>" in text


def test_what_comes_from_files_is_escaped_and_reasons_are_told() -> None:
    text = page(run(1, row(10.0)), run(2, failed(threads=None, reason="<b>boom</b>")), run(3, row(9.0), complete=False))
    assert "<b>boom" not in text
    assert "failed: &lt;b&gt;boom&lt;/b&gt;" in text
    assert "Made CPU &amp; Sons &lt;1&gt;" in text
    assert "run run-3 was interrupted" in text
    hostile = page(run(1, row(10.0, runtime='"><script>alert(1)</script>'), started='"><i>2026'))
    assert "<script" not in hostile
    assert "<i>" not in hostile
    assert Tags(hostile).open == []


def test_a_history_without_any_measured_row_has_a_page_too() -> None:
    text = page(run(1, failed(runtime="ncnn")))
    assert "<svg" not in text
    assert "never measured: cpu · ncnn" in text
