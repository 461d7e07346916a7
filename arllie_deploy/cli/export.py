"""`arllie-export`: from a model to verified artifacts and their manifest."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from arllie_deploy.cli.output import note, print_json, print_line, print_table, progress
from arllie_deploy.errors import ArllieError

_LONGEST_S = 1e6

if TYPE_CHECKING:
    from arllie_deploy.export.manifest import Entry
    from arllie_deploy.export.targets import Target


def command(
    target: Annotated[str | None, typer.Option(help="Targets, comma-separated, or all; see --list.")] = None,
    model: Annotated[str | None, typer.Option(help="A shipped model or a .safetensors file.")] = None,
    size: Annotated[str, typer.Option(help="WIDTHxHEIGHT of formats with a fixed size.")] = "1920x1080",
    precision: Annotated[str | None, typer.Option(help="Instead of each target's default.")] = None,
    timeout: Annotated[float, typer.Option(help="Seconds a converter may take.")] = 300.0,
    out: Annotated[Path, typer.Option(help="Folder for the artifacts and manifest.json.")] = Path("arllie-out"),
    force: Annotated[bool, typer.Option("--force", help="Replace artifacts that have other bytes.")] = False,
    list_: Annotated[bool, typer.Option("--list", help="Show the targets and what works on this machine.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> int:
    """Export a model; every artifact is opened in its runtime and compared with the reference first.

    Examples: arllie-export --target onnx-cpu,tflite-cpu · arllie-export --target all --size 1280x720 ·
    arllie-export --list

    Exit 0: everything was made (with `all`: nothing was rejected or failed). 1: an artifact was rejected or its
    converter failed. 2: wrong use, or a named target is unavailable here.
    """
    from arllie_deploy.export.targets import find_targets

    if list_:
        _list(json)
        return 0
    if target is None:
        raise ArllieError("name what to export with --target, for example --target onnx-cpu; --list shows all")
    targets = find_targets(target)
    entries = _export_all(targets, model, size, precision, timeout, out, force=force)
    if json:
        print_json({"out": str(out), "artifacts": entries})
    else:
        _print_entries(entries, out)
    return _exit_status(entries, named=target != "all")


def _export_all(
    targets: "list[Target]",
    model: str | None,
    size: str,
    precision: str | None,
    timeout: float,
    out: Path,
    *,
    force: bool,
) -> "dict[str, Entry]":
    from arllie_deploy.atomic import ensure_folder
    from arllie_deploy.cli.size import parse_size
    from arllie_deploy.export.manifest import merge_into_manifest, read_manifest
    from arllie_deploy.export.pipeline import Job, export
    from arllie_deploy.models import find_fixed_model

    if not 0 < timeout <= _LONGEST_S:
        raise ArllieError(f"--timeout {timeout:g}: give a number of seconds above 0 and up to {_LONGEST_S:g}")
    wanted = parse_size(size)
    jobs = [
        Job(row, find_fixed_model(model or row.default_model), _precision(row, precision), wanted) for row in targets
    ]
    ensure_folder(out)
    read_manifest(out)  # a damaged one is reported before any work
    entries = {}
    with progress() as bar:
        task = bar.add_task("exporting", total=len(jobs))
        for job in jobs:
            bar.update(task, description=job.target.name)
            entry = export(job, out, timeout_s=timeout, force=force)
            merge_into_manifest(out, {job.file_name: entry})
            entries[job.file_name] = entry
            bar.advance(task)
    return entries


def _precision(target: "Target", given: str | None) -> str:
    if given is None:
        return target.precisions[0]
    if given not in target.precisions:
        raise ArllieError(f"target {target.name} has no precision {given!r}; it has {', '.join(target.precisions)}")
    return given


def _print_entries(entries: "dict[str, Entry]", out: Path) -> None:
    rows = []
    for name, entry in entries.items():
        parity = entry["parity"]
        figures = [_figure(parity[key]) if parity else "" for key in ("max_abs", "border_max_abs")]
        rows.append([entry["target"], entry["precision"], entry["status"], *figures, entry["file"] or name])
    print_table(["target", "precision", "status", "max error", "at border", "file"], rows)
    for entry in entries.values():
        if entry["reason"]:
            note(f"{entry['target']}: {entry['status']}: {entry['reason']}")
    print_line(f"manifest: {out / 'manifest.json'}")


def _figure(value: float | None) -> str:
    return "not finite" if value is None else f"{value:.1e}"


def _exit_status(entries: "dict[str, Entry]", *, named: bool) -> int:
    from arllie_deploy.cli.program import CHECK_FAILED, DONE, WRONG_USE
    from arllie_deploy.export.manifest import Status

    statuses = {entry["status"] for entry in entries.values()}
    if statuses & {Status.REJECTED, Status.FAILED}:
        return CHECK_FAILED
    return WRONG_USE if named and Status.UNAVAILABLE in statuses else DONE


def _list(json: bool) -> None:
    from arllie_deploy.export.targets import TARGETS

    listed: list[dict[str, Any]] = []
    for row in TARGETS.values():
        available = row.availability()
        listed.append(
            {
                "target": row.name,
                "format": row.format,
                "accelerator": row.accelerator,
                "runtime": row.runtime,
                "backend": row.backend,
                "precisions": list(row.precisions),
                "available": available.ok,
                "reason": available.reason,
            }
        )
    if json:
        print_json({"targets": listed})
        return
    header = ["target", "format", "accelerator", "proven by", "backend", "precisions", "here"]
    cells = [
        [
            *(row[key] for key in ("target", "format", "accelerator", "runtime", "backend")),
            ",".join(row["precisions"]),
            "yes" if row["available"] else f"no: {row['reason']}",
        ]
        for row in listed
    ]
    print_table(header, cells)
