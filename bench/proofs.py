"""Rows from what an exporter proved without a device: a compiler's estimates, an emulator's bytes. Never times."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from arllie_deploy.bench.candidate import Candidate
from arllie_deploy.bench.row import Row, row_parity
from arllie_deploy.bench.status import Status


def estimated_rows(candidate: Candidate, entry: Mapping[str, Any]) -> list[Row]:
    """A row for each NPU that the compiler planned an artifact for.

    Args:
        candidate: the artifact.
        entry: its entry in the manifest, with `facts.npus`.
    """
    operators = len(entry["operators"])
    return [
        candidate.row(
            Status.ESTIMATED,
            reason=f"Vela {npu['vela']} estimates this for the {name}; nobody timed it",
            runtime="vela",
            device=f"Ethos-{name.upper()}",
            executed_by=f"nobody; planned by Vela {npu['vela']} for {npu['system_config']}, {npu['memory_mode']}",
            # The exporter rejects what leaves an operator to the processor.
            nodes_delegated=operators,
            nodes_total=operators,
            operators_on_cpu=0,
            cycles=npu["cycles_per_frame"],
            sram_bytes=npu["sram_bytes"],
            **_parity(entry),
        )
        for name, npu in entry["facts"]["npus"].items()
    ]


def emulated_row(candidate: Candidate, entry: Mapping[str, Any]) -> Row:
    """The row of an artifact that an emulator executed as a whole when it was exported.

    Args:
        candidate: the artifact.
        entry: its entry in the manifest.
    """
    operators = len(entry["operators"])
    return candidate.row(
        Status.EMULATED,
        reason=emulated_reason(entry["executed_by"]),
        executed_by=entry["executed_by"],
        nodes_delegated=operators,
        nodes_total=operators,
        **_parity(entry),
    )


def emulated_reason(executed_by: str) -> str:
    """Why a row that an emulator executed has no time."""
    return f"executed by {executed_by}: its bytes are proven, and an emulator's time says nothing"


def _parity(entry: Mapping[str, Any]) -> dict[str, Any]:
    found = entry["parity"]
    return {
        "parity": row_parity(found, found["limit_max_abs"], found["limit_dark_psnr_db"]),
        "dark_psnr_db": found["dark_psnr_db"],
    }
