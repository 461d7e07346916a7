import csv
import io
import re
from html.parser import HTMLParser

import numpy as np
import pytest
from support.bench_rows import made_result, measured_row, unavailable_row
from support.pictures import darkened, scene

from arllie_deploy.bench.report_chart import Bars, Line, decades, draw, position
from arllie_deploy.bench.report_csv import columns, to_csv
from arllie_deploy.bench.report_html import to_html
from arllie_deploy.bench.result import Result

BEFORE, AFTER = darkened(scene(1), 1), scene(1)


def page(result: Result | None = None) -> str:
    return to_html(result or made_result(), BEFORE, AFTER).decode()


def without_pictures(text: str) -> str:
    return re.sub(r"data:image/[a-z]+;base64,[A-Za-z0-9+/=]+", "", text)


class Tags(HTMLParser):
    """The start tags with their attributes, and those that were never closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.starts: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.starts.append((tag, dict(attrs)))
        if tag not in ("meta", "img", "input"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.starts.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_csv_has_a_column_per_figure_and_a_line_per_row() -> None:
    lines = list(csv.DictReader(io.StringIO(to_csv([measured_row(), unavailable_row()]).decode())))
    assert list(lines[0]) == columns()
    assert {"backend", "infer_n", "infer_p50_ms", "end_to_end_p99_ms", "parity_max_abs", "memory_bytes"} <= set(
        lines[0]
    )
    assert (lines[0]["infer_p50_ms"], lines[0]["infer_n"], lines[0]["status"]) == ("20.0", "3", "measured")
    assert lines[1]["infer_p50_ms"] == ""
    assert lines[1]["reason"] == "no adb program here; install <adb> & connect"


def test_the_page_loads_nothing() -> None:
    text = page()
    assert "http" not in without_pictures(text)
    for _, attributes in Tags(text).starts:
        assert (attributes.get("src") or "data:").startswith("data:")
        assert "href" not in attributes


def test_every_element_is_closed() -> None:
    assert Tags(page()).open == []


def test_what_comes_from_outside_is_escaped() -> None:
    text = page(made_result(command="arllie-bench --model '<script>alert(1)</script>'"))
    assert "<script>alert" not in text
    assert "Made CPU &amp; Sons &lt;1&gt;" in text
    assert "install &lt;adb&gt; &amp; connect" in text


def test_the_slider_is_named_and_moves_by_keyboard() -> None:
    (slider,) = [attributes for tag, attributes in Tags(page()).starts if tag == "input"]
    assert slider["type"] == "range"
    assert slider["aria-label"]
    pictures = [attributes for tag, attributes in Tags(page()).starts if tag == "img"]
    assert len(pictures) == 2
    assert all(picture["alt"] for picture in pictures)


def test_it_follows_the_readers_light_or_dark() -> None:
    assert "prefers-color-scheme: dark" in page()


def test_every_row_and_reason_and_the_command_are_there() -> None:
    text = page(
        made_result(measured_row("litert", "tflite-cpu"), unavailable_row("no phone"), command="arllie-bench -x")
    )
    assert text.count("<tr>") == 1 + 2
    for piece in ("tflite-cpu", "unavailable: no phone", "arllie-bench -x", "20261121T000000Z-0000"):
        assert piece in text


def test_large_figures_are_written_out() -> None:
    text = page(made_result(measured_row(around_ms=4321.0)))
    assert "e+0" not in without_pictures(text)
    assert ">4321<" in text


def test_an_interrupted_run_says_so() -> None:
    assert "Interrupted" in page(made_result(complete=False))
    assert "Interrupted" not in page()


def test_with_nothing_measured_there_is_no_chart() -> None:
    text = page(made_result(unavailable_row()))
    assert "<svg" not in text
    assert "Nothing could be measured" in text


def test_pictures_are_at_most_960_wide() -> None:
    from base64 import b64decode

    from PIL import Image

    wide = np.zeros((30, 2000, 3), np.uint8)
    found = re.findall(r"base64,([^\"]+)", to_html(made_result(), wide, wide).decode())
    assert [Image.open(io.BytesIO(b64decode(data))).size for data in found] == [(960, 14)] * 2


@pytest.mark.parametrize(
    ("smallest", "largest", "expected"),
    [(0.2, 35.0, (-1, 2)), (1.0, 1.0, (-1, 0)), (2.0, 9.0, (0, 1)), (5.0, 11.0, (0, 2))],
)
def test_the_axis_encloses_the_times(smallest: float, largest: float, expected: tuple[int, int]) -> None:
    assert decades(smallest, largest) == expected


def test_a_factor_of_ten_is_the_same_length_everywhere() -> None:
    axis = (-1, 3)
    steps = np.diff([position(time, axis) for time in (0.1, 1.0, 10.0, 100.0, 1000.0)])
    assert steps == pytest.approx([steps[0]] * 4)


def test_the_chart_draws_two_bars_a_row_and_the_floor_dashed() -> None:
    drawn = draw([Bars("a", "cpu", 10.0, 100.0), Bars("b", "cpu", 20.0, 30.0)], [Line("hot", 0.2), Line("cold", 0.5)])
    assert drawn.count("<rect") == 4
    assert drawn.count('class="floor"') == 2
    widths = [float(width) for width in re.findall(r'width="([0-9.]+)" height="16"', drawn)]
    assert widths[1] > widths[3] > widths[2] > widths[0]
