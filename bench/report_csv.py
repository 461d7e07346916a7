"""`bench.csv`: one line per row, one column per figure."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

from arllie_deploy.bench.row import Row, RowParity
from arllie_deploy.bench.statistics import Timing

_FACTS = ("backend", "runtime", "target", "precision", "size", "threads", "status", "reason")
_TAIL = ("memory_bytes", "artifact_bytes", "x_copy_hot", "x_copy_cold", "x_ort_fp32")


def columns() -> list[str]:
    """The header; the unit ends each name, and a count has none."""
    parity = [f"parity_{field.name}" for field in fields(RowParity)]
    times = [
        f"{kind}_{field.name}" if field.name == "n" else f"{kind}_{field.name}_ms"
        for kind in ("infer", "end_to_end")
        for field in fields(Timing)
    ]
    return [*_FACTS, *parity, *times, *_TAIL]


def to_csv(rows: Sequence[Row]) -> bytes:
    """The file as UTF-8; a figure that there is none of is empty."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns(), lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow(_flat(row.to_json()))
    return text.getvalue().encode()


def _flat(row: Mapping[str, Any]) -> dict[str, Any]:
    values = {name: row[name] for name in (*_FACTS, *_TAIL)}
    values |= {f"parity_{name}": value for name, value in (row["parity"] or {}).items()}
    for kind in ("infer", "end_to_end"):
        for name, value in (row[f"{kind}_ms"] or {}).items():
            values[f"{kind}_{name}" if name == "n" else f"{kind}_{name}_ms"] = value
    return values
