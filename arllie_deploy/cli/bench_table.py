"""What `arllie-bench` prints about a result."""

from pathlib import Path
from typing import TYPE_CHECKING

from arllie_deploy.cli.output import note, print_line, print_table

if TYPE_CHECKING:
    from arllie_deploy.bench.result import Result
    from arllie_deploy.bench.row import Row

_NOTHING = "–"


def print_result(result: "Result", report: Path) -> None:
    """A line per row, with its device where there are several, then the copy floors; reasons and warnings on stderr.

    Args:
        result: of the run.
        report: the page about it.
    """
    from arllie_deploy.bench.report_timing import floors_of
    from arllie_deploy.bench.row import THIS_MACHINE

    several = bool(result.devices)
    header = ["device"] if several else []
    header += ["backend", "runtime", "target", "model", "precision", "threads", "status", "max error", "dark dB"]
    header += ["infer p50 ms", "end to end p50 ms", "p90 ms", "peak MB", "× copy", "× ORT fp32"]
    rows = [_cells(row, result.model.name) for row in result.rows]
    print_table(
        header, [[row.device, *cells] if several else cells for row, cells in zip(result.rows, rows, strict=True)]
    )
    for device, floor in floors_of(result).items():
        where = "" if device == THIS_MACHINE else f"{device}: "
        hot, cold = floor.copy_hot_ms.p50, floor.copy_cold_ms.p50
        print_line(f"{where}one {result.size} frame copied: {hot:.3g} ms hot, {cold:.3g} ms cold (× copy is over cold)")
    for row in result.rows:
        if row.reason:
            where = f"{row.device}: " if several else ""
            note(f"{where}{row.backend}: {row.label} {row.precision}: {row.status}: {row.reason}")
    for warning in result.warnings:
        note(f"warning: {warning}")
    print_line(f"report: {report}")


def _cells(row: "Row", model: str) -> list[str]:
    from arllie_deploy.bench.report_facts import counted

    facts = [row.backend, row.runtime, row.target or _NOTHING, row.model or model, row.precision]
    facts += [str(row.threads or _NOTHING), row.status]
    facts.append(_NOTHING if row.parity is None or row.parity.max_abs is None else f"{row.parity.max_abs:.1e}")
    facts.append(_NOTHING if row.dark_psnr_db is None else f"{row.dark_psnr_db:.1f}")
    total = row.end_to_end_ms
    facts.append(_short(None if row.infer_ms is None else row.infer_ms.p50))
    facts.append((counted(row) or _NOTHING) if total is None else _short(total.p50))
    memory = _NOTHING if row.memory_bytes is None else f"{row.memory_bytes / 1e6:.0f}"
    ratios = [_short(ratio) for ratio in (row.x_copy_cold, row.x_ort_fp32)]
    return [*facts, _short(None if total is None else total.p90), memory, *ratios]


def _short(value: float | None) -> str:
    if value is None:
        return _NOTHING
    return f"{value:.0f}" if value >= 1000 else f"{value:.3g}"
