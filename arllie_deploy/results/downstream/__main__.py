"""`python -P -m arllie_deploy.results.downstream`: runs the study and writes its page, plot and raw counts."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from arllie_deploy.atomic import ensure_folder
from arllie_deploy.errors import ArllieError
from arllie_deploy.quality.sensor import NOISELESS
from arllie_deploy.results.downstream.chart import draw
from arllie_deploy.results.downstream.contestants import CONTESTANTS, model_hashes
from arllie_deploy.results.downstream.packages import PACKAGES, require_packages
from arllie_deploy.results.downstream.report import TITLE, parts
from arllie_deploy.results.downstream.study import EXPOSURES, Plan, run, to_json
from arllie_deploy.results.downstream.subjects import SUBJECTS
from arllie_deploy.results.page import Origin, write_numbers, write_page

COMMAND = "make results-downstream"
PAGE, NUMBERS, PLOT = "downstream.md", "downstream.json", "downstream.png"


def main(arguments: Sequence[str]) -> int:
    """Run the command line; the exit status."""
    options = _parse(arguments)
    plan = Plan({row.name: row.scenes for row in SUBJECTS.values()}, EXPOSURES, tuple(CONTESTANTS), options.seed)
    try:
        require_packages()
        write(plan, options.workers, options.out)
    except ArllieError as error:
        print(f"downstream: error: {error}", file=sys.stderr)  # noqa: T201 - this is the program's voice
        return error.exit_code
    return 0


def write(plan: Plan, workers: int, folder: Path) -> None:
    """Run the plan, and its lowest exposure again without noise, and replace page, numbers and plot in `folder`."""
    ensure_folder(folder)
    noiseless_plan = replace(plan, exposures=(min(plan.exposures),), sensor=NOISELESS)
    counts, noiseless = run(plan, workers), run(noiseless_plan, workers)
    origin = Origin(COMMAND, models=model_hashes(), packages=["numpy", *PACKAGES.values()])
    draw(counts, folder / PLOT)
    numbers = {**to_json(plan, counts), "noiseless": to_json(noiseless_plan, noiseless)}
    write_numbers(folder / NUMBERS, numbers, origin)
    write_page(folder / PAGE, TITLE, parts(plan, counts, noiseless, PLOT), origin)


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="downstream", description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("docs/results"), help="folder of the page")
    parser.add_argument("--seed", type=int, default=0, help="of scenes and noise")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="processes; all cores if not given")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
