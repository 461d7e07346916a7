"""`history.html`: one file that needs no network and no script, readable in light and dark, by eye and by ear."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from importlib.resources import files
from string import Template

from arllie_deploy.bench.history import History, Series
from arllie_deploy.bench.history_chart import Curve, draw, small

FILE_NAME = "history.html"
# A page that carries it is ours, and may be replaced by a newer one.
MARK = '<meta name="generator" content="arllie-history">'
_NUMBER = ' class="number"'
_HEADER = (
    ("Row", ""),
    *((name, _NUMBER) for name in ("Runs", "First", "Last", "Change", "Least", "Most")),
    ("Trend, own scale", ""),
    ("Not measured", ""),
)


def to_html(history: History) -> bytes:
    """The page as UTF-8."""
    page = Template((files(__package__) / FILE_NAME).read_text())
    runs = history.runs
    values = {
        "mark": MARK,
        "lead": f"{len(runs)} runs, from {escape(runs[0].started)} to {escape(runs[-1].started)}.",
        "panels": "\n".join(_panel(group, history) for group in _groups(history.series)),
        "notes": _notes(history),
    }
    return page.substitute(values).encode()


def _groups(series: Sequence[Series]) -> list[list[Series]]:
    """The measured series that share machine, size and model: only their ratios belong in one chart."""
    found: dict[tuple[str, str, str], list[Series]] = {}
    for one in series:
        if one.ratios:
            found.setdefault((one.machine, one.key.size, one.key.model), []).append(one)
    return list(found.values())


def _panel(group: Sequence[Series], history: History) -> str:
    key = group[0].key
    asked = sorted({point.run for series in group for point in series.points})
    places = {run: place for place, run in enumerate(asked)}
    dates = [history.runs[run].started for run in asked]
    curves = [_curve(series, places) for series in group]
    rows = "\n".join(
        _row(series, small(curve, len(dates), number))
        for number, (series, curve) in enumerate(zip(group, curves, strict=True))
    )
    header = "".join(f'<th scope="col"{kind}>{name}</th>' for name, kind in _HEADER)
    return (
        f"<section><h2>{escape(key.model)} at {escape(key.size)}</h2><p class='muted'>{escape(group[0].machine)}</p>"
        f'<div class="scroll" tabindex="0" role="region" aria-label="Chart">{draw(curves, dates)}</div>'
        f'<div class="scroll" tabindex="0" role="region" aria-label="Table of the same figures"><table>'
        f"<thead><tr>{header}</tr></thead><tbody>\n{rows}\n</tbody></table></div></section>"
    )


def _curve(series: Series, places: dict[int, int]) -> Curve:
    return Curve(series.key.label, tuple((places[point.run], point.x_copy_cold) for point in series.points))


def _row(series: Series, drawn: str) -> str:
    ratios = series.ratios
    figures = [
        str(len(ratios)),
        f"{ratios[0]:.4g}",
        f"{ratios[-1]:.4g}",
        f"{100 * (ratios[-1] / ratios[0] - 1):+.1f} %",
    ]
    figures += [f"{min(ratios):.4g}", f"{max(ratios):.4g}"]
    cells = "".join(f"<td{_NUMBER}>{figure}</td>" for figure in figures)
    missed = "; ".join(f"{point.status}: {point.reason}" for point in series.points if point.reason)
    return (
        f'<tr><th scope="row">{escape(series.key.label)}</th>{cells}<td>{drawn}</td>'
        f'<td class="free">{escape(missed) or "–"}</td></tr>'
    )


def _notes(history: History) -> str:
    incomplete = [
        f"run {run.run_id} was interrupted: fewer rounds than planned" for run in history.runs if not run.complete
    ]
    skipped = [f"skipped {skipped.path}: {skipped.reason}" for skipped in history.skipped]
    never = [f"never measured: {series.key.label}" for series in history.series if not series.ratios]
    return _list([*incomplete, *skipped, *never])


def _list(notes: Iterable[str]) -> str:
    items = "".join(f"<li>{escape(note)}</li>" for note in notes)
    return f"<h2>Notes</h2><ul>{items}</ul>" if items else ""
