"""`python -P -m arllie_deploy.results.speed`: times our model beside the shapes of others, and writes the page.

The times come from `arllie-bench --peers`, which it runs first, or from the bench.json that `--bench` names.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from arllie_deploy.atomic import ensure_folder
from arllie_deploy.bench.result_file import read_result
from arllie_deploy.errors import ArllieError
from arllie_deploy.results.page import Origin, write_numbers, write_page
from arllie_deploy.results.quality.entries import shipped
from arllie_deploy.results.speed.quality import of_ours, of_peers
from arllie_deploy.results.speed.report import TITLE, parts

COMMAND = "make results-speed"
PAGE, NUMBERS = "speed.md", "speed.json"
_BENCH = "from arllie_deploy.cli import bench; bench()"
_OPTIONS = ("--backends", "cpu,cuda,npu,dsp", "--peers", "--size", "1920x1080")
# Done, and done with a row that is wrong or failed: the page says which.
_FINISHED = (0, 1)


def main(arguments: Sequence[str]) -> int:
    """Run the command line; the exit status."""
    options = _parse(arguments)
    try:
        write(options.bench, options.quality or options.out / "quality.json", options.out)
    except ArllieError as error:
        print(f"speed: error: {error}", file=sys.stderr)  # noqa: T201 - this is the program's voice
        return error.exit_code
    return 0


def write(bench: Path | None, quality: Path, out: Path) -> None:
    """Replace page and numbers in `out`.

    Args:
        bench: a result of `arllie-bench --peers`; None runs it.
        quality: the numbers of `make results-quality`.
        out: folder of the page.

    Raises:
        ArllieError: if the run or one of the files fails.
    """
    ensure_folder(out)
    known = {**of_ours(quality), **of_peers()}
    parameters = {entry.name: entry.parameters for entry in shipped()}
    with tempfile.TemporaryDirectory(prefix="arllie-speed-") as scratch:
        result = read_result(bench or _run_bench(Path(scratch)))
    origin = Origin(COMMAND, models={result.model.name: result.model.sha256})
    write_numbers(out / NUMBERS, result.to_json(), origin)
    write_page(out / PAGE, TITLE.format(size=result.size.replace("x", "×")), parts(result, known, parameters), origin)


def _run_bench(out: Path) -> Path:
    command = [sys.executable, "-P", "-c", _BENCH, *_OPTIONS, "--out", str(out)]
    status = subprocess.run(command, check=False, stdout=subprocess.DEVNULL).returncode
    if status not in _FINISHED:
        raise ArllieError(f"arllie-bench ended with status {status}; what it said is above")
    return out / "bench.json"


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="speed", description=__doc__)
    parser.add_argument("--bench", type=Path, help="the bench.json of a run with --peers, instead of a new run")
    parser.add_argument(
        "--quality", type=Path, help="numbers of make results-quality; quality.json in --out if not given"
    )
    parser.add_argument("--out", type=Path, default=Path("docs/results"), help="folder of the page")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
