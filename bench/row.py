"""One row of a benchmark: what was asked of which engine, and what came of it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from arllie_deploy.bench.statistics import Timing
from arllie_deploy.bench.status import Status

REQUIRED_OF_MEASURED = ("threads", "parity", "infer_ms", "end_to_end_ms", "memory_bytes")
ONLY_OF_MEASURED = ("infer_ms", "end_to_end_ms", "memory_bytes", "x_copy_hot", "x_copy_cold", "x_ort_fp32")


@dataclass(frozen=True, kw_only=True)
class RowParity:
    """How far the output was from the float64 reference, in units of [0, 1]; None where it is not finite.

    Attributes:
        max_abs: largest absolute difference.
        mean_abs: mean absolute difference.
        psnr_db: None also where both are equal.
        interior_max_abs: largest difference away from the border.
        border_max_abs: largest difference in the ring of one pixel.
        limit_max_abs: what `max_abs` may be.
    """

    max_abs: float | None
    mean_abs: float | None
    psnr_db: float | None
    interior_max_abs: float | None
    border_max_abs: float | None
    limit_max_abs: float


@dataclass(frozen=True, kw_only=True)
class Row:
    """One row.

    Attributes:
        backend: the word of `--backends`.
        runtime: the engine.
        target: the row of `arllie-export --list` whose artifact was run; None where the engine opened the model itself.
        precision: of the artifact.
        size: WIDTHxHEIGHT of the frames.
        threads: that the engine was told to use; None where it was not asked.
        status: what the row is worth.
        reason: why there is no time; None exactly where `status` is measured.
        parity: of one dark frame, tensor to tensor; None where it was not run.
        infer_ms: float tensor in, float tensor out, in the engine's own layout.
        end_to_end_ms: uint8 frame in, uint8 frame out.
        memory_bytes: peak resident memory of a process that loads the engine and the model and enhances one frame.
        artifact_bytes: of the file that the engine opened.
        x_copy_hot: median end to end over the median of copying one frame between the same two buffers.
        x_copy_cold: the same over the median of copying in rotation, through memory.
        x_ort_fp32: the same over that of the first onnxruntime fp32 row of cpu; None where that was not measured.

    Raises:
        ValueError: if the fields do not fit the status.
    """

    backend: str
    runtime: str
    target: str | None
    precision: str
    size: str
    threads: int | None
    status: Status
    reason: str | None = None
    parity: RowParity | None = None
    infer_ms: Timing | None = None
    end_to_end_ms: Timing | None = None
    memory_bytes: int | None = None
    artifact_bytes: int | None = None
    x_copy_hot: float | None = None
    x_copy_cold: float | None = None
    x_ort_fp32: float | None = None

    def __post_init__(self) -> None:
        if self.status is not Status.MEASURED:
            given = [name for name in ONLY_OF_MEASURED if getattr(self, name) is not None]
            if given or not self.reason:
                raise ValueError(f"a row that is {self.status} has a reason and no {given or 'times'}")
            return
        missing = [name for name in REQUIRED_OF_MEASURED if getattr(self, name) is None]
        if missing or self.reason is not None:
            raise ValueError(f"a measured row has no reason and does not lack {missing}")

    @property
    def label(self) -> str:
        """A short name, unique within a backend."""
        return f"{self.runtime} ({self.target})" if self.target else self.runtime

    def to_json(self) -> dict[str, Any]:
        """JSON values; every field is there."""
        return asdict(self)


def row_parity(values: Mapping[str, float | None], limit: float) -> RowParity:
    """The figures of `quality.parity` with the limit; a figure that is not finite, which JSON cannot hold, is None."""
    names = [field.name for field in fields(RowParity) if field.name != "limit_max_abs"]
    return RowParity(**{name: _finite(values[name]) for name in names}, limit_max_abs=limit)


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
