"""The chart of times: horizontal bars on a logarithmic axis, as SVG that takes its colors from the page."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from arllie_deploy.bench.report_axis import LogAxis, enclosing
from arllie_deploy.bench.report_text import figure
from arllie_deploy.bench.statistics import Timing

WIDTH, LABEL_WIDTH, VALUE_WIDTH = 960, 230, 80
_LEFT, _RIGHT = LABEL_WIDTH, WIDTH - VALUE_WIDTH
_GROUP_HEIGHT, _BAR_HEIGHT, _LINE_HEIGHT, _TOP, _BOTTOM = 58, 16, 17, 34, 44
# Characters that fit into the label's width.
_LONGEST_LABEL, _LONGEST_DETAIL = 32, 37


@dataclass(frozen=True)
class Bars:
    """The bars of one row: the median with whiskers to the 90th and the 99th percentile.

    Attributes:
        label: of the row.
        details: a line each, at most two.
        infer_ms: the upper bar.
        end_to_end_ms: the lower bar; a program on another device may not tell it.
    """

    label: str
    details: Sequence[str]
    infer_ms: Timing
    end_to_end_ms: Timing | None


@dataclass(frozen=True)
class Line:
    """A dashed vertical line, in milliseconds."""

    label: str
    at_ms: float


def draw(bars: Sequence[Bars], lines: Sequence[Line]) -> str:
    """An SVG element; at least one bar, and every time is above 0."""
    timings = [timing for bar in bars for timing in (bar.infer_ms, bar.end_to_end_ms) if timing]
    smallest = min([timing.p50 for timing in timings] + [line.at_ms for line in lines])
    largest = max([timing.p99 for timing in timings] + [line.at_ms for line in lines])
    axis = enclosing(smallest, largest, _LEFT, _RIGHT)
    bottom = _TOP + _GROUP_HEIGHT * len(bars)
    ordered = sorted(lines, key=lambda line: line.at_ms)
    parts = [
        f'<svg viewBox="0 0 {WIDTH} {bottom + _BOTTOM}" role="img" aria-label="{escape(_summary(bars, lines))}">',
        *axis.grid(_TOP, bottom),
        *(_group(bar, _TOP + _GROUP_HEIGHT * number, axis) for number, bar in enumerate(bars)),
        *(_dashed(line, number, axis, bottom) for number, line in enumerate(ordered)),
        f'<text class="muted" x="{(_LEFT + _RIGHT) / 2}" y="{bottom + 38}" text-anchor="middle">'
        "milliseconds per frame, logarithmic: left is faster</text>",
        "</svg>",
    ]
    return "\n".join(parts)


def _group(bars: Bars, top: int, axis: LogAxis) -> str:
    middle = top + _GROUP_HEIGHT / 2
    return (
        _words(bars, middle)
        + _bar("infer", bars.infer_ms, middle - _BAR_HEIGHT - 2, axis)
        + (_bar("total", bars.end_to_end_ms, middle + 2, axis) if bars.end_to_end_ms else "")
    )


def _words(bars: Bars, middle: float) -> str:
    """The label and its details below it, as a block around `middle`."""
    first = middle + 5 - _LINE_HEIGHT / 2 * len(bars.details)
    lines = [("", _shortened(bars.label, _LONGEST_LABEL))]
    lines += [(' class="muted"', _shortened(detail, _LONGEST_DETAIL)) for detail in bars.details]
    return "".join(
        f'<text{kind} x="{_LEFT - 12}" y="{first + _LINE_HEIGHT * number:.1f}" text-anchor="end">{escape(text)}</text>'
        for number, (kind, text) in enumerate(lines)
    )


def _bar(kind: str, timing: Timing, top: float, axis: LogAxis) -> str:
    end, p90, p99 = (axis.position(time) for time in (timing.p50, timing.p90, timing.p99))
    middle = top + _BAR_HEIGHT / 2
    whisker = f"M{end:.1f} {middle:.1f}H{p99:.1f}M{p90:.1f} {middle - 4:.1f}v8M{p99:.1f} {middle - 6:.1f}v12"
    return (
        f'<rect class="{kind}" x="{_LEFT}" y="{top:.1f}" width="{end - _LEFT:.1f}" height="{_BAR_HEIGHT}" rx="2"/>'
        f'<path class="whisker" d="{whisker}"/>'
        f'<text class="value" x="{p99 + 7:.1f}" y="{top + 13:.1f}">{figure(timing.p50)}</text>'
    )


def _dashed(line: Line, number: int, axis: LogAxis, bottom: int) -> str:
    x = axis.position(line.at_ms)
    # Two lines can lie close together: the label of the first stands left of it, that of the others right.
    anchor, label_x = ("end", x - 5) if number == 0 else ("start", x + 5)
    return (
        f'<line class="floor" x1="{x:.1f}" y1="{_TOP - 14}" x2="{x:.1f}" y2="{bottom}"/>'
        f'<text class="floor-label" x="{label_x:.1f}" y="{_TOP - 16}" text-anchor="{anchor}">'
        f"{escape(line.label)} {figure(line.at_ms)}</text>"
    )


def _shortened(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def _summary(bars: Sequence[Bars], lines: Sequence[Line]) -> str:
    timed = [
        f"{', '.join([bar.label, *bar.details])}: infer {figure(bar.infer_ms.p50)} ms"
        + (f", end to end {figure(bar.end_to_end_ms.p50)} ms" if bar.end_to_end_ms else "")
        for bar in bars
    ]
    return "; ".join([*timed, *(f"{line.label}: {figure(line.at_ms)} ms" for line in lines)])
