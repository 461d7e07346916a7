"""`bench.md`: the table for a README, in GitHub's Markdown (https://github.github.com/gfm/#tables-extension-)."""

import re
from collections.abc import Iterator

from arllie_deploy.bench.report_facts import counted, row_exceptions, row_title
from arllie_deploy.bench.report_text import NOTHING, byte_size, figure
from arllie_deploy.bench.report_timing import floors_of
from arllie_deploy.bench.result import Result
from arllie_deploy.bench.row import THIS_MACHINE, Row

_HEADER = (
    "row",
    "backend",
    "precision",
    "threads",
    "status",
    "max error",
    "infer p50 ms",
    "end to end p50 ms",
    "p90",
    "p99",
    "× copy, cold",
    "× ORT fp32",
    "memory",
)
_NUMBERS_FROM = 5
# What GitHub could read as more than a character inside a line; it takes a backslash before each.
_SPECIAL = re.compile(r"([\\`*_\[\]<>#|~&$@!])")


def to_markdown(result: Result) -> bytes:
    """The file as UTF-8: what was run on what, the table, the reasons and the command."""
    return "\n".join(_lines(result)).encode(errors="replace")


def _lines(result: Result) -> Iterator[str]:
    machine = result.machine
    yield f"**{_plain(result.model.name)} at {_plain(result.size)}** on {_plain(machine.cpu)} ({machine.cores} cores)"
    yield ""
    interrupted = [] if result.complete else ["Interrupted: fewer rounds than planned."]
    for line in [*interrupted, *result.warnings]:
        yield f"> {_plain(line)}"
        yield ""
    yield _line(_HEADER)
    yield _line(["---:" if number >= _NUMBERS_FROM else "---" for number in range(len(_HEADER))])
    yield from (_line(_cells(row, result.model.name)) for row in result.rows)
    yield ""
    reasons = [row for row in result.rows if row.reason]
    for row in reasons:
        yield f"- **{row.status}**: {_plain(row_title(row, result.model.name))}: {_plain(row.reason or '')}"
    yield from [""] if reasons else []
    for device, floor in floors_of(result).items():
        where = "" if device == THIS_MACHINE else f" on {_plain(device)}"
        copy = f"{figure(floor.copy_hot_ms.p50)} ms hot, {figure(floor.copy_cold_ms.p50)} ms cold"
        yield f"One frame copied{where}: {copy}."
    yield f"Run {_plain(result.run_id)}, repeated by:"
    yield ""
    yield from _fenced(result.command)


def _cells(row: Row, model: str) -> list[str]:
    infer, total = row.infer_ms, row.end_to_end_ms
    return [
        _plain(" · ".join([row.label, *row_exceptions(row, model)])),
        _plain(row.backend),
        _plain(row.precision),
        str(row.threads or NOTHING),
        str(row.status),
        figure(row.parity and row.parity.max_abs, ".1e"),
        figure(infer and infer.p50),
        figure(total.p50) if total else counted(row) or NOTHING,
        *(figure(value) for value in ((total.p90, total.p99) if total else [None] * 2)),
        figure(row.x_copy_cold),
        figure(row.x_ort_fp32),
        byte_size(row.memory_bytes),
    ]


def _line(cells: list[str] | tuple[str, ...]) -> str:
    return f"| {' | '.join(cells)} |"


def _plain(text: str) -> str:
    """Text on one line that stays what it is."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))


def _fenced(command: str) -> Iterator[str]:
    """A block whose fence is longer than any in it."""
    longest = max((len(run) for run in re.findall("`+", command)), default=0)
    fence = "`" * max(3, longest + 1)
    yield from (f"{fence}sh", command, fence, "")
