"""`report.html`: one file that needs no network, readable in light and dark, by eye and by ear."""

import base64
import io
from collections.abc import Iterable, Sequence
from html import escape
from importlib.resources import files
from string import Template
from typing import Any

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.bench.report_chart import Bars, Line, draw
from arllie_deploy.bench.result import Result
from arllie_deploy.bench.row import Row

_WIDEST = 960
_JPEG_QUALITY = 88
_NOTHING = "–"
_HEADER = (
    ("Backend", ""),
    ("Runtime", ""),
    ("Artifact", "target"),
    ("Precision", ""),
    ("Threads", ""),
    ("Status", ""),
    ("Max error", "of 1.0"),
    ("Infer", "p50 ms"),
    ("End to end", "p50 ms"),
    ("", "p90 ms"),
    ("", "p99 ms"),
    ("", "n"),
    ("Memory", "peak MB"),
    ("× copy", "hot"),
    ("", "cold"),
    ("× ORT", "fp32"),
)
_NUMBERS_FROM = 6


def to_html(result: Result, before: NDArray[np.uint8], after: NDArray[np.uint8]) -> bytes:
    """The page as UTF-8.

    Args:
        result: of the run.
        before: (height, width, 3) uint8, the dark picture.
        after: the same picture enhanced.
    """
    page = Template((files(__package__) / "report.html").read_text())
    values = {
        "title": escape(f"{result.model.name} at {result.size}"),
        "incomplete": "" if result.complete else '<p class="warning">Interrupted: fewer rounds than planned.</p>',
        "lead": _lead(result),
        "before": _data_uri(before),
        "after": _data_uri(after),
        "width": min(before.shape[1], _WIDEST),
        "chart": _chart(result),
        "header": _header(),
        "rows": "\n".join(_table_row(row) for row in result.rows),
        "reasons": _reasons(result.rows),
        "environment": _definitions(_environment(result)),
        "command": escape(result.command),
        "floor": _floor(result),
        "run_id": escape(result.run_id),
        "rounds": result.settings.rounds,
    }
    return page.substitute(values).encode()


def _lead(result: Result) -> str:
    measured = [row for row in result.rows if row.end_to_end_ms is not None]
    if not measured:
        return "Nothing could be measured; the reasons are below."
    best = min(measured, key=lambda row: row.end_to_end_ms.p50 if row.end_to_end_ms else float("inf"))
    assert best.end_to_end_ms is not None
    time = f"{_number(best.end_to_end_ms.p50)} ms"
    return f"Fastest here: <strong>{escape(best.label)}</strong> with <strong>{time}</strong> a frame, end to end."


def _chart(result: Result) -> str:
    bars = [
        Bars(row.label, f"{row.backend} · {row.precision}", row.infer_ms.p50, row.end_to_end_ms.p50)
        for row in result.rows
        if row.infer_ms is not None and row.end_to_end_ms is not None
    ]
    if not bars:
        return ""
    floor = result.floor
    lines = [] if floor is None else [Line("copy hot", floor.copy_hot_ms.p50), Line("cold", floor.copy_cold_ms.p50)]
    legend = '<p class="legend"><span class="key infer"></span>infer <span class="key total"></span>end to end</p>'
    return f'<h2>Time per frame</h2>{legend}<div class="scroll">{draw(bars, lines)}</div>'


def _header() -> str:
    cells = []
    for number, (name, unit) in enumerate(_HEADER):
        kind = ' class="number"' if number >= _NUMBERS_FROM else ""
        cells.append(f'<th scope="col"{kind}>{name}<small>{unit}</small></th>')
    return "".join(cells)


def _table_row(row: Row) -> str:
    facts = (row.backend, row.runtime, row.target or _NOTHING, row.precision, str(row.threads or _NOTHING))
    status = f'<td><span class="status {row.status}">{row.status}</span></td>'
    numbers = "".join(f'<td class="number">{text}</td>' for text in _figures(row))
    return f"<tr>{''.join(f'<td>{escape(fact)}</td>' for fact in facts)}{status}{numbers}</tr>"


def _figures(row: Row) -> Iterable[str]:
    infer, total = row.infer_ms, row.end_to_end_ms
    yield _number(row.parity and row.parity.max_abs, ".1e")
    yield _number(infer and infer.p50)
    for value in (total.p50, total.p90, total.p99) if total else [None] * 3:
        yield _number(value)
    yield _number(total and total.n, "d")
    yield _number(row.memory_bytes and row.memory_bytes / 1e6, ".0f")
    for ratio in (row.x_copy_hot, row.x_copy_cold, row.x_ort_fp32):
        yield _number(ratio)


def _number(value: Any, form: str = ".3g") -> str:
    if value is None:
        return _NOTHING
    return format(value, ".0f" if value >= 1000 else form)  # 1080, not 1.08e+03


def _reasons(rows: Sequence[Row]) -> str:
    return _definitions([(f"{row.backend}: {row.label}", f"{row.status}: {row.reason}") for row in rows if row.reason])


def _floor(result: Result) -> str:
    if result.floor is None:
        return "The copy of a frame was not timed in this run."
    hot, cold, floor = result.floor.copy_hot_ms, result.floor.copy_cold_ms, result.floor
    return (
        f"The floor is the copy of one uint8 frame ({floor.frame_bytes / 1e6:.1f} MB), timed in the same rounds: "
        f"{hot.p50:.3g} ms between the same two buffers (hot), {cold.p50:.3g} ms in rotation over {floor.pairs} pairs "
        f"of buffers (cold, {2 * floor.pairs * floor.frame_bytes / 1e6:.0f} MB)."
    )


def _environment(result: Result) -> Iterable[tuple[str, str]]:
    machine = result.machine
    yield "Model", f"{result.model.name} ({result.model.epilogue}), sha256 {result.model.sha256[:16]}…"
    yield "Processor", f"{machine.cpu}, {machine.architecture}, {machine.cores} cores"
    yield "Memory", f"{machine.memory_bytes / 1e9:.1f} GB"
    if machine.last_level_cache_bytes is not None:
        yield "Last-level cache", f"{machine.last_level_cache_bytes / (1 << 20):.0f} MiB"
    yield "System", f"{machine.system}, Python {machine.python}"
    yield "Load before the run", f"{machine.load_average:.2f}"
    yield "Tools", ", ".join(f"{name} {version}" for name, version in result.tools.items())
    yield "Run", f"{result.run_id}, started {result.started}"


def _definitions(pairs: Iterable[tuple[str, str]]) -> str:
    items = "".join(f"<dt>{escape(name)}</dt><dd>{escape(text)}</dd>" for name, text in pairs)
    return f"<dl>{items}</dl>" if items else ""


def _data_uri(picture: NDArray[np.uint8]) -> str:
    from PIL import Image

    image = Image.fromarray(picture)
    if image.width > _WIDEST:
        image = image.resize((_WIDEST, max(1, round(image.height * _WIDEST / image.width))), Image.Resampling.LANCZOS)
    data = io.BytesIO()
    image.save(data, "JPEG", quality=_JPEG_QUALITY)
    return f"data:image/jpeg;base64,{base64.b64encode(data.getvalue()).decode()}"
