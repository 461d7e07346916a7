"""`arllie-export --list`: the targets, and what works on this machine."""

from typing import Any

from arllie_deploy.cli.output import print_json, print_table


def print_targets(json: bool) -> None:
    """Print one row per target; imports no converter and no engine."""
    from arllie_deploy.export.targets import TARGETS

    listed = [_facts(row) for row in TARGETS.values()]
    if json:
        print_json({"targets": listed})
        return
    cells = [
        [
            *(row[key] for key in ("target", "format", "accelerator", "backend")),
            ",".join(row["precisions"]),
            row["proof"],
            "yes" if row["available"] else f"no: {row['reason']}",
        ]
        for row in listed
    ]
    print_table(["target", "format", "accelerator", "backend", "precisions", "proven how", "here"], cells)


def _facts(row: Any) -> dict[str, Any]:
    available = row.availability()
    return {
        "target": row.name,
        "format": row.format,
        "accelerator": row.accelerator,
        "runtime": row.runtime,
        "backend": row.backend,
        "precisions": list(row.precisions),
        "default_models": {precision: row.default_model(precision) for precision in row.precisions},
        "needs": list(row.needs),
        "extra": row.extra,
        "proof": row.proof,
        "emulated": row.emulated,
        "available": available.ok,
        "reason": available.reason,
    }
