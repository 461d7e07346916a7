"""`python -m arllie_deploy.bench.budgets [--json] [--data DIR]`: what this project may cost, and what it costs here.

A benchmark, not a test: times depend on the machine and its load, so nothing is asserted anywhere else. Everything but
the fusion is measured in processes of its own.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

import numpy as np

from arllie_deploy.bench.adaptive_cost import share_of_a_frame
from arllie_deploy.bench.overhead import overhead_us
from arllie_deploy.models import find_fixed_model
from arllie_deploy.reparam.fuse import fuse
from arllie_deploy.reparam.structure import MAX_BRANCHES, MAX_CELLS, MAX_WIDTH
from arllie_deploy.reparam.weights import BlockWeights, CellWeights, NormWeights

_REPEATS = 7
_HEAVY = ("torch", "tensorflow", "onnx")
_PHOTO_SIZE = (6000, 4000)
_RUN = "import sys; from arllie_deploy.cli import {0}; sys.argv[0] = 'arllie'; {0}()"
_IMPORT_TIME = "import time; start = time.perf_counter(); import {0}; print(time.perf_counter() - start)"
_MAKE_PHOTO = (
    "import sys; from PIL import Image;"
    "from importlib.resources import files;"
    "night = Image.open(str(files('arllie_deploy.pictures') / 'samples' / 'night.png')).convert('RGB');"
    "night.resize(({0}, {1})).save(sys.argv[1], quality=90)"
)


@dataclass(frozen=True)
class Budget:
    """One line: what is measured, how much it may be, how much it is (None where it failed), and what went wrong."""

    name: str
    unit: str
    limit: float
    value: float | None
    problem: str | None = None

    @property
    def kept(self) -> bool:
        """Whether it was measured and is within its limit."""
        return self.value is not None and self.value <= self.limit


def measure_import() -> Budget:
    """Seconds that `arllie_deploy` with its `Enhancer` takes beyond `import numpy`, in fresh interpreters by turns.

    `import arllie_deploy` alone loads neither; with the Enhancer, which is loaded on first use, nothing is left out.
    """
    times: dict[str, list[float]] = {"numpy": [], "arllie_deploy.enhancer": []}
    for _ in range(_REPEATS):
        for module, found in times.items():
            found.append(float(_python(_IMPORT_TIME.format(module))))
    beyond = max(0.0, median(times["arllie_deploy.enhancer"]) - median(times["numpy"]))
    return Budget("import arllie_deploy with its Enhancer, beyond numpy", "s", 0.05, beyond)


def measure_heavy_imports() -> Budget:
    """How many of torch, tensorflow and onnx `import arllie_deploy` loads."""
    loaded = _python(f"import sys, arllie_deploy; print(sum(name in sys.modules for name in {_HEAVY}))")
    return Budget(f"of {', '.join(_HEAVY)} loaded by import arllie_deploy", "modules", 0, float(loaded))


def measure_help() -> Budget:
    """Seconds until `arllie-export --help` has ended."""
    times = []
    for _ in range(_REPEATS):
        start = time.perf_counter()
        _python(_RUN.format("export"), "--help")
        times.append(time.perf_counter() - start)
    return Budget("arllie-export --help", "s", 0.6, median(times))


def measure_fuse() -> Budget:
    """Milliseconds to fuse the largest structure."""
    weights = largest_block()
    times = []
    for _ in range(10 * _REPEATS):
        start = time.perf_counter()
        fuse(weights)
        times.append(1000 * (time.perf_counter() - start))
    return Budget(f"fuse {MAX_BRANCHES} branches × {MAX_CELLS} cells, width {MAX_WIDTH}", "ms", 5.0, median(times))


def measure_statistics() -> Budget:
    """Percent of a 1920×1080 frame's time in the fastest runtime that statistics and head of an adaptive model take."""
    return Budget("statistics and head of arllie-adaptive, of a 1080p frame", "%", 5.0, 100 * share_of_a_frame())


def measure_overhead() -> Budget:
    """Microseconds that the harness of `arllie-bench` adds to a call."""
    return Budget("arllie-bench's own time per call", "µs", 20.0, overhead_us(find_fixed_model("arllie-lol")))


def measure_photo_memory() -> Budget:
    """Peak resident gigabytes of `arllie-enhance` with a JPEG of 24 megapixels."""
    with tempfile.TemporaryDirectory(prefix="arllie-budgets-") as scratch:
        photo = Path(scratch) / "photo.jpg"
        _python(_MAKE_PHOTO.format(*_PHOTO_SIZE), str(photo))
        peak = _peak_bytes(_RUN.format("enhance"), str(photo), str(Path(scratch) / "bright.jpg"))
    return Budget("arllie-enhance of a JPEG of 24 megapixels, peak memory", "GB", 1.5, peak / 1e9)


def measure_training(data: Path) -> Budget:
    """Seconds to train the recipe arllie-lol."""
    with tempfile.TemporaryDirectory(prefix="arllie-budgets-") as scratch:
        start = time.perf_counter()
        _python(_RUN.format("train"), "--recipe", "arllie-lol", "--data", str(data.resolve()), "--out", scratch)
        return Budget("train the recipe arllie-lol", "s", 300.0, time.perf_counter() - start)


def largest_block() -> BlockWeights[np.ndarray]:
    """Weights of the largest structure that fuses: 1×1, 3×3, 1×1 in every branch, each with normalization."""
    rng = np.random.default_rng(0)
    widths = (3, *[MAX_WIDTH] * (MAX_CELLS - 1), 3)

    def cell(index: int) -> CellWeights[np.ndarray]:
        inputs, outputs = widths[index], widths[index + 1]
        operation, side = ("conv3x3", 3) if index == 1 else ("conv1x1", 1)
        gamma, beta, mean, variance = rng.uniform(0.5, 2.0, (4, outputs))
        norm = NormWeights(gamma, beta, mean, variance, epsilon=1e-5)
        kernel = rng.standard_normal((outputs, inputs, side, side))
        return CellWeights(operation, kernel, rng.standard_normal(outputs), norm)

    branches = tuple(tuple(cell(index) for index in range(MAX_CELLS)) for _ in range(MAX_BRANCHES))
    return BlockWeights(np.zeros(3), tuple(np.array(1.0) for _ in branches), branches)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and return 1 if a budget is exceeded."""
    parser = argparse.ArgumentParser(prog="python -m arllie_deploy.bench.budgets", description="The project's budgets.")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--data", type=Path, help="LOL pairs; with it the training is timed too (minutes)")
    given = parser.parse_args(arguments)
    measures: list[Callable[[], Budget]] = [
        measure_import,
        measure_heavy_imports,
        measure_help,
        measure_fuse,
        measure_statistics,
        measure_overhead,
        measure_photo_memory,
    ]
    if given.data is not None:
        measures.append(lambda: measure_training(given.data))
    budgets = [_measured(measure) for measure in measures]
    sys.stdout.write(_as_json(budgets) if given.json else _as_table(budgets))
    return 0 if all(budget.kept for budget in budgets) else 1


def _measured(measure: Callable[[], Budget]) -> Budget:
    """A budget; one that could not be measured is not kept, and the others go on."""
    try:
        return measure()
    except subprocess.CalledProcessError as error:
        lines = (error.stderr or "").strip().splitlines() or [f"exit status {error.returncode}"]
        return Budget(measure.__name__.removeprefix("measure_"), "", 0.0, None, lines[-1])


def _python(code: str, *arguments: str) -> str:
    """What a fresh interpreter prints; the working folder is not on its path."""
    command = [sys.executable, "-P", "-c", code, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def _peak_bytes(code: str, *arguments: str) -> int:
    """Peak resident memory of a fresh interpreter, as the system counted it."""
    child = subprocess.Popen(
        [sys.executable, "-P", "-c", code, *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    assert child.stderr is not None
    said = child.stderr.read()
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)  # the child is reaped: Popen must not wait for it
    child.stderr.close()
    if child.returncode:
        raise subprocess.CalledProcessError(child.returncode, "arllie-enhance", stderr=said)
    return usage.ru_maxrss * 1024


def _as_json(budgets: Sequence[Budget]) -> str:
    return json.dumps({"budgets": [{**asdict(budget), "kept": budget.kept} for budget in budgets]}, indent=2) + "\n"


def _as_table(budgets: Sequence[Budget]) -> str:
    width = max(len(budget.name) for budget in budgets)
    return "".join(
        f"{budget.name:{width}}  limit {budget.limit:>6g} {budget.unit:7}  "
        f"{_value(budget):>8}  {'kept' if budget.kept else 'EXCEEDED'}\n"
        for budget in budgets
    )


def _value(budget: Budget) -> str:
    return budget.problem or "–" if budget.value is None else f"{budget.value:.3g}"


if __name__ == "__main__":
    sys.exit(main())
