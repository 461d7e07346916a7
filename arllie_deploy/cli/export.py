"""`arllie-export`: from a model to verified artifacts and their manifest."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from arllie_deploy.cli.output import note, print_json, print_line, print_table, progress
from arllie_deploy.errors import ArllieError

_LONGEST_S = 1e6
# Converters of networks take minutes for a size.
_TIMEOUT_S, _NETWORK_TIMEOUT_S = 300.0, 3600.0

if TYPE_CHECKING:
    from arllie_deploy.export.job import Job
    from arllie_deploy.export.manifest import Entry
    from arllie_deploy.export.networks.export import NetworkExport


def command(
    target: Annotated[str | None, typer.Option(help="Targets, comma-separated, or all; see --list.")] = None,
    model: Annotated[
        str | None, typer.Option(help="A shipped model, of one layer or a network, or a .safetensors file.")
    ] = None,
    size: Annotated[str, typer.Option(help="WIDTHxHEIGHT of formats with a fixed size.")] = "1920x1080",
    precision: Annotated[str | None, typer.Option(help="Instead of each target's default; or all.")] = None,
    calibration: Annotated[Path | None, typer.Option(help="Folder of dark pictures for integer ranges.")] = None,
    percentile: Annotated[float | None, typer.Option(help="Share of a range that is kept; 100 is min-max.")] = None,
    timeout: Annotated[
        float | None, typer.Option(help="Seconds a converter may take: 300, for a network 3600, if not given.")
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder for the artifacts and manifest.json.")] = Path("arllie-out"),
    force: Annotated[bool, typer.Option("--force", help="Replace artifacts that have other bytes.")] = False,
    list_: Annotated[bool, typer.Option("--list", help="Show the targets and what works on this machine.")] = False,
    verify: Annotated[Path | None, typer.Option(help="Check the artifacts of this manifest.json again.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> int:
    """Export a model; every artifact is opened in its runtime and compared with the reference first.

    Examples: arllie-export --target onnx-cpu,tflite-cpu · arllie-export --target tflite-nnapi --precision int8 ·
    arllie-export --target all --size 1280x720 · arllie-export --list · arllie-export --verify arllie-out/manifest.json

    Exit 0: everything was made (with `all`: nothing was rejected or failed). 1: an artifact was rejected, its
    converter failed, or --verify found a difference. 2: wrong use, or a named target is unavailable here.
    """
    from arllie_deploy.cli.export_jobs import ALL, Wish, jobs_of
    from arllie_deploy.cli.export_list import print_targets
    from arllie_deploy.cli.export_verify import verify_manifest
    from arllie_deploy.export.targets import find_targets

    if timeout is not None and not 0 < timeout <= _LONGEST_S:
        raise ArllieError(f"--timeout {timeout:g}: give a number of seconds above 0 and up to {_LONGEST_S:g}")
    if sum((target is not None, list_, verify is not None)) > 1:
        raise ArllieError("--target, --list and --verify are three different things to do; give one of them")
    if list_:
        print_targets(json)
        return 0
    if verify is not None:
        return verify_manifest(verify, model, timeout or _NETWORK_TIMEOUT_S, json)
    if target is None:
        raise ArllieError("name what to export with --target, for example --target onnx-cpu; --list shows all")
    targets = find_targets(target)
    jobs = jobs_of(Wish(targets, target != ALL, model, size, precision, calibration, percentile))
    entries = _export_all(jobs, timeout, out, force=force)
    if json:
        print_json({"out": str(out), "artifacts": entries})
    else:
        _print_entries(entries, out)
    return _exit_status(entries, named=target != ALL)


def _export_all(
    jobs: "Sequence[Job | NetworkExport]", timeout: float | None, out: Path, *, force: bool
) -> "dict[str, Entry]":
    from arllie_deploy.atomic import ensure_folder
    from arllie_deploy.export.manifest import merge_into_manifest, read_manifest
    from arllie_deploy.export.page import write_page

    ensure_folder(out)
    read_manifest(out)  # a damaged one is reported before any work
    entries = {}
    with progress() as bar, tempfile.TemporaryDirectory(prefix=".arllie-floats-", dir=out) as floats:
        task = bar.add_task("exporting", total=len(jobs))
        for job in jobs:
            bar.update(task, description=f"{job.target.name} {job.precision}")
            entry = _export(job, timeout, out, Path(floats), force=force)
            merge_into_manifest(out, {job.file_name: entry})
            entries[job.file_name] = entry
            bar.advance(task)
    write_page(out)
    return entries


def _export(job: "Job | NetworkExport", timeout: float | None, out: Path, floats: Path, *, force: bool) -> "Entry":
    from arllie_deploy.export.job import Job
    from arllie_deploy.export.networks.export import export_network
    from arllie_deploy.export.pipeline import export

    if isinstance(job, Job):
        return export(job, out, timeout_s=timeout or _TIMEOUT_S, force=force)
    return export_network(job, out, timeout_s=timeout or _NETWORK_TIMEOUT_S, force=force, floats=floats)


def _print_entries(entries: "dict[str, Entry]", out: Path) -> None:
    rows = []
    for name, entry in entries.items():
        parity = entry["parity"] or {}
        figures = [figure(parity.get(key)) for key in ("max_abs", "border_max_abs")]
        worst = parity.get("dark_psnr_db")
        dark = f"{worst:.1f}" if worst else ""
        rows.append([entry["target"], entry["precision"], entry["status"], *figures, dark, entry["file"] or name])
    print_table(["target", "precision", "status", "max error", "at border", "dark dB", "file"], rows)
    for entry in entries.values():
        if entry["reason"]:
            note(f"{entry['target']}: {entry['status']}: {entry['reason']}")
    print_line(f"manifest: {out / 'manifest.json'} · page: {out / 'export.html'}")


def figure(value: float | None) -> str:
    """A difference for the table."""
    return "" if value is None else f"{value:.1e}"


def _exit_status(entries: "dict[str, Entry]", *, named: bool) -> int:
    from arllie_deploy.cli.program import CHECK_FAILED, DONE, WRONG_USE
    from arllie_deploy.export.manifest import Status

    statuses = {entry["status"] for entry in entries.values()}
    if statuses & {Status.REJECTED, Status.FAILED}:
        return CHECK_FAILED
    return WRONG_USE if named and Status.UNAVAILABLE in statuses else DONE
