import re
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.bench_rows import timing

from arllie_deploy.bench import report_curve, report_scatter
from arllie_deploy.bench.report_axis import enclosing, round_steps
from arllie_deploy.bench.report_chart import Bars, Line, draw
from arllie_deploy.bench.report_scatter import Point, radius
from arllie_deploy.bench.statistics import Timing

TIMES = st.floats(1e-3, 1e6)


@pytest.mark.parametrize(
    ("smallest", "largest", "expected"),
    [(0.2, 35.0, (-1, 2)), (1.0, 1.0, (-1, 0)), (2.0, 9.0, (0, 1)), (5.0, 11.0, (0, 2))],
)
def test_the_axis_encloses_the_times(smallest: float, largest: float, expected: tuple[int, int]) -> None:
    axis = enclosing(smallest, largest, 0, 1)
    assert (axis.low, axis.high) == expected


@given(TIMES, TIMES)
def test_every_time_between_lies_on_the_axis(one: float, other: float) -> None:
    axis = enclosing(min(one, other), max(one, other), 200, 900)
    ticks = list(axis.ticks())
    assert ticks == sorted(ticks)
    for time in (one, other, *ticks):
        assert 200 <= axis.position(time) <= 900 + 1e-9


def test_a_factor_of_ten_is_the_same_length_everywhere() -> None:
    axis = enclosing(0.2, 1000.0, 0, 960)
    steps = np.diff([axis.position(time) for time in (0.1, 1.0, 10.0, 100.0, 1000.0)])
    assert steps == pytest.approx([steps[0]] * 4)


@given(TIMES, st.integers(3, 20))
def test_round_steps_start_at_0_and_reach_nearly_the_largest(largest: float, at_most: int) -> None:
    steps = round_steps(largest, at_most)
    assert steps[0] == 0
    assert 2 <= len(steps) <= at_most + 1
    assert largest - steps[1] < steps[-1] <= largest * (1 + 1e-9)


def widths(drawn: str) -> list[float]:
    return [float(width) for width in re.findall(r'<rect[^>]* width="([0-9.]+)"', drawn)]


def test_the_chart_draws_two_bars_a_row_and_the_floor_dashed() -> None:
    bars = [Bars("a", ["cpu"], timing(10.0), timing(100.0)), Bars("b", ["cpu"], timing(20.0), timing(30.0))]
    drawn = draw(bars, [Line("hot", 0.2), Line("cold", 0.5)])
    assert drawn.count('class="floor"') == 2
    first, second, third, fourth = widths(drawn)
    assert second > fourth > third > first


def test_the_whiskers_stand_at_the_90th_and_the_99th_percentile() -> None:
    spread = Timing(n=100, min=9.0, p50=10.0, p90=100.0, p99=1000.0, iqr=2.0)
    drawn = draw([Bars("a", [], spread, None)], [Line("hot", 1.0)])
    (whisker,) = re.findall(r'class="whisker" d="M([0-9.]+) [0-9.]+H([0-9.]+)M([0-9.]+) [0-9.v]+M([0-9.]+) ', drawn)
    p50, end, p90, p99 = map(float, whisker)
    assert end == p99
    assert p99 - p90 == pytest.approx(p90 - p50, abs=0.2)
    (bar,) = widths(drawn)
    assert float(re.findall(r'<rect[^>]* x="([0-9.]+)"', drawn)[0]) + bar == pytest.approx(p50, abs=0.2)


def test_a_reader_hears_every_row_of_the_chart() -> None:
    drawn = draw([Bars("a <b>", ["cpu · fp32"], timing(10.0), None)], [Line("hot", 0.2)])
    assert 'aria-label="a &lt;b&gt;, cpu · fp32: infer 10 ms; hot: 0.2 ms"' in drawn


def circles(drawn: str) -> list[tuple[float, float, float]]:
    found = re.findall(r'<circle class="point[^>]* cx="([0-9.]+)" cy="([0-9.]+)" r="([0-9.]+)"', drawn)
    return [(float(x), float(y), float(r)) for x, y, r in found]


def test_faster_is_left_truer_is_up_and_larger_is_larger() -> None:
    points = [Point("a", "fp32", 10.0, 140.0, True, 10_000_000), Point("b", "int8", 5.0, 50.0, True, 2_000)]
    (ax, ay, ar), (bx, by, br) = circles(report_scatter.draw(points))
    assert bx < ax
    assert by > ay
    assert br < ar


def test_outputs_that_are_equal_stand_above_all_others() -> None:
    points = [Point("a", "fp32", 10.0, None, True, None), Point("b", "fp32", 5.0, 150.0, True, None)]
    drawn = report_scatter.draw(points)
    (_, equal, _), (_, other, _) = circles(drawn)
    assert equal < other
    assert ">equal</text>" in drawn
    assert ">equal</text>" not in report_scatter.draw(points[1:])


def test_what_nobody_can_judge_stands_below_the_scale() -> None:
    points = [Point("a", "fp32", 10.0, None, False, None), Point("b", "fp32", 5.0, -20.0, True, None)]
    drawn = report_scatter.draw(points)
    (_, unjudged, _), (_, other, _) = circles(drawn)
    assert unjudged > other
    assert ">not judged</text>" in drawn
    assert "a: infer 10 ms, not judged, no file" in drawn
    assert ">not judged</text>" not in report_scatter.draw(points[1:])


@given(
    st.lists(
        st.builds(
            Point,
            st.sampled_from(["onnxruntime fp32", "ncnn int8"]),
            st.just("fp32"),
            TIMES,
            st.none() | st.floats(-20, 200),
            st.booleans(),
            st.none() | st.integers(0, 10**10),
        ),
        min_size=1,
        max_size=12,
    )
)
def test_every_circle_lies_in_the_drawing_and_is_named(points: list[Point]) -> None:
    drawn = report_scatter.draw(points)
    found = circles(drawn)
    assert len(found) == len(points) == drawn.count("<title>")
    assert all(60 <= x <= 960 and 0 <= y <= report_scatter.HEIGHT for x, y, _ in found)


def test_a_circle_grows_with_each_factor_of_ten() -> None:
    assert np.diff([radius(10**power) for power in range(3, 8)]) == pytest.approx([3.0] * 4)
    assert radius(0) == radius(900) == 4.0


def test_labels_never_cover_each_other() -> None:
    points = [Point(f"row {number}", "fp32", 10.0 + number, 140.0, True, None) for number in range(8)]
    labels = re.findall(
        r'<text class="value" x="([0-9.]+)" y="([0-9.]+)" text-anchor="(\w+)"', report_scatter.draw(points)
    )
    spans = []
    for x, y, anchor in labels:
        width = 5 * 6.9
        left = float(x) - {"start": 0, "middle": width / 2, "end": width}[anchor]
        spans.append((left, left + width, float(y)))
    assert 2 <= len(spans) <= 8
    for number, (left, right, y) in enumerate(spans):
        for other_left, other_right, other_y in spans[:number]:
            assert right <= other_left or other_right <= left or abs(y - other_y) >= 14


def test_the_curve_runs_from_left_to_right_and_slower_is_up() -> None:
    drawn = report_curve.draw("a", [[0.0, 10.0], [1.0, 20.0], [2.0, 15.0]])
    (path,) = re.findall(r'class="curve" d="M([^"]+)"', drawn)
    (x0, y0), (x1, y1), (x2, y2) = ([float(number) for number in pair.split()] for pair in path.split("L"))
    assert x0 < x1 < x2
    assert y1 < y2 < y0


@given(st.integers(2, 3000))
def test_a_long_curve_keeps_its_ends_and_its_slowest_moment(count: int) -> None:
    slowest = count // 2
    points: Sequence[Sequence[float]] = [[float(n), 99.0 if n == slowest else 10.0 + n % 3] for n in range(count)]
    kept = report_curve.thinned(points)
    assert len(kept) <= 800
    assert (kept[0], kept[-1]) == (points[0], points[-1])
    assert points[slowest] in kept
    assert kept == sorted(kept)
