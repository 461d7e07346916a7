"""One artifact of a network on one core, in a process of its own: how long a frame takes, and what it takes to hold it.

The process is this module: `python -m` reads the request of `time_apart`.
"""

from __future__ import annotations

import os
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from arllie_deploy.export.child import read_request, run_child, write_answer
from arllie_deploy.export.networks.engines import open_artifact

_TIMEOUT_S = 1800.0
# One frame warms the engine up.
_FRAMES = 3
_KIBI = 1024


@dataclass(frozen=True)
class Timed:
    """What was seen of one artifact.

    Attributes:
        milliseconds: the least of a few frames, by the clock.
        processor_milliseconds: the same of processor time, which a busy machine changes less.
        memory_bytes: how much the process grew to hold the artifact and a frame, at its most.
    """

    milliseconds: float
    processor_milliseconds: float
    memory_bytes: int


def time_apart(path: Path, channels: int, size: tuple[int, int]) -> Timed:
    """Of an artifact's main file, on frames (1, channels, height, width) of `size` (width, height); tensors are random.

    Raises:
        ChildError: if the engine fails.
    """
    request = {"path": str(path.resolve()), "shape": [1, channels, size[1], size[0]]}
    return Timed(**run_child(__name__, request, _TIMEOUT_S))


def _serve() -> None:
    request = read_request()
    # Engines take as many threads as there are cores.
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    path, frame = Path(request["path"]), np.random.default_rng(0).random(request["shape"], np.float32)
    _import_engine(path)
    # The peak begins anew; see proc(5).
    Path("/proc/self/clear_refs").write_text("5")
    before = _bytes("VmRSS")
    run, _ = open_artifact(path)
    run(frame)
    times = []
    for _ in range(_FRAMES):
        wall, processor = time.perf_counter(), time.process_time()
        run(frame)
        times.append((time.perf_counter() - wall, time.process_time() - processor))
    least = [1000 * min(column) for column in zip(*times, strict=True)]
    write_answer(request, asdict(Timed(least[0], least[1], _bytes("VmHWM") - before)))


def _import_engine(path: Path) -> None:
    """So that the engine itself is not counted as memory of the artifact."""
    if path.suffix == ".onnx":
        import onnxruntime  # noqa: F401
    elif path.suffix == ".tflite":
        import ai_edge_litert.interpreter  # noqa: F401
    elif path.suffix == ".param":
        import ncnn  # noqa: F401
    else:
        from arllie_deploy.runtimes.openvino import import_openvino

        import_openvino()


def _bytes(name: str) -> int:
    """A line of the kernel's notes on this process; see proc(5)."""
    notes = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return _KIBI * int(notes[name].split()[0])


if __name__ == "__main__":
    _serve()
