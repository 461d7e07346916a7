"""The curve of a sustained run: milliseconds over seconds, as SVG that takes its colors from the page."""

from collections.abc import Sequence
from html import escape
from itertools import pairwise

from arllie_deploy.bench.report_axis import round_steps
from arllie_deploy.bench.report_text import figure

WIDTH, HEIGHT = 960, 240
_LEFT, _RIGHT, _TOP, _BOTTOM = 70, 930, 16, 190
_MOST_STEPS = 5
# More points than pixels show nothing more.
_MOST_POINTS = 800


def draw(label: str, series: Sequence[Sequence[float]]) -> str:
    """An SVG element.

    Args:
        label: of the row.
        series: [seconds since the start, milliseconds per frame], ascending; the last at more than 0 seconds.
    """
    seconds, times_ms = ([point[which] for point in series] for which in (0, 1))
    points = thinned(series)
    last, top = seconds[-1], max(times_ms) * 1.1

    def x(second: float) -> float:
        return _LEFT + (_RIGHT - _LEFT) * second / last

    def y(time: float) -> float:
        return _BOTTOM - (_BOTTOM - _TOP) * time / top

    path = "L".join(f"{x(second):.1f} {y(time):.1f}" for second, time in points)
    said = escape(
        f"{label}: {figure(times_ms[0])} ms at the start, {figure(times_ms[-1])} ms after {figure(last)} s, "
        f"at most {figure(max(times_ms))} ms"
    )
    parts = [
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{said}">',
        *(
            f'<line class="grid" x1="{_LEFT}" y1="{y(level):.1f}" x2="{_RIGHT}" y2="{y(level):.1f}"/>'
            f'<text class="muted" x="{_LEFT - 10}" y="{y(level) + 4:.1f}" text-anchor="end">{figure(level)}</text>'
            for level in round_steps(top, _MOST_STEPS)
        ),
        *(
            f'<text class="muted" x="{x(moment):.1f}" y="{_BOTTOM + 20}" text-anchor="middle">{figure(moment)}</text>'
            for moment in round_steps(last, 2 * _MOST_STEPS)
        ),
        f'<path class="curve" d="M{path}"/>',
        f'<text class="muted" x="{(_LEFT + _RIGHT) / 2}" y="{HEIGHT - 6}" text-anchor="middle">'
        "seconds since the start; upward: milliseconds per frame</text>",
        "</svg>",
    ]
    return "\n".join(parts)


def thinned(points: Sequence[Sequence[float]]) -> list[Sequence[float]]:
    """At most 800 of the points, evenly spread, the slowest of each stretch, with the first and the last."""
    if len(points) <= _MOST_POINTS:
        return list(points)
    inner = points[1:-1]
    count = _MOST_POINTS - 2
    bounds = [len(inner) * number // count for number in range(count + 1)]
    slowest = [max(inner[low:high], key=lambda point: point[1]) for low, high in pairwise(bounds)]
    return [points[0], *slowest, points[-1]]
