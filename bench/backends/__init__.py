"""The table of backends: one row and one file each; listing them imports no engine."""

from difflib import get_close_matches

from arllie_deploy.bench.backends import cpu, cuda, dsp, npu
from arllie_deploy.bench.backends.base import Backend, Entry
from arllie_deploy.errors import ArllieError

BACKENDS = {row.name: row for row in (cpu.ROW, cuda.ROW, npu.ROW, dsp.ROW)}

__all__ = ["BACKENDS", "Backend", "Entry", "find_backends"]


def find_backends(names: str) -> list[Backend]:
    """The rows of a comma-separated list, in its order, each once.

    Raises:
        ArllieError: on an unknown or empty name, with the nearest known one.
    """
    rows = []
    for name in dict.fromkeys(part.strip() for part in names.split(",")):
        if name not in BACKENDS:
            close = get_close_matches(name, BACKENDS, n=1, cutoff=0.4)
            hint = f"did you mean {close[0]!r}?" if close else f"known: {', '.join(BACKENDS)}"
            raise ArllieError(f"unknown backend {name!r}; {hint}")
        rows.append(BACKENDS[name])
    return rows
