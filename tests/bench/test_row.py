import math
from dataclasses import replace
from typing import Any

import pytest
from support.bench_rows import PARITY, measured_row, timing, unavailable_row

from arllie_deploy.bench.row import row_parity
from arllie_deploy.bench.status import Status

OTHERS = [status for status in Status if status is not Status.MEASURED]


@pytest.mark.parametrize("field", ["infer_ms", "end_to_end_ms", "memory_bytes", "parity", "threads"])
def test_a_measured_row_without_a_figure_is_refused(field: str) -> None:
    with pytest.raises(ValueError, match=field):
        replace(measured_row(), **{field: None})


@pytest.mark.parametrize("field", ["infer_ms", "parity"])
def test_on_another_device_too_a_measured_row_has_what_it_is_about(field: str) -> None:
    with pytest.raises(ValueError, match=field):
        replace(measured_row(), device="phone", **{field: None})


def test_a_program_on_another_device_tells_less() -> None:
    row = replace(measured_row(), device="phone", threads=None, end_to_end_ms=None, memory_bytes=None)
    assert row.status is Status.MEASURED


def test_what_an_emulator_counts_is_no_time() -> None:
    counted = {"cycles": 5, "sram_bytes": 6, "operators_on_cpu": 0, "packets_per_pixel": 2.5, "dark_psnr_db": 50.0}
    counted |= {"packets": 7, "instructions": 8, "hvx_instructions": 6}
    row = replace(unavailable_row(), status=Status.EMULATED, **counted)
    assert (row.cycles, row.packets_per_pixel) == (5, 2.5)


def test_a_measured_row_has_no_reason() -> None:
    with pytest.raises(ValueError, match="no reason"):
        replace(measured_row(), reason="it was slow")


@pytest.mark.parametrize("status", OTHERS)
@pytest.mark.parametrize("reason", [None, ""])
def test_every_other_row_has_a_reason(status: Status, reason: str | None) -> None:
    with pytest.raises(ValueError, match="reason"):
        replace(unavailable_row(), status=status, reason=reason)


@pytest.mark.parametrize("status", OTHERS)
@pytest.mark.parametrize(
    "figure",
    [
        {"infer_ms": timing(1.0)},
        {"end_to_end_ms": timing(1.0)},
        {"kernel_ms": timing(1.0)},
        {"transfer_ms": timing(1.0)},
        {"memory_bytes": 1},
        {"bandwidth_share": 0.5},
        {"sustained": [[0.0, 1.0]]},
        {"x_copy_hot": 1.0},
    ],
    ids=lambda figure: next(iter(figure)),
)
def test_only_a_measured_row_has_times(status: Status, figure: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(figure))):
        replace(unavailable_row(), status=status, **figure)


def test_a_figure_that_is_not_finite_becomes_none() -> None:
    figures = {**dict.fromkeys(("mean_abs", "psnr_db", "interior_max_abs", "border_max_abs"), 1.0), "max_abs": math.inf}
    assert row_parity(figures, 1e-5).max_abs is None


def test_json_has_every_field_and_plain_values() -> None:
    value = measured_row(target="onnx-cpu").to_json()
    assert value["status"] == "measured"
    assert value["parity"]["limit_max_abs"] == PARITY.limit_max_abs
    assert value["infer_ms"]["p50"] == 20.0
    assert value["reason"] is None
