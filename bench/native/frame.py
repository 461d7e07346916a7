"""What the native kernel takes for a frame, in copies of it: `python -P -m arllie_deploy.bench.native.frame`.

A copy and a kernel call alternate, so that both see the same machine; the ratio is that of their medians. `hot` uses
the same two frames for everything, `cold` takes eight pairs in turn, 100 MB of 1080p. A frame of 64×64 shows what a
call from Python costs.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from ctypes import memmove
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.bench.statistics import Timing, summarize
from arllie_deploy.enhancer import Enhancer
from arllie_deploy.errors import ArllieError
from arllie_deploy.models import find_fixed_model
from arllie_deploy.native.kernel import integer_struct
from arllie_deploy.native.library import Library, library

INSTRUCTION_SETS = ("avx512", "avx2", "sse4.1", "neon-dotprod", "neon", "portable")
SIZES = {"64x64": (64, 64), "1080p": (1080, 1920), "4K": (2160, 3840)}
COLD_PAIRS = 8
WARM_UP = 5
Frame = NDArray[np.uint8]


@dataclass(frozen=True)
class Measurement:
    """One row: times in milliseconds.

    Attributes:
        instruction_set: what the kernel computed with.
        size: a key of `SIZES`.
        threads: of the kernel; the copy has one.
        cache: hot or cold.
        copy: of memmove.
        kernel: of the library's call.
    """

    instruction_set: str
    size: str
    threads: int
    cache: str
    copy: Timing
    kernel: Timing

    @property
    def ratio(self) -> float:
        """How many copies a call is worth, by medians."""
        return self.kernel.p50 / self.copy.p50


def by_turns(ways: Mapping[str, Callable[[int], object]], rounds: int) -> dict[str, Timing]:
    """Time one call of each way in every round; each is given the number of the round, from below 0 untimed."""
    times: dict[str, list[float]] = {name: [] for name in ways}
    for i in range(-WARM_UP, rounds):
        for name, call in ways.items():
            start = perf_counter()
            call(i)
            if i >= 0:
                times[name].append(1e3 * (perf_counter() - start))
    return {name: summarize(values) for name, values in times.items()}


def measure(kernel: Library, enhancer: Enhancer, size: str, threads: int, frames: int, pairs: int) -> Measurement:
    """Time the instruction set that is in use.

    Args:
        kernel: the library.
        enhancer: a model that has an integer form.
        size: a key of `SIZES`.
        threads: of the kernel.
        frames: pairs of frames that take turns; 1 is hot.
        pairs: of timed calls.
    """
    shape = (*SIZES[size], 3)
    rng = np.random.default_rng(0)
    sources = [rng.integers(0, 80, shape, np.uint8) for _ in range(frames)]
    targets = [np.zeros(shape, np.uint8) for _ in range(frames)]
    struct = integer_struct(enhancer)

    def copy(i: int) -> None:
        # Another pair than the kernel's next, or the copy would warm its source.
        j = (i + frames // 2) % frames
        memmove(targets[j].ctypes.data, sources[j].ctypes.data, sources[j].nbytes)

    def call(i: int) -> None:
        kernel.enhance(struct, sources[i % frames], targets[i % frames], threads=threads)

    times = by_turns({"copy": copy, "kernel": call}, pairs)
    cache = "hot" if frames == 1 else "cold"
    return Measurement(kernel.instruction_set, size, threads, cache, times["copy"], times["kernel"])


def table(rows: Sequence[Measurement]) -> str:
    """The rows for people."""
    lines = ["set           size   threads  cache  copy p50   min ms  kernel p50   min ms   ratio"]
    lines += [
        f"{row.instruction_set:<13} {row.size:<6} {row.threads:>7}  {row.cache:<5}  {row.copy.p50:>8.3f} "
        f"{row.copy.min:>8.3f}  {row.kernel.p50:>10.3f} {row.kernel.min:>8.3f}  {row.ratio:>6.2f}"
        for row in rows
    ]
    return "\n".join(lines)


def _available(kernel: Library, names: Sequence[str]) -> list[str]:
    found = []
    for name in names:
        try:
            kernel.force_instruction_set(name)
        except ArllieError:
            continue
        found.append(name)
    return found


def _arguments(line: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="arllie_deploy.bench.native.frame", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("--library", type=Path, help="a libarllie.so; the installed one otherwise")
    parser.add_argument("--model", default="arllie-lol", help="name of a shipped model")
    parser.add_argument("--set", action="append", dest="sets", help="instruction set, repeatable; all otherwise")
    parser.add_argument("--size", action="append", dest="sizes", choices=SIZES, help="repeatable; all otherwise")
    parser.add_argument("--threads", action="append", type=int, help="repeatable; 1 and 2 otherwise")
    parser.add_argument("--pairs", type=int, default=100, choices=range(1, 100_001), metavar="N")
    parser.add_argument("--json", type=Path, help="also write the rows there")
    return parser.parse_args(line)


def main(line: Sequence[str] | None = None) -> int:
    """Measure, print, write; 0, or 2 where the library or the model is missing."""
    arguments = _arguments(line)
    try:
        kernel = Library(arguments.library) if arguments.library else library()
        enhancer = find_fixed_model(arguments.model)
        rows = []
        for name in _available(kernel, arguments.sets or INSTRUCTION_SETS):
            for size in arguments.sizes or SIZES:
                for threads in arguments.threads or (1, 2):
                    for frames in (1, COLD_PAIRS):
                        kernel.force_instruction_set(name)
                        rows.append(measure(kernel, enhancer, size, threads, frames, arguments.pairs))
    except ArllieError as error:
        sys.stderr.write(f"error: {error}\n")
        return 2
    values = [{**asdict(row), "ratio": row.ratio} for row in rows]
    sys.stdout.write(table(rows) + "\n")
    if arguments.json:
        arguments.json.write_text(json.dumps(values, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
