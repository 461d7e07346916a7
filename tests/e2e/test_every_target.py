"""Every target in every precision: written, opened in its runtime and held to its limit; the log shows which ran."""

from collections.abc import Callable
from pathlib import Path

import pytest

from arllie_deploy.export.job import Job
from arllie_deploy.export.parity import LIMITS
from arllie_deploy.export.pipeline import export
from arllie_deploy.export.targets import TARGETS
from arllie_deploy.models import find_fixed_model

MATRIX = [(name, precision) for name, row in TARGETS.items() for precision in row.precisions]


@pytest.mark.parametrize(("target", "precision"), MATRIX, ids=["-".join(each) for each in MATRIX])
def test_a_target_gives_a_verified_artifact(
    target: str, precision: str, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    row = TARGETS[target]
    found = row.availability()
    if not found.ok:
        pytest.skip(f"{target}: {found.reason}")
    job = Job(row, find_fixed_model(row.default_model(precision)), precision, (160, 90))
    entry = export(job, tmp_path, timeout_s=300, force=False)
    assert entry["status"] == "ok", entry["reason"]
    assert {facts["file"] for facts in entry["files"]} == {path.name for path in tmp_path.iterdir()}
    parity, limit = entry["parity"], LIMITS[precision]
    if limit.max_abs is not None:
        assert parity["max_abs"] <= limit.max_abs
    if limit.dark_psnr_db is not None:
        assert parity["dark_psnr_db"] >= limit.dark_psnr_db
    figures = f"max {parity['max_abs']:.1e}, dark {parity['dark_psnr_db']:.1f} dB, {entry['executed_by']}"
    record_property(f"exported {target} {precision}", figures)
