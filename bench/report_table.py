"""The table of the report: a line per row that can be sorted, and under each the details that it opens."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

from arllie_deploy.bench.report_facts import counted, flatten, row_exceptions, row_title
from arllie_deploy.bench.report_text import NOTHING, byte_size, figure, name_and_text
from arllie_deploy.bench.row import Row

# Heading, unit, and what the column is called when it is said alone.
_HEADER = (
    ("Row", "target", "row"),
    ("Backend", "", "backend"),
    ("Precision", "", "precision"),
    ("Threads", "", "threads"),
    ("Status", "", "status"),
    ("Max error", "of 1.0", "largest error"),
    ("Infer", "p50 ms", "median infer"),
    ("End to end", "p50 ms", "median end to end"),
    ("", "p90 ms", "90th percentile end to end"),
    ("", "p99 ms", "99th percentile end to end"),
    ("Memory", "peak", "peak memory"),
    ("Artifact", "bytes", "artifact size"),
    ("× copy", "hot", "times the hot copy"),
    ("", "cold", "times the cold copy"),
    ("× ORT", "fp32", "times onnxruntime fp32"),
)
_NUMBERS_FROM = 5
# What the line itself shows, or what says nothing about the row.
_NOT_DETAILS = ("status", "reason")


@dataclass(frozen=True)
class _Cell:
    shown: str
    sorted_by: float | int | None


def header() -> str:
    """The cells of the table's head; each sorts by its column."""
    cells = []
    for number, (name, unit, said) in enumerate(_HEADER):
        kind = ' class="number"' if number >= _NUMBERS_FROM else ""
        inside = f"{name or '&nbsp;'}<small>{unit or '&nbsp;'}</small>"
        cells.append(f'<th scope="col"{kind}><button type="button" aria-label="{said}">{inside}</button></th>')
    return "".join(cells)


def body(rows: Sequence[Row], model: str) -> str:
    """A `tbody` per row: its line and its details; `model` is the one that most rows ran."""
    return "\n".join(_row(row, number, model) for number, row in enumerate(rows))


def _row(row: Row, number: int, model: str) -> str:
    below = [*([row.target] if row.target else []), *row_exceptions(row, model)]
    more = "".join(f"<small>{escape(name)}</small>" for name in below)
    cells = [
        f'<th scope="row"><button type="button" class="more" aria-expanded="true" aria-controls="details-{number}">'
        f"{escape(row.runtime)}{more}</button></th>",
        f"<td>{escape(row.backend)}</td>",
        f"<td>{escape(row.precision)}</td>",
        f'<td data-value="{"" if row.threads is None else row.threads}">{row.threads or NOTHING}</td>',
        f'<td><span class="status {row.status}">{row.status}</span></td>',
        *(
            f'<td class="number" data-value="{"" if cell.sorted_by is None else float(cell.sorted_by)}">'
            f"{escape(cell.shown)}</td>"
            for cell in _figures(row)
        ),
    ]
    return (
        f'<tbody data-label="{escape(row_title(row, model))}"><tr>{"".join(cells)}</tr>'
        f'<tr class="details" id="details-{number}"><td colspan="{len(_HEADER)}">{_details(row)}</td></tr></tbody>'
    )


def _figures(row: Row) -> Iterator[_Cell]:
    error = row.parity.max_abs if row.parity else None
    yield _Cell(figure(error, ".1e"), error)
    total = row.end_to_end_ms
    infer = row.infer_ms.p50 if row.infer_ms else None
    yield _Cell(figure(infer), infer)
    # No number to sort by: it is no time.
    yield _Cell(figure(total.p50), total.p50) if total else _Cell(counted(row) or NOTHING, None)
    for value in [total.p90, total.p99] if total else [None] * 2:
        yield _Cell(figure(value), value)
    for size in (row.memory_bytes, row.artifact_bytes):
        yield _Cell(byte_size(size), size)
    for ratio in (row.x_copy_hot, row.x_copy_cold, row.x_ort_fp32):
        yield _Cell(figure(ratio), ratio)


def _details(row: Row) -> str:
    reason = f'<p class="reason">{escape(f"{row.status}: {row.reason}")}</p>' if row.reason else ""
    facts = [
        name_and_text(column, value)
        for column, value in flatten(row).items()
        if value is not None and column not in _NOT_DETAILS
    ]
    return f'{reason}<dl class="facts">{"".join(_fact(name, text) for name, text in facts)}</dl>'


def _fact(name: str, text: str) -> str:
    return f"<div><dt>{escape(name)}</dt><dd>{escape(text)}</dd></div>"
