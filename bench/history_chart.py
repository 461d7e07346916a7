"""The chart of a history: a line per row over the runs, as SVG that takes its colors from the page."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

# As many colors as the page has; beyond them the dashes tell lines apart.
COLORS = 8
_DASHES = ("", "7 4", "2 3", "10 3 2 3")
_WIDTH, _LEFT, _LABELS, _TOP, _BOTTOM = 980, 58, 318, 18, 52
_LEAST_HEIGHT, _LABEL_GAP, _LONGEST_LABEL = 260, 17, 46
_MOST_DATES = 6
_SMALL = 150, 26


@dataclass(frozen=True)
class Curve:
    """A line.

    Attributes:
        label: at its end.
        points: (run, ratio): index of the run and a ratio above 0; None where the row had no time, and the line breaks.
    """

    label: str
    points: tuple[tuple[int, float | None], ...]


@dataclass(frozen=True)
class Axis:
    """A logarithmic axis from `low` to `high`, both above 0, drawn from `bottom` up to `top`."""

    low: float
    high: float
    top: float
    bottom: float

    def at(self, ratio: float) -> float:
        """Where a ratio lies; larger is higher up."""
        share = math.log(ratio / self.low) / math.log(self.high / self.low)
        return self.bottom - share * (self.bottom - self.top)


def draw(curves: Sequence[Curve], dates: Sequence[str]) -> str:
    """An SVG element.

    Args:
        curves: at least one, each with a ratio.
        dates: of the runs, oldest first, as "YYYY-MM-DDTHH:MM:SSZ".
    """
    height = max(_LEAST_HEIGHT, _LABEL_GAP * len(curves)) + _TOP + _BOTTOM
    ratios = [ratio for curve in curves for _, ratio in curve.points if ratio is not None]
    axis = Axis(min(ratios) / 1.1, max(ratios) * 1.1, _TOP, height - _BOTTOM)
    last = [axis.at(next(ratio for _, ratio in reversed(curve.points) if ratio is not None)) for curve in curves]
    labels_at = spread(last, _LABEL_GAP, _TOP + 4, height - _BOTTOM)
    parts = [
        f'<svg viewBox="0 0 {_WIDTH} {height}" role="img" aria-label="{escape(_summary(curves, len(dates)))}">',
        *(_ratio_tick(ratio, axis) for ratio in ticks(axis.low, axis.high)),
        *_dates(dates, axis),
        *(
            _line(number, curve, axis, len(dates), last[number], labels_at[number])
            for number, curve in enumerate(curves)
        ),
        "</svg>",
    ]
    return "\n".join(parts)


def small(curve: Curve, runs: int, number: int) -> str:
    """The line of row `number` on a scale of its own, for a cell of a table that says the same in figures."""
    width, height = _SMALL
    ratios = [ratio for _, ratio in curve.points if ratio is not None]
    axis = Axis(min(ratios) / 1.01, max(ratios) * 1.01, 3, height - 3)
    places = [[(4 + (width - 8) * _share(run, runs), axis.at(ratio)) for run, ratio in part] for part in _parts(curve)]
    drawn = "".join(_path(part) + "".join(_dot(x, y, 1.8) for x, y in part) for part in places)
    line = f'<g class="line-{number % COLORS}">{drawn}</g>'
    return f'<svg class="small" viewBox="0 0 {width} {height}" aria-hidden="true">{line}</svg>'


def ticks(low: float, high: float) -> list[float]:
    """Round values from `low` to `high`: 1, 2, 5 in each decade, fewer over many decades, more within one."""
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    steps: Sequence[float] = (1, 2, 5) if math.log10(high / low) < 3 else (1,)
    if math.log10(high / low) < 0.7:
        steps = (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 7, 8, 9)
    # Powers of negative exponents are not exact; a tick is a round number.
    found = [float(f"{step}e{decade}") for decade in decades for step in steps]
    return [value for value in found if low <= value <= high]


def spread(wanted: Sequence[float], gap: float, top: float, bottom: float) -> list[float]:
    """Places as near as can be to the wanted ones, in the same order, at least `gap` apart and from top to bottom.

    There must be room: `gap` times the number of places is at most `bottom` − `top` + `gap`.
    """
    order = sorted(range(len(wanted)), key=lambda number: wanted[number])
    places = [wanted[number] for number in order]
    for number in range(len(places)):
        places[number] = max(places[number], places[number - 1] + gap if number else top)
    for number in reversed(range(len(places))):
        places[number] = min(places[number], places[number + 1] - gap if number + 1 < len(places) else bottom)
    return [places[order.index(number)] for number in range(len(wanted))]


def _share(run: int, runs: int) -> float:
    return 0.5 if runs == 1 else run / (runs - 1)


def _x(run: int, runs: int) -> float:
    return _LEFT + 14 + (_WIDTH - _LABELS - _LEFT - 28) * _share(run, runs)


def _ratio_tick(ratio: float, axis: Axis) -> str:
    y = axis.at(ratio)
    return (
        f'<line class="grid" x1="{_LEFT}" y1="{y:.1f}" x2="{_WIDTH - _LABELS}" y2="{y:.1f}"/>'
        f'<text class="muted" x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{ratio:g}×</text>'
    )


def _dates(dates: Sequence[str], axis: Axis) -> list[str]:
    """Date and time under some of the runs, always the first and the last."""
    count = min(_MOST_DATES, len(dates))
    shown = {round(number * (len(dates) - 1) / max(1, count - 1)) for number in range(count)}
    return [_date(dates[run], _x(run, len(dates)), axis.bottom + 20) for run in sorted(shown)]


def _date(started: str, x: float, y: float) -> str:
    date, time = escape(started[:10]), escape(started[11:16])
    return (
        f'<text class="muted" x="{x:.1f}" y="{y}" text-anchor="middle">{date}'
        f'<tspan x="{x:.1f}" dy="15">{time}</tspan></text>'
    )


def _line(number: int, curve: Curve, axis: Axis, runs: int, end: float, label_y: float) -> str:
    places = [[(_x(run, runs), axis.at(ratio)) for run, ratio in part] for part in _parts(curve)]
    dash = _DASHES[number // COLORS % len(_DASHES)]
    last_x, label_x = places[-1][-1][0], _WIDTH - _LABELS + 22
    label = curve.label if len(curve.label) <= _LONGEST_LABEL else curve.label[: _LONGEST_LABEL - 1] + "…"
    return (
        f'<g class="line-{number % COLORS}"><title>{escape(_spoken(curve))}</title>'
        + "".join(_path(part, dash) for part in places)
        + "".join(_dot(x, y, 3) for part in places for x, y in part)
        + f'<path class="leader" d="M{last_x + 5:.1f} {end:.1f}L{label_x - 4} {label_y:.1f}"/>'
        + f'<text x="{label_x}" y="{label_y + 4:.1f}">{escape(label)}</text></g>'
    )


def _parts(curve: Curve) -> list[list[tuple[int, float]]]:
    """The points between breaks; a run in which the row was not asked for is no break."""
    parts: list[list[tuple[int, float]]] = [[]]
    for run, ratio in curve.points:
        if ratio is None:
            parts.append([])
        else:
            parts[-1].append((run, ratio))
    return [part for part in parts if part]


def _path(part: Sequence[tuple[float, float]], dash: str = "") -> str:
    if len(part) < 2:
        return ""
    style = f' stroke-dasharray="{dash}"' if dash else ""
    steps = "".join(f"L{x:.1f} {y:.1f}" for x, y in part[1:])
    return f'<path class="trend" d="M{part[0][0]:.1f} {part[0][1]:.1f}{steps}"{style}/>'


def _dot(x: float, y: float, radius: float) -> str:
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius}"/>'


def _spoken(curve: Curve) -> str:
    ratios = [ratio for _, ratio in curve.points if ratio is not None]
    return f"{curve.label}: {ratios[0]:.3g} times the copy at first, {ratios[-1]:.3g} at last, {len(ratios)} runs"


def _summary(curves: Sequence[Curve], runs: int) -> str:
    return f"Times the copy of a frame over {runs} runs. " + "; ".join(_spoken(curve) for curve in curves)
