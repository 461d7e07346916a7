import csv
import io
import json
from dataclasses import replace

from support.bench_rows import measured_row, unavailable_row

from arllie_deploy.bench.report_csv import to_csv
from arllie_deploy.bench.report_facts import columns, flatten
from arllie_deploy.bench.row import Row

OLD = ["backend", "runtime", "target", "precision", "size", "threads", "status", "reason", "memory_bytes"]
OLD += ["artifact_bytes", "x_copy_hot", "x_copy_cold", "x_ort_fp32", "parity_max_abs", "parity_limit_max_abs"]
OLD += [f"{kind}_{name}_ms" for kind in ("infer", "end_to_end") for name in ("min", "p50", "p90", "p99", "iqr")]


def read(*rows: Row) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(to_csv(rows).decode())))


def test_it_has_a_column_per_figure_and_a_line_per_row() -> None:
    lines = read(measured_row(), unavailable_row())
    assert tuple(lines[0]) == columns()
    assert (lines[0]["infer_p50_ms"], lines[0]["infer_n"], lines[0]["status"]) == ("20.0", "3", "measured")
    assert lines[1]["infer_p50_ms"] == ""
    assert lines[1]["reason"] == "no adb program here; install <adb> & connect"


def test_the_columns_of_older_files_keep_their_names() -> None:
    assert {*OLD, "infer_n", "end_to_end_n"} <= set(columns())


def test_no_figure_of_a_row_is_lost() -> None:
    row = replace(measured_row(), executed_by="XNNPACK", cycles=7, sustained=[[0.0, 1.0]])

    def scalars(value: object) -> list[object]:
        if isinstance(value, dict):
            return [each for inner in value.values() for each in scalars(inner)]
        return [] if value is None or isinstance(value, list) else [value]

    given = scalars(json.loads(json.dumps(row.to_json())))
    assert sorted(map(repr, given)) == sorted(
        repr(json.loads(json.dumps(value))) for value in flatten(row).values() if value is not None
    )


def test_a_reason_with_line_breaks_commas_and_quotes_comes_back() -> None:
    reason = 'first, "second"\nthird'
    assert read(unavailable_row(reason))[0]["reason"] == reason
