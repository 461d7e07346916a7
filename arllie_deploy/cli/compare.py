"""`arllie-bench --compare OLD.json --fail-over 5%`: what to look at before the run, and what to say after it."""

from pathlib import Path
from typing import TYPE_CHECKING

from arllie_deploy.cli.output import note, print_line, print_table

if TYPE_CHECKING:
    from arllie_deploy.bench.compare import Comparison
    from arllie_deploy.bench.machine import Machine
    from arllie_deploy.bench.result import Result

FILE_NAME = "compare.json"


def read_older(path: Path, size: str, machine: "Machine | None") -> "Result":
    """The run to compare with.

    Args:
        path: of its bench.json.
        size: WIDTHxHEIGHT of the frames of this run.
        machine: that this run is on; None for several devices.

    Raises:
        ArllieError: if it cannot be read, or is of another size, processor or schema version.
    """
    from arllie_deploy.bench.comparable import refuse_unlike
    from arllie_deploy.bench.result_file import read_result

    old = read_result(path)
    refuse_unlike(old, size, machine)
    return old


def compare_runs(old: "Result", new: "Result", fail_over: float) -> "Comparison":
    """Both runs row by row, with what makes the comparison less sure; raises `ArllieError` if nothing is comparable."""
    from arllie_deploy.bench.comparable import doubts
    from arllie_deploy.bench.compare import compare

    return compare(old, new, fail_over, doubts(old, new))


def to_file(comparison: "Comparison") -> bytes:
    """The text of `compare.json`."""
    import json

    return (json.dumps(comparison.to_json(), indent=2, allow_nan=False) + "\n").encode()


def print_comparison(comparison: "Comparison") -> None:
    """A line per row, and the doubts on stderr."""
    from arllie_deploy.bench.compare import table

    print_line(f"against {comparison.old_run}, {100 * comparison.fail_over:g} % allowed beyond the noise:")
    print_table(*table(comparison))
    for warning in comparison.warnings:
        note(f"compare: {warning}")
