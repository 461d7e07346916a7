"""`arllie-bench`: how fast and how faithful a model is on each backend, and the report about it."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from arllie_deploy.cli.bench_request import Delivery, Request
from arllie_deploy.cli.options import with_fields_as_options
from arllie_deploy.cli.output import print_json
from arllie_deploy.errors import ArllieError, CheckFailedError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from arllie_deploy.bench.backends import Backend
    from arllie_deploy.bench.candidate import Subject
    from arllie_deploy.bench.compare import Comparison
    from arllie_deploy.bench.result import Result
    from arllie_deploy.bench.run_folder import RunFolder


@with_fields_as_options
def command(request: Request, delivery: Delivery) -> None:
    """Check and time a model on every backend; write bench.json, bench.csv, bench.md and report.html.

    Examples: arllie-bench --backends cpu,cuda,npu,dsp · arllie-bench --size 1280x720 --threads 1 --out runs/laptop ·
    arllie-bench --device adb:R5CT1 --backends cpu,npu · arllie-bench --compare old/bench.json --fail-over 5%

    Each run is kept under OUT/runs; the files in OUT are those of the newest. An output that differs from the reference
    is not timed.

    Exit 0: every row was measured, proven without a device, or is unavailable here. 1: a row is wrong or failed, or
    worse than in the older run. 2: wrong use. 130: interrupted; what was measured until then is kept and marked
    incomplete.
    """
    from arllie_deploy.bench.backends import find_backends
    from arllie_deploy.bench.compare import parse_share
    from arllie_deploy.bench.run_folder import plan_run
    from arllie_deploy.cli.bench_run import refuse_wrong_use, subject_of
    from arllie_deploy.cli.compare import FILE_NAME, compare_runs, to_file

    if request.device is not None and request.devices is not None:
        raise ArllieError("--device is one phone, --devices several devices; give one of them")
    chosen, allowed = find_backends(request.backends), parse_share(delivery.fail_over)
    subject = subject_of(request)
    refuse_wrong_use(request, chosen)
    older = None if delivery.compare is None else _older(delivery.compare, request, subject)
    folder = plan_run(delivery.out)
    result, outputs = _measure(request, chosen, subject, folder)
    if not result.complete and not any(row.infer_ms for row in result.rows):
        raise KeyboardInterrupt  # nothing to keep, and nothing that should stand in the place of an older report
    # Written before it is compared: a run that cannot be compared is kept all the same.
    folder.write(_files(result, subject, outputs))
    comparison = None if older is None else compare_runs(older, result, allowed)
    if comparison is not None:
        folder.write({FILE_NAME: to_file(comparison)})
    _print(result, comparison, delivery)
    _refuse(result, comparison)


def _older(path: Path, request: Request, subject: "Subject") -> "Result":
    from arllie_deploy.bench.machine import describe_machine
    from arllie_deploy.cli.compare import read_older

    here = request.device is None and request.devices is None
    return read_older(path, subject.size_text, describe_machine() if here else None)


def _print(result: "Result", comparison: "Comparison | None", delivery: Delivery) -> None:
    from arllie_deploy.cli.bench_table import print_result
    from arllie_deploy.cli.compare import print_comparison

    if delivery.json:
        print_json(result.to_json())
        return
    print_result(result, delivery.out / "report.html")
    if comparison is not None:
        print_comparison(comparison)


def _measure(
    request: Request, backends: "list[Backend]", subject: "Subject", folder: "RunFolder"
) -> "tuple[Result, Mapping[int, NDArray[Any]]]":
    """The result, and by position in its rows what their engines made of the first frame."""
    from arllie_deploy.cli import bench_run

    if request.devices is not None:
        return _measure_fleet(request, request.devices, subject, folder), {}
    if request.device is not None:
        return bench_run.measure_phone(request, backends, subject, folder)
    return bench_run.measure_here(request, backends, subject, folder)


def _measure_fleet(request: Request, devices: Path, subject: "Subject", folder: "RunFolder") -> "Result":
    from arllie_deploy.bench.fleet import Order, merge
    from arllie_deploy.bench.result import model_facts
    from arllie_deploy.cli.fleet import run_devices

    order = Order(
        options=request.options(),
        out=folder.out,
        backends=request.backends,
        model=model_facts(subject.enhancer, subject.size),
        size=subject.size_text,
    )
    fleet = run_devices(devices, order)
    return merge(fleet, order, run_id=folder.run_id, started=folder.started, command=request.command())


def _files(result: "Result", subject: "Subject", outputs: "Mapping[int, NDArray[Any]]") -> dict[str, bytes]:
    import json

    from arllie_deploy.bench.report_csv import to_csv
    from arllie_deploy.bench.report_html import to_html
    from arllie_deploy.bench.report_markdown import to_markdown
    from arllie_deploy.models import MEMBERS, find_fixed_model

    before = subject.frames[0]
    # Integer rows are of another member; its own reference is what their difference is from.
    members = {row.model for row in result.rows if row.model in MEMBERS} - {subject.enhancer.name}
    references = {name: find_fixed_model(name).enhance(before) for name in sorted(members)}
    return {
        "bench.json": (json.dumps(result.to_json(), indent=2, allow_nan=False) + "\n").encode(),
        "bench.csv": to_csv(result.rows),
        "bench.md": to_markdown(result),
        "report.html": to_html(result, before, subject.enhancer.enhance(before), outputs, references),
    }


def _refuse(result: "Result", comparison: "Comparison | None") -> None:
    """End with the status that an incomplete run, bad rows or a regression call for."""
    from arllie_deploy.bench.compare import refuse_regressions
    from arllie_deploy.bench.status import Status

    if not result.complete:
        raise KeyboardInterrupt
    bad = [
        f"{row.label}{f' on {row.device}' if result.devices else ''} is {row.status}"
        for row in result.rows
        if row.status in (Status.WRONG, Status.FAILED)
    ]
    if bad:
        raise CheckFailedError(f"{', '.join(bad)}; the reasons are above and in bench.json")
    if comparison is not None:
        refuse_regressions(comparison)
