"""`arllie-bench`: how fast and how faithful a model is on each backend, and the report about it."""

import shlex
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from arllie_deploy.cli.output import note, print_json, print_line, print_table, progress
from arllie_deploy.errors import CheckFailedError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from arllie_deploy.bench.backends import Backend, Entry
    from arllie_deploy.bench.candidate import Subject
    from arllie_deploy.bench.result import Result
    from arllie_deploy.bench.row import Row

_NOTHING = "–"


def command(
    backends: Annotated[str, typer.Option(help="cpu, cuda, npu, dsp, comma-separated.")] = "cpu",
    model: Annotated[str, typer.Option(help="A shipped fixed model or a .safetensors file.")] = "arllie-lol",
    size: Annotated[str, typer.Option(help="WIDTHxHEIGHT of the frames.")] = "1920x1080",
    threads: Annotated[
        int | None, typer.Option(min=1, max=1024, help="Of the engines; all cores if not given.")
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder for the reports; artifacts are looked for and made there too.")] = (
        Path("arllie-out")
    ),
    json: Annotated[bool, typer.Option("--json", help="Print the result as one JSON object.")] = False,
) -> None:
    """Check and time a model on every backend; write bench.json, bench.csv and report.html.

    Examples: arllie-bench --backends cpu,cuda,npu,dsp · arllie-bench --size 1280x720 --threads 1 --out runs/laptop

    Each run is kept under OUT/runs; the files in OUT are those of the newest. An output that differs from the reference
    is not timed.

    Exit 0: every row was measured or is unavailable here. 1: a row is wrong or failed. 2: wrong use. 130: interrupted;
    what was measured until then is kept and marked incomplete.
    """
    from arllie_deploy.bench.backends import find_backends
    from arllie_deploy.bench.run_folder import plan_run
    from arllie_deploy.pictures.night import night_picture

    chosen, night = find_backends(backends), night_picture()
    subject = _subject(night, model, size, threads)
    folder = plan_run(out)
    result = _measure(chosen, subject, out, folder.run_id, folder.started, _repeat(backends, model, size, threads))
    if not result.complete and not any(row.end_to_end_ms for row in result.rows):
        raise KeyboardInterrupt  # nothing to keep, and nothing that should stand in the place of an older report
    folder.write(_files(result, night, subject))
    if json:
        print_json(result.to_json())
    else:
        _print_result(result, out)
    if not result.complete:
        raise KeyboardInterrupt
    _refuse_bad_rows(result)


def _subject(night: "NDArray[Any]", model: str, size: str, threads: int | None) -> "Subject":
    from arllie_deploy.bench.candidate import Subject
    from arllie_deploy.bench.demand import refuse_too_large, rotation_length
    from arllie_deploy.cli.size import parse_size
    from arllie_deploy.models import find_fixed_model

    wanted, enhancer = parse_size(size), find_fixed_model(model)
    refuse_too_large(wanted)
    return Subject(enhancer, _frames(night, wanted, rotation_length(wanted)), threads)


def _measure(
    backends: "list[Backend]", subject: "Subject", out: Path, run_id: str, started: str, repeat: str
) -> "Result":
    from arllie_deploy.bench.contestant import Settings
    from arllie_deploy.bench.machine import describe_machine
    from arllie_deploy.bench.protocol import measure
    from arllie_deploy.bench.result import compose
    from arllie_deploy.export.parity import LIMITS

    machine, settings = describe_machine(), Settings()
    with progress() as bar:
        task = bar.add_task("preparing", total=settings.rounds)

        def say(name: str) -> None:
            bar.update(task, description=f"exporting {name}")

        def report(done: int, total: int) -> None:
            bar.update(task, description="timing", completed=done, total=total)

        entries = _entries(backends, subject, out, say)
        bar.update(task, description="checking")
        limits = {name: limit.max_abs for name, limit in LIMITS.items() if limit.max_abs is not None}
        measurement = measure(subject, entries, limits=limits, settings=settings, progress=report)
    return compose(
        measurement, subject, run_id=run_id, started=started, command=repeat, settings=settings, machine=machine
    )


def _entries(backends: "list[Backend]", subject: "Subject", out: Path, say: Callable[[str], None]) -> "list[Entry]":
    from arllie_deploy.cli.artifacts import artifacts

    entries: list[Entry] = []
    for backend in backends:
        made = artifacts(backend.name, subject.enhancer, subject.size, subject.threads, out, say)
        entries.extend(backend.entries(subject, made))
    return entries


def _frames(night: "NDArray[Any]", size: tuple[int, int], count: int) -> "list[NDArray[Any]]":
    """The dark picture continued to `size`, each frame a few pixels further along it, as a moving camera sees it."""
    from arllie_deploy.export.parity import mirrored

    width, height = size
    step = 8
    return [mirrored(night, width + step * number, height)[:, step * number :].copy() for number in range(count)]


def _files(result: "Result", night: "NDArray[Any]", subject: "Subject") -> dict[str, bytes]:
    import json

    from arllie_deploy.bench.report_csv import to_csv
    from arllie_deploy.bench.report_html import to_html

    return {
        "bench.json": (json.dumps(result.to_json(), indent=2, allow_nan=False) + "\n").encode(),
        "bench.csv": to_csv(result.rows),
        "report.html": to_html(result, night, subject.enhancer.enhance(night)),
    }


def _repeat(backends: str, model: str, size: str, threads: int | None) -> str:
    """The command without what does not change the figures: where the files go, and how it is printed."""
    words = ["arllie-bench", "--backends", backends, "--model", model, "--size", size]
    return shlex.join([*words, *(["--threads", str(threads)] if threads else [])])


def _print_result(result: "Result", out: Path) -> None:
    header = ["backend", "runtime", "target", "precision", "threads", "status"]
    header += ["max error", "infer p50 ms", "end to end p50 ms", "p90 ms", "peak MB", "× copy", "× ORT fp32"]
    print_table(header, [_cells(row) for row in result.rows])
    if result.floor is not None:
        hot, cold = result.floor.copy_hot_ms.p50, result.floor.copy_cold_ms.p50
        print_line(f"one {result.size} frame copied: {hot:.3g} ms hot, {cold:.3g} ms cold (× copy is over cold)")
    for row in result.rows:
        if row.reason:
            note(f"{row.backend}: {row.label}: {row.status}: {row.reason}")
    print_line(f"report: {out / 'report.html'}")


def _cells(row: "Row") -> list[str]:
    facts = [row.backend, row.runtime, row.target or _NOTHING, row.precision, str(row.threads or _NOTHING), row.status]
    error = _NOTHING if row.parity is None or row.parity.max_abs is None else f"{row.parity.max_abs:.1e}"
    if row.infer_ms is None or row.end_to_end_ms is None or row.memory_bytes is None:
        return [*facts, error, *[_NOTHING] * 6]
    times = [row.infer_ms.p50, row.end_to_end_ms.p50, row.end_to_end_ms.p90]
    ratios = [_short(ratio) for ratio in (row.x_copy_cold, row.x_ort_fp32)]
    return [*facts, error, *(_short(time) for time in times), f"{row.memory_bytes / 1e6:.0f}", *ratios]


def _short(value: float | None) -> str:
    if value is None:
        return _NOTHING
    return f"{value:.0f}" if value >= 1000 else f"{value:.3g}"


def _refuse_bad_rows(result: "Result") -> None:
    from arllie_deploy.bench.status import Status

    bad = [f"{row.label} is {row.status}" for row in result.rows if row.status in (Status.WRONG, Status.FAILED)]
    if bad:
        raise CheckFailedError(f"{', '.join(bad)}; the reasons are above and in bench.json")
