import json
from pathlib import Path
from typing import Any

import pytest
from support.bench_rows import made_result, measured_row, unavailable_row
from support.json_schema import violations

from arllie_deploy.bench.schema import generate, shipped, to_text
from arllie_deploy.bench.status import Status


def test_the_shipped_file_is_current() -> None:
    assert to_text(shipped()) == to_text(generate()), (
        "run python -m arllie_deploy.bench.schema > bench/bench.schema.json"
    )


def test_a_result_fits() -> None:
    assert violations(as_read(), shipped()) == []


def test_every_status_is_in_the_schema() -> None:
    assert shipped()["properties"]["rows"]["items"]["properties"]["status"] == {"enum": [s.value for s in Status]}


@pytest.mark.parametrize(
    ("row", "field", "value"),
    [
        (0, "infer_ms", None),
        (0, "reason", "it is slow"),
        (0, "status", "fast"),
        (0, "size", 48),
        (1, "reason", None),
        (1, "reason", ""),
        (1, "memory_bytes", 5),
        (1, "status", "measured"),
        (0, "memory_bytes", None),
        (0, "sustained", [1.0]),
        (1, "kernel_ms", {}),
        (1, "sustained", [[0.0, 1.0]]),
    ],
)
def test_a_row_that_contradicts_its_status_does_not_fit(row: int, field: str, value: Any) -> None:
    result = as_read()
    result["rows"][row][field] = value
    assert violations(result, shipped()) != []


def test_a_row_of_another_device_may_tell_less() -> None:
    result = as_read()
    result["rows"][0] |= {"device": "phone", "threads": None, "end_to_end_ms": None, "memory_bytes": None}
    assert violations(result, shipped()) == []
    result["rows"][0]["infer_ms"] = None
    assert violations(result, shipped()) != []


@pytest.mark.parametrize("change", [{"schema_version": 2}, {"complete": "yes"}, {"host": "box"}])
def test_another_result_does_not_fit(change: dict[str, Any]) -> None:
    assert violations({**as_read(), **change}, shipped()) != []


def as_read() -> Any:
    return json.loads(json.dumps(made_result(measured_row(), unavailable_row()).to_json(), allow_nan=False))


def test_no_path_of_this_machine_is_in_it() -> None:
    assert str(Path.home()) not in to_text(shipped())
