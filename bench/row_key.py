"""Which rows of two runs are the same one."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace

from arllie_deploy.bench.result import Result
from arllie_deploy.bench.row import THIS_MACHINE, Row


@dataclass(frozen=True)
class RowKey:
    """What a row is known by in every run; two rows with the same key are the same row, measured again.

    Attributes:
        device: that ran it.
        backend: the word of `--backends`.
        runtime: the engine.
        target: of the artifact; None where the engine opened the model itself.
        precision: of the artifact.
        threads: of the engine; None where it was not asked.
        size: WIDTHxHEIGHT of the frames.
        model: its name.
        number: counts rows of one run that agree in all of these, from 0.
    """

    device: str
    backend: str
    runtime: str
    target: str | None
    precision: str
    threads: int | None
    size: str
    model: str
    number: int = 0

    @property
    def label(self) -> str:
        """A short name for people; model and size are left to the heading."""
        engine = f"{self.runtime} ({self.target})" if self.target else self.runtime
        threads = f"{self.threads} threads" if self.threads and self.threads > 1 else "1 thread"
        again = f"#{self.number + 1}" if self.number else None
        device = None if self.device == THIS_MACHINE else self.device
        words = [device, self.backend, engine, self.precision, threads if self.threads else None, again]
        return " · ".join(word for word in words if word)


def rows_by_key(result: Result) -> dict[RowKey, Row]:
    """The rows of a run under their keys, in their order."""
    seen: Counter[RowKey] = Counter()
    keyed = {}
    for row in result.rows:
        key = RowKey(
            row.device,
            row.backend,
            row.runtime,
            row.target,
            row.precision,
            row.threads,
            row.size,
            row.model or result.model.name,
        )
        seen[key] += 1
        keyed[replace(key, number=seen[key] - 1)] = row
    return keyed
