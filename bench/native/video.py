"""Video through an adaptive model, frames per second: `python -P -m arllie_deploy.bench.native.video`.

Three ways for a 1920×1080 frame take turns, each in place over four buffers that rotate: `plain` enhances with one
kernel for all frames, `separate` looks at each frame before it is enhanced (statistics, head, kernel), `fused` is the
pipeline, which sums the statistics up while it enhances and makes the next frame's kernel of them.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from ctypes import sizeof
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.adaptive import AdaptiveEnhancer
from arllie_deploy.bench.native.frame import SIZES, by_turns
from arllie_deploy.bench.statistics import Timing
from arllie_deploy.errors import ArllieError
from arllie_deploy.models import find_model
from arllie_deploy.native.kernel import integer_struct
from arllie_deploy.native.library import Library, StatisticsStruct, library
from arllie_deploy.native.video import VideoPipeline
from arllie_deploy.statistics import BLOCK, PLACES, frame_statistics
from arllie_deploy.temporal import Smoother

SIZE = SIZES["1080p"]
BUFFERS = 4
# Of a call that sums the statistics up: 16 bits for each channel of each row of each place, and the sums themselves.
STATISTICS_BYTES = 2 * 3 * PLACES**2 * BLOCK + sizeof(StatisticsStruct)
Frame = NDArray[np.uint8]


@dataclass(frozen=True)
class Measurement:
    """One row.

    Attributes:
        way: plain, separate or fused.
        threads: of the kernel.
        time: of a frame, in milliseconds.
        ratio: its median to that of `plain`.
        least_ratio: the same of the minima, which other programs disturb less.
        extra_bytes: memory beside the frames.
    """

    way: str
    threads: int
    time: Timing
    ratio: float
    least_ratio: float
    extra_bytes: int

    @property
    def frames_per_second(self) -> float:
        """By the median."""
        return 1e3 / self.time.p50


def measure(kernel: Library, model: AdaptiveEnhancer, threads: int, rounds: int) -> list[Measurement]:
    """Time the three ways.

    Args:
        kernel: the library.
        model: one whose kernels have an integer form.
        threads: of the kernel.
        rounds: timed frames of each way.
    """
    frames = [np.random.default_rng(i).integers(0, 60, (*SIZE, 3), np.uint8) for i in range(BUFFERS)]
    found = by_turns(
        {
            "plain": _plain(kernel, model, [frame.copy() for frame in frames], threads),
            "separate": _separate(kernel, model, [frame.copy() for frame in frames], threads),
            "fused": _fused(kernel, model, frames, threads),
        },
        rounds,
    )
    height, width = SIZE
    memory = kernel.extra_memory_bytes(width, height, threads)
    return [
        Measurement(
            way,
            threads,
            time,
            time.p50 / found["plain"].p50,
            time.min / found["plain"].min,
            memory + (STATISTICS_BYTES if way == "fused" else 0),
        )
        for way, time in found.items()
    ]


def _plain(kernel: Library, model: AdaptiveEnhancer, frames: Sequence[Frame], threads: int) -> Callable[[int], object]:
    struct = integer_struct(model.for_frame(frames[0]))

    def call(i: int) -> None:
        frame = frames[i % BUFFERS]
        kernel.enhance(struct, frame, frame, threads=threads)

    return call


def _separate(
    kernel: Library, model: AdaptiveEnhancer, frames: Sequence[Frame], threads: int
) -> Callable[[int], object]:
    smoother = Smoother()

    def call(i: int) -> None:
        frame = frames[i % BUFFERS]
        enhancer = model.condition(smoother.update(frame_statistics(frame)))
        kernel.enhance(integer_struct(enhancer), frame, frame, threads=threads)

    return call


def _fused(kernel: Library, model: AdaptiveEnhancer, frames: Sequence[Frame], threads: int) -> Callable[[int], object]:
    pipeline = VideoPipeline(model, SIZE, threads=threads, frames=len(frames), kernel=kernel)
    slots = [pipeline.acquire() for _ in frames]
    for slot, frame in zip(slots, frames, strict=True):
        slot.frame[:] = frame
        pipeline.release(slot)

    def call(_: int) -> None:
        pipeline.submit(pipeline.acquire(0))
        slot = pipeline.take(0)
        assert slot is not None
        pipeline.release(slot)

    return call


def table(rows: Sequence[Measurement]) -> str:
    """The rows for people."""
    lines = ["way       threads  p50 ms  min ms  frames/s  of plain  by minima  extra KB"]
    lines += [
        f"{row.way:<9} {row.threads:>7}  {row.time.p50:>6.3f}  {row.time.min:>6.3f}  {row.frames_per_second:>8.0f}  "
        f"{row.ratio:>8.3f}  {row.least_ratio:>9.3f}  {row.extra_bytes / 1024:>8.0f}"
        for row in rows
    ]
    return "\n".join(lines)


def main(line: Sequence[str] | None = None) -> int:
    """Measure, print, write; 0, or 2 where the library or the model is missing."""
    parser = argparse.ArgumentParser(
        prog="arllie_deploy.bench.native.video", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("--library", type=Path, help="a libarllie.so; the installed one otherwise")
    parser.add_argument("--model", default="arllie-adaptive", help="name of a shipped adaptive model")
    parser.add_argument("--threads", action="append", type=int, help="repeatable; 1 and 2 otherwise")
    parser.add_argument("--rounds", type=int, default=100, choices=range(1, 100_001), metavar="N")
    parser.add_argument("--json", type=Path, help="also write the rows there")
    arguments = parser.parse_args(line)
    try:
        kernel = Library(arguments.library) if arguments.library else library()
        model = find_model(arguments.model)
        if not isinstance(model, AdaptiveEnhancer):
            raise ArllieError(f"{arguments.model} is not adaptive; its frames need no statistics")
        rows = [row for count in arguments.threads or (1, 2) for row in measure(kernel, model, count, arguments.rounds)]
    except ArllieError as error:
        sys.stderr.write(f"error: {error}\n")
        return 2
    sys.stdout.write(table(rows) + "\n")
    if arguments.json:
        values = [{**asdict(row), "frames_per_second": row.frames_per_second} for row in rows]
        arguments.json.write_text(json.dumps(values, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
