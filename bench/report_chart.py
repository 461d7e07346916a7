"""The chart of the report: horizontal bars on a logarithmic axis, as SVG that takes its colors from the page."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

WIDTH, LABEL_WIDTH, VALUE_WIDTH = 960, 210, 90
_LEFT, _RIGHT = LABEL_WIDTH, WIDTH - VALUE_WIDTH
_GROUP_HEIGHT, _BAR_HEIGHT, _TOP, _BOTTOM = 58, 16, 34, 44


@dataclass(frozen=True)
class Bars:
    """The bars of one row: median infer and end to end, in milliseconds."""

    label: str
    detail: str
    infer_ms: float
    end_to_end_ms: float


@dataclass(frozen=True)
class Line:
    """A dashed vertical line, in milliseconds."""

    label: str
    at_ms: float


def draw(bars: Sequence[Bars], lines: Sequence[Line]) -> str:
    """An SVG element; at least one bar, and every time is above 0."""
    times = [time for bar in bars for time in (bar.infer_ms, bar.end_to_end_ms)] + [line.at_ms for line in lines]
    axis = decades(min(times), max(times))
    bottom = _TOP + _GROUP_HEIGHT * len(bars)
    parts = [
        f'<svg viewBox="0 0 {WIDTH} {bottom + _BOTTOM}" role="img" aria-label="{escape(_summary(bars, lines))}">',
        *(_tick(10.0**power, axis, bottom) for power in range(axis[0], axis[1] + 1)),
        *(_group(bar, _TOP + _GROUP_HEIGHT * number, axis) for number, bar in enumerate(bars)),
        *(
            _dashed(line, number, axis, bottom)
            for number, line in enumerate(sorted(lines, key=lambda line: line.at_ms))
        ),
        f'<text class="muted" x="{(_LEFT + _RIGHT) / 2}" y="{bottom + 38}" text-anchor="middle">'
        "milliseconds per frame, median, logarithmic: left is faster</text>",
        "</svg>",
    ]
    return "\n".join(parts)


def decades(smallest: float, largest: float) -> tuple[int, int]:
    """The powers of ten that enclose both times, at least one decade apart and with room left of the smallest."""
    low = math.floor(math.log10(smallest * 0.8))
    return low, max(low + 1, math.ceil(math.log10(largest)))


def position(time_ms: float, axis: tuple[int, int]) -> float:
    """Where a time lies from left to right."""
    share = (math.log10(time_ms) - axis[0]) / (axis[1] - axis[0])
    return _LEFT + (_RIGHT - _LEFT) * share


def _tick(time_ms: float, axis: tuple[int, int], bottom: int) -> str:
    x = f"{position(time_ms, axis):.1f}"
    return (
        f'<line class="grid" x1="{x}" y1="{_TOP}" x2="{x}" y2="{bottom}"/>'
        f'<text class="muted" x="{x}" y="{bottom + 18}" text-anchor="middle">{time_ms:g}</text>'
    )


def _group(bars: Bars, top: int, axis: tuple[int, int]) -> str:
    middle = top + _GROUP_HEIGHT / 2
    return (
        f'<text x="{_LEFT - 12}" y="{middle - 2}" text-anchor="end">{escape(bars.label)}</text>'
        f'<text class="muted" x="{_LEFT - 12}" y="{middle + 15}" text-anchor="end">{escape(bars.detail)}</text>'
        + _bar("infer", bars.infer_ms, middle - _BAR_HEIGHT - 2, axis)
        + _bar("total", bars.end_to_end_ms, middle + 2, axis)
    )


def _bar(kind: str, time_ms: float, top: float, axis: tuple[int, int]) -> str:
    end = position(time_ms, axis)
    return (
        f'<rect class="{kind}" x="{_LEFT}" y="{top:.1f}" width="{end - _LEFT:.1f}" height="{_BAR_HEIGHT}" rx="2"/>'
        f'<text class="value" x="{end + 7:.1f}" y="{top + 13:.1f}">{_short(time_ms)}</text>'
    )


def _short(time_ms: float) -> str:
    return f"{time_ms:.0f}" if time_ms >= 1000 else f"{time_ms:.3g}"


def _dashed(line: Line, number: int, axis: tuple[int, int], bottom: int) -> str:
    x = position(line.at_ms, axis)
    # Two lines can lie close together: the label of the first stands left of it, that of the others right.
    anchor, label_x = ("end", x - 5) if number == 0 else ("start", x + 5)
    return (
        f'<line class="floor" x1="{x:.1f}" y1="{_TOP - 14}" x2="{x:.1f}" y2="{bottom}"/>'
        f'<text class="floor-label" x="{label_x:.1f}" y="{_TOP - 16}" text-anchor="{anchor}">'
        f"{escape(line.label)} {_short(line.at_ms)}</text>"
    )


def _summary(bars: Sequence[Bars], lines: Sequence[Line]) -> str:
    timed = [f"{bar.label}: infer {_short(bar.infer_ms)} ms, end to end {_short(bar.end_to_end_ms)} ms" for bar in bars]
    return "; ".join([*timed, *(f"{line.label}: {_short(line.at_ms)} ms" for line in lines)])
