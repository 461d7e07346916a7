"""What came of one engine on a phone, and the row that says so."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any

from numpy.typing import NDArray

from arllie_deploy.bench.adb.trouble import MISSING, AdbError
from arllie_deploy.bench.candidate import Candidate
from arllie_deploy.bench.floor import FloorTimes
from arllie_deploy.bench.row import Row, RowParity
from arllie_deploy.bench.statistics import Timing
from arllie_deploy.bench.status import Status
from arllie_deploy.errors import ArllieError, UnavailableError

# (output tensor in [0, 1], output frame uint8), both (height, width, 3) -> parity, and what is wrong, if anything.
Judge = Callable[[NDArray[Any], NDArray[Any]], tuple[RowParity | None, str | None]]

EMULATED_REASON = "the phone is an emulator: its bytes are right, its times mean nothing"
_NOT_OF_A_ROW = ("status", "floor")


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """One engine on one phone; the fields are those of `Row` and mean the same, None where the candidate knows better.

    Attributes:
        floor: the copy of a frame on the phone, where the engine times it; not a part of the row.
    """

    status: Status
    reason: str | None = None
    threads: int | None = None
    executed_by: str | None = None
    nodes_delegated: int | None = None
    nodes_total: int | None = None
    parity: RowParity | None = None
    dark_psnr_db: float | None = None
    infer_ms: Timing | None = None
    end_to_end_ms: Timing | None = None
    kernel_ms: Timing | None = None
    memory_bytes: int | None = None
    x_copy_hot: float | None = None
    x_copy_cold: float | None = None
    floor: FloorTimes | None = None

    def row(self, candidate: Candidate, device: str) -> Row:
        """The candidate's row.

        Args:
            candidate: what was to be run.
            device: what the user calls the phone.
        """
        facts = {field.name: getattr(self, field.name) for field in fields(self) if field.name not in _NOT_OF_A_ROW}
        known = {name: value for name, value in facts.items() if value is not None}
        return candidate.row(self.status, device=device, **known)


def outcome_of(error: ArllieError) -> Outcome:
    """Unavailable if something is missing on this machine or the way to the phone, else failed."""
    missing = isinstance(error, UnavailableError) or (isinstance(error, AdbError) and error.trouble in MISSING)
    return Outcome(status=Status.UNAVAILABLE if missing else Status.FAILED, reason=str(error))
