from typing import Any

import pytest
from support.bench_rows import unavailable_row
from support.enhancers import random_enhancer
from support.pictures import scene

from arllie_deploy.bench.backends import BACKENDS
from arllie_deploy.bench.candidate import Candidate, Subject
from arllie_deploy.bench.proofs import emulated_row, estimated_rows
from arllie_deploy.bench.row import ONLY_OF_MEASURED, Row
from arllie_deploy.bench.status import Status

NPU = {
    "vela": "5.2.0",
    "system_config": "High_End",
    "memory_mode": "Shared_Sram",
    "cycles_per_frame": 7,
    "sram_bytes": 9,
}
ENTRY: dict[str, Any] = {
    "operators": ["CONV_2D"],
    "executed_by": "an emulator",
    "facts": {"npus": {"u55-256": NPU, "u85-256": {**NPU, "cycles_per_frame": 3}}},
    "parity": {
        "max_abs": 0.07,
        "mean_abs": 0.002,
        "psnr_db": 43.0,
        "interior_max_abs": 0.07,
        "border_max_abs": 0.05,
        "dark_psnr_db": 52.0,
        "limit_max_abs": None,
        "limit_dark_psnr_db": 45.0,
    },
}
EMULATED = {**ENTRY, "facts": {"htp_archs": [68]}}


def candidate(entry: dict[str, Any] | None) -> Candidate:
    return Candidate(
        backend="npu",
        runtime="qnn",
        target="qnn-htp",
        accelerator="htp",
        precision="int8",
        size="48x40",
        manifest=entry,
    )


def test_a_compilers_figures_are_one_estimated_row_for_each_npu() -> None:
    rows = estimated_rows(candidate(ENTRY), ENTRY)
    assert [(row.status, row.device, row.cycles, row.sram_bytes) for row in rows] == [
        (Status.ESTIMATED, "Ethos-U55-256", 7, 9),
        (Status.ESTIMATED, "Ethos-U85-256", 3, 9),
    ]
    for row in rows:
        assert (row.nodes_delegated, row.nodes_total, row.operators_on_cpu) == (1, 1, 0)
        assert "nobody timed it" in str(row.reason)


def test_an_emulator_proves_bytes_and_no_time() -> None:
    row = emulated_row(candidate(EMULATED), EMULATED)
    assert (row.status, row.executed_by, row.dark_psnr_db) == (Status.EMULATED, "an emulator", 52.0)
    assert row.parity is not None
    assert (row.parity.limit_max_abs, row.parity.limit_dark_psnr_db) == (None, 45.0)
    assert [name for name in ONLY_OF_MEASURED if getattr(row, name) is not None] == []


@pytest.mark.parametrize(
    ("entry", "statuses"),
    [(ENTRY, [Status.ESTIMATED] * 2), (EMULATED, [Status.EMULATED]), (None, [Status.UNAVAILABLE])],
)
def test_npu_has_the_phones_row_first_and_then_what_was_proven(
    entry: dict[str, Any] | None, statuses: list[Status]
) -> None:
    decided = unavailable_row()
    entries = BACKENDS["npu"].entries(Subject(random_enhancer(), [scene(0)], None), [candidate(entry), decided])
    assert all(isinstance(row, Row) for row in entries)
    assert [row.status for row in entries if isinstance(row, Row)] == [
        Status.UNAVAILABLE,
        *statuses,
        Status.UNAVAILABLE,
    ]
    assert entries[-1] is decided
