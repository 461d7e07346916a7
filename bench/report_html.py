"""`report.html`: one file that needs no network, readable in light and dark, by eye, by ear and by keyboard."""

import json
from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from html import escape
from importlib.resources import files
from string import Template

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.bench import report_chart, report_curve, report_scatter, report_table
from arllie_deploy.bench.report_facts import row_exceptions, row_settings, row_title
from arllie_deploy.bench.report_pictures import Gallery, Output, gallery
from arllie_deploy.bench.report_text import byte_size, figure
from arllie_deploy.bench.report_timing import device_facts, floor_sentence, group_sentences, reference_named
from arllie_deploy.bench.result import Result
from arllie_deploy.bench.row import Row


def to_html(
    result: Result,
    before: NDArray[np.uint8],
    after: NDArray[np.uint8],
    outputs: Mapping[int, NDArray[np.uint8]] | None = None,
    references: Mapping[str, NDArray[np.uint8]] | None = None,
) -> bytes:
    """The page as UTF-8, smaller than 3 MB.

    Args:
        result: of the run.
        before: (height, width, 3) uint8, the dark frame that every engine was given first.
        after: what the reference makes of it, rounded.
        outputs: position in `result.rows` -> what that row's engine made of it, uint8, also of rows that are wrong.
        references: name of another model that rows ran -> what its reference makes of `before`, rounded.
    """
    known = {**(references or {}), result.model.name: after}
    page, style, script = (_part(f"report.{suffix}") for suffix in ("html", "css", "js"))
    shown = {number: _output(result, number, frame, known) for number, frame in (outputs or {}).items()}
    pictures = gallery(before, after, shown)
    values = {
        "policy": _policy(script),
        "style": style,
        "script": script,
        "title": escape(f"{result.model.name} at {result.size}"),
        "warnings": _warnings(result),
        "lead": _lead(result),
        "before": pictures.uris[0],
        "after": pictures.uris[1],
        "width": pictures.width,
        "left_out": _left_out(pictures, result),
        "pictures": _pictures(pictures, result),
        "chart": _chart(result),
        "scatter": _scatter(result.rows),
        "sustained": _sustained(result),
        "header": report_table.header(),
        "rows": report_table.body(result.rows, result.model.name),
        "reasons": _reasons(result.rows),
        "environment": _definitions(_environment(result)),
        "command": escape(result.command),
        "timed": escape(" ".join([*group_sentences(result), floor_sentence(result)])),
        "rounds": result.settings.rounds,
        "reference": reference_named(result.model),
    }
    return Template(page).substitute(values).encode(errors="replace")


def _part(name: str) -> str:
    return (files(__package__) / name).read_text(encoding="utf-8")


def _policy(script: str) -> str:
    """What the browser lets this page do: show its own pictures and run this one script, and nothing else."""
    digest = b64encode(sha256(script.encode()).digest()).decode()
    return f"default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-{digest}'"


def _lead(result: Result) -> str:
    """The fastest row; one that nobody could judge leads only where there is no other."""
    measured = [(row.end_to_end_ms.p50, row) for row in result.rows if row.end_to_end_ms is not None]
    if not measured:
        return "Nothing could be measured; the reasons are below."
    judged = [(time, row) for time, row in measured if row.parity is not None]
    time, best = min(judged or measured, key=lambda pair: pair[0])
    name = f"<strong>{escape(row_title(best, result.model.name))}</strong>"
    return f"Fastest here: {name} with <strong>{figure(time)} ms</strong> a frame, end to end."


def _output(
    result: Result, number: int, frame: NDArray[np.uint8], references: Mapping[str, NDArray[np.uint8]]
) -> Output:
    """A row's frame beside the reference of the row's own model, where there is one."""
    row = result.rows[number]
    if row.unjudged is not None:
        return Output(frame, None, row.unjudged)
    model = row.model or result.model.name
    return Output(frame, references.get(model), f"the reference of {model} was not made")


def _pictures(pictures: Gallery, result: Result) -> str:
    """The pictures beyond the first two, and which row shows which, as JSON that cannot end its element."""
    views = [
        {
            "label": f"{row_title(result.rows[number], result.model.name)} ({result.rows[number].status})",
            "frame": view.frame,
            "difference": view.difference,
            "said": view.said,
        }
        for number, view in pictures.views.items()
    ]
    return json.dumps({"uris": pictures.uris[2:], "views": views}, ensure_ascii=True).replace("<", "\\u003c")


def _left_out(pictures: Gallery, result: Result) -> str:
    if not pictures.left_out:
        return ""
    names = ", ".join(row_title(result.rows[number], result.model.name) for number in pictures.left_out)
    return f'<p class="muted">No room on this page for the frames of: {escape(names)}.</p>'


def _chart(result: Result) -> str:
    bars = [
        report_chart.Bars(row.label, _details(row, result.model.name), row.infer_ms, row.end_to_end_ms)
        for row in result.rows
        if row.infer_ms is not None
    ]
    if not bars:
        return ""
    floor = result.floor
    lines = (
        []
        if floor is None
        else [
            report_chart.Line("copy hot", floor.copy_hot_ms.p50),
            report_chart.Line("cold", floor.copy_cold_ms.p50),
        ]
    )
    bars.sort(key=lambda bar: (bar.end_to_end_ms or bar.infer_ms).p50)
    return (
        '<h2>Time per frame</h2><p class="legend"><span class="key infer"></span>infer '
        '<span class="key total"></span>end to end; the bar is the median, the whiskers are p90 and p99</p>'
        f'<div class="scroll" tabindex="0" role="region" aria-label="Chart of times">'
        f"{report_chart.draw(bars, lines)}</div>"
    )


def _details(row: Row, model: str) -> list[str]:
    exceptions = " · ".join(row_exceptions(row, model))
    return [row_settings(row), *([exceptions] if exceptions else [])]


def _scatter(rows: Sequence[Row]) -> str:
    points = [
        report_scatter.Point(
            " ".join([row.model if row.model and row.parity is None else row.runtime, row.precision]),
            row.precision,
            row.infer_ms.p50,
            _fidelity_db(row),
            row.parity is not None,
            row.artifact_bytes,
        )
        for row in rows
        if row.infer_ms is not None
    ]
    if not points:
        return ""
    precisions = dict.fromkeys(point.precision for point in points)
    legend = " ".join(f'<span class="key round {escape(name)}"></span>{escape(name)}' for name in precisions)
    return (
        f'<h2>Size, fidelity and latency</h2><p class="legend">{legend}</p><p class="legend">{report_scatter.key()}</p>'
        f'<div class="scroll" tabindex="0" role="region" aria-label="Chart of size, fidelity and latency">'
        f"{report_scatter.draw(points)}</div>"
    )


def _fidelity_db(row: Row) -> float | None:
    """The least over all dark frames, else that of the first."""
    if row.dark_psnr_db is not None or row.parity is None:
        return row.dark_psnr_db
    return row.parity.psnr_db


def _sustained(result: Result) -> str:
    """A curve per row that ran for so long that there are two points."""
    long_enough = [
        (row_title(row, result.model.name), row.sustained)
        for row in result.rows
        if row.sustained is not None and len(row.sustained) > 1
    ]
    curves = [
        f"<details{'' if number else ' open'}><summary>{escape(title)}</summary>"
        f'<div class="scroll" tabindex="0" role="region" aria-label="Sustained run of {escape(title)}">'
        f"{report_curve.draw(title, series)}</div></details>"
        for number, (title, series) in enumerate(long_enough)
    ]
    return f"<h2>Under constant load</h2>{''.join(curves)}" if curves else ""


def _warnings(result: Result) -> str:
    interrupted = [] if result.complete else ["Interrupted: fewer rounds than planned."]
    return "\n".join(f'<p class="warning">{escape(line)}</p>' for line in [*interrupted, *result.warnings])


def _reasons(rows: Sequence[Row]) -> str:
    return _definitions([(f"{row.backend}: {row.label}", f"{row.status}: {row.reason}") for row in rows if row.reason])


def _environment(result: Result) -> Iterable[tuple[str, str]]:
    machine = result.machine
    yield "Model", f"{result.model.name} ({result.model.epilogue}), sha256 {result.model.sha256[:16]}…"
    if result.model.parameters is not None and result.model.macs is not None:
        counts = f"{result.model.parameters:,} parameters, {result.model.macs / 1e9:.3g} GMAC a frame"
        yield "Network" if result.model.epilogue == "network" else "Convolution", counts
    yield "Processor", f"{machine.cpu}, {machine.architecture}, {machine.cores} cores"
    yield "Memory", byte_size(machine.memory_bytes)
    if machine.last_level_cache_bytes is not None:
        yield "Last-level cache", f"{machine.last_level_cache_bytes / (1 << 20):.0f} MiB"
    yield "System", f"{machine.system}, Python {machine.python}"
    yield "Load before the run", f"{machine.load_average:.2f}"
    if result.load_average_after is not None:
        yield "Load at its end", f"{result.load_average_after:.2f}"
    yield from device_facts(result)
    yield "Tools", ", ".join(f"{name} {version}" for name, version in result.tools.items())
    yield "Run", f"{result.run_id}, started {result.started}"


def _definitions(pairs: Iterable[tuple[str, str]]) -> str:
    items = "".join(f"<dt>{escape(name)}</dt><dd>{escape(text)}</dd>" for name, text in pairs)
    return f"<dl>{items}</dl>" if items else ""
