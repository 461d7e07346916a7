"""What the CUDA kernel takes on the GPU here: `python -P -m arllie_deploy.bench.native.cuda`.

Two figures, each of a CUDA graph that is played again and again: a batch of 64 frames of 1080p, whose bytes read and
written are compared with what the memory's clock and bus allow; and one frame, as the mean over a graph of 64 launches
of it, so that the launch of the graph itself is shared by many. Results are compared with the integer model first.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from arllie_deploy.bench.statistics import Timing, summarize
from arllie_deploy.enhancer import Enhancer
from arllie_deploy.errors import ArllieError, CheckFailedError
from arllie_deploy.models import find_fixed_model
from arllie_deploy.native import oracle
from arllie_deploy.native.cuda import CudaKernel, compiled_model
from arllie_deploy.native.cuda_driver import Buffer, Driver, Recording, Stopwatch
from arllie_deploy.native.integer import quantize
from arllie_deploy.runtimes.torch_cuda import peak_bytes_per_s

WIDTH, HEIGHT, FRAMES = 1920, 1080, 64
_WARM_UP = 5


@dataclass(frozen=True)
class Measured:
    """Times of a GPU in milliseconds.

    Attributes:
        device: its name.
        batch: of `FRAMES` frames in one launch.
        frame: of one frame, `FRAMES` launches in one graph.
        peak_bytes_per_s: of the memory, from its clock and bus; None where the driver does not tell.
    """

    device: str
    batch: Timing
    frame: Timing
    peak_bytes_per_s: float | None

    @property
    def bytes_per_s(self) -> float:
        """What the batch reads and writes, by its median."""
        return 2.0 * 3 * WIDTH * HEIGHT * FRAMES / (self.batch.p50 * 1e-3)


def measure(enhancer: Enhancer, rounds: int) -> Measured:
    """Time a model that has an integer form.

    Args:
        enhancer: the model.
        rounds: timed plays of each graph, at least 1.

    Raises:
        UnavailableError: without a GPU, its driver or NVRTC.
        CheckFailedError: if a byte differs from the integer model's.
    """
    driver = Driver()
    kernel = CudaKernel(compiled_model(enhancer, driver.capability), driver)
    frames = np.random.default_rng(0).integers(0, 80, (FRAMES, HEIGHT, WIDTH, 3), np.uint8)
    source, target = Buffer(driver, frames.nbytes), Buffer(driver, frames.nbytes)
    source.put(frames)
    with Recording(driver) as batch:
        kernel.enhance(source, target, WIDTH, HEIGHT, FRAMES)
    with Recording(driver) as singles:
        for _ in range(FRAMES):
            kernel.enhance(source, target, WIDTH, HEIGHT)
    batch_times = _times(driver, batch, rounds)
    result = np.empty_like(frames)
    target.get(result)
    driver.synchronize()
    if not np.array_equal(result[-1], oracle.enhance(quantize(enhancer), frames[-1])):
        raise CheckFailedError(f"{driver.name}: the last frame of the batch is not the integer model's")
    single_times = [time / FRAMES for time in _times(driver, singles, rounds)]
    peak = peak_bytes_per_s(driver.memory_clock_khz, driver.memory_bus_bits)
    return Measured(driver.name, summarize(batch_times), summarize(single_times), peak)


def _times(driver: Driver, graph: Recording, rounds: int) -> list[float]:
    stopwatch, times = Stopwatch(driver), []
    for index in range(-_WARM_UP, rounds):
        with stopwatch:
            graph.play()
        if index >= 0:
            times.append(stopwatch.milliseconds)
    return times


def text(name: str, found: Measured) -> str:
    """The figures for people."""
    peak = found.peak_bytes_per_s
    share = f", {100 * found.bytes_per_s / peak:.0f} % of {peak / 1e12:.2f} TB/s" if peak else ""
    return (
        f"{name} on {found.device}, {WIDTH}x{HEIGHT}\n"
        f"{FRAMES} frames in one launch   p50 {found.batch.p50:.3f} ms (min {found.batch.min:.3f})   "
        f"{found.bytes_per_s / 1e12:.2f} TB/s{share}\n"
        f"one frame in a graph     p50 {1e3 * found.frame.p50:.1f} µs (min {1e3 * found.frame.min:.1f})\n"
    )


def main(line: Sequence[str] | None = None) -> int:
    """Measure and print; 0, 1 where the bytes differ, 2 without a GPU."""
    parser = argparse.ArgumentParser(prog="arllie_deploy.bench.native.cuda", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--model", default="arllie-lol", help="name of a shipped model")
    parser.add_argument("--rounds", type=int, default=100, choices=range(1, 100_001), metavar="N")
    arguments = parser.parse_args(line)
    try:
        sys.stdout.write(text(arguments.model, measure(find_fixed_model(arguments.model), arguments.rounds)))
    except CheckFailedError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    except ArllieError as error:
        sys.stderr.write(f"error: {error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
