"""One row of a benchmark: what was asked of which engine, and what came of it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

from arllie_deploy.bench.statistics import Timing
from arllie_deploy.bench.status import Status

# The name of the device that the program itself runs on.
THIS_MACHINE = "this machine"
REQUIRED_OF_MEASURED = ("infer_ms",)
# A measured row has one of these.
JUDGEMENTS = ("parity", "unjudged")
# What a program on another device does not tell.
REQUIRED_HERE = ("threads", "end_to_end_ms", "memory_bytes")
ONLY_OF_MEASURED = (
    "infer_ms",
    "end_to_end_ms",
    "kernel_ms",
    "transfer_ms",
    "memory_bytes",
    "bandwidth_share",
    "sustained",
    "x_copy_hot",
    "x_copy_cold",
    "x_ort_fp32",
)


@dataclass(frozen=True, kw_only=True)
class RowParity:
    """How far the output was from the float64 reference, in units of [0, 1]; None where it is not finite.

    Attributes:
        max_abs: largest absolute difference.
        mean_abs: mean absolute difference.
        psnr_db: None also where both are equal.
        interior_max_abs: largest difference away from the border.
        border_max_abs: largest difference in the ring of one pixel.
        limit_max_abs: what `max_abs` may be; None where rounding to few integers decides it.
        limit_dark_psnr_db: what the row's `dark_psnr_db` must be at least; None where `limit_max_abs` decides.
    """

    max_abs: float | None
    mean_abs: float | None
    psnr_db: float | None
    interior_max_abs: float | None
    border_max_abs: float | None
    limit_max_abs: float | None
    limit_dark_psnr_db: float | None = None


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
        device: that ran it, `THIS_MACHINE` or the phone's or host's name.
        model: that was run; integers need another member of a family than floats.
        group: number of the group whose rounds the row took part in, from 0; None where it took part in none.
        requested_accelerator: that the row is about: `cpu`, `cuda`, `nnapi`, ...
        executed_by: what computed, in the engine's own words.
        nodes_delegated: operators of the graph that the requested accelerator took.
        nodes_total: operators of the graph.
        parity: of one dark frame, tensor to tensor; None where it was not run.
        unjudged: why nobody knows what the output should be; None where there is a reference.
        dark_psnr_db: the least PSNR over the dark frames, in dB; None where it was not run or all are equal.
        infer_ms: float tensor in, float tensor out, in the engine's own layout.
        end_to_end_ms: uint8 frame in, uint8 frame out.
        kernel_ms: what the accelerator itself computed, by its own clock.
        transfer_ms: to the accelerator and back, by its own clock.
        memory_bytes: peak resident memory of a process that loads the engine and the model and enhances one frame.
        artifact_bytes: of the file that the engine opened.
        bandwidth_share: bytes that a frame needs to move over what the device's memory could move in `kernel_ms`, 0–1.
        sustained: [seconds since the start, median ms end to end] one after the other under a constant load.
        cycles: of one frame, as a compiler or an emulator counted.
        sram_bytes: peak, as a compiler planned it.
        operators_on_cpu: that the accelerator left to a processor.
        packets: of instructions that issue together, for one frame, as an emulator counted.
        instructions: the same, one by one.
        hvx_instructions: those of them that the vector unit executes.
        packets_per_pixel: of the frame.
        x_copy_hot: median end to end over the median of copying one frame between the same two buffers, same group.
        x_copy_cold: the same over the median of copying in rotation, through memory.
        x_ort_fp32: the same over that of onnxruntime fp32 on cpu in the same group; None where that was not measured.

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
    device: str = THIS_MACHINE
    model: str | None = None
    group: int | None = None
    requested_accelerator: str | None = None
    executed_by: str | None = None
    nodes_delegated: int | None = None
    nodes_total: int | None = None
    parity: RowParity | None = None
    unjudged: str | None = None
    dark_psnr_db: float | None = None
    infer_ms: Timing | None = None
    end_to_end_ms: Timing | None = None
    kernel_ms: Timing | None = None
    transfer_ms: Timing | None = None
    memory_bytes: int | None = None
    artifact_bytes: int | None = None
    bandwidth_share: float | None = None
    sustained: Sequence[Sequence[float]] | None = None
    cycles: int | None = None
    sram_bytes: int | None = None
    operators_on_cpu: int | None = None
    packets: int | None = None
    instructions: int | None = None
    hvx_instructions: int | None = None
    packets_per_pixel: float | None = None
    x_copy_hot: float | None = None
    x_copy_cold: float | None = None
    x_ort_fp32: float | None = None

    def __post_init__(self) -> None:
        if self.status is not Status.MEASURED:
            given = [name for name in ONLY_OF_MEASURED if getattr(self, name) is not None]
            if given or not self.reason:
                raise ValueError(f"a row that is {self.status} has a reason and no {given or 'times'}")
            return
        here = REQUIRED_HERE if self.device == THIS_MACHINE else ()
        missing = [name for name in (*REQUIRED_OF_MEASURED, *here) if getattr(self, name) is None]
        if all(getattr(self, name) is None for name in JUDGEMENTS):
            missing.append("parity")
        if missing or self.reason is not None:
            raise ValueError(f"a measured row has no reason and does not lack {missing}")

    @property
    def label(self) -> str:
        """A short name, unique within a backend."""
        return f"{self.runtime} ({self.target})" if self.target else self.runtime

    def to_json(self) -> dict[str, Any]:
        """JSON values; every field is there."""
        return asdict(self)


def row_parity(
    values: Mapping[str, float | None], limit_max_abs: float | None, limit_dark_psnr_db: float | None = None
) -> RowParity:
    """The figures of `quality.parity` with their limits; None for one that is not finite, which JSON cannot hold."""
    names = [field.name for field in fields(RowParity) if not field.name.startswith("limit_")]
    figures = {name: finite(values[name]) for name in names}
    return RowParity(**figures, limit_max_abs=limit_max_abs, limit_dark_psnr_db=limit_dark_psnr_db)


def finite(value: float | None) -> float | None:
    """The value; None where it is not finite."""
    return value if value is not None and math.isfinite(value) else None
