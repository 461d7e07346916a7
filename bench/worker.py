"""`python -m arllie_deploy.bench.worker`: one engine in a process of its own, driven by JSON lines over pipes.

An engine that crashes, hangs or raises takes only its own row down, and its thread pool ends with it. Requests come on
stdin, one JSON object with the key `do` a line; each gets one JSON object on what was stdout. What libraries print goes
to stderr. The process ends with its stdin.
"""

import gc
import json
import os
import re
import resource
import sys
import time
from collections.abc import Callable, Mapping
from importlib import import_module
from itertools import cycle
from pathlib import Path
from statistics import median
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.enhancer_file import load
from arllie_deploy.errors import UnavailableError
from arllie_deploy.runtimes import RUNTIMES, OpenedModel, Runtime
from arllie_deploy.runtimes.layout import tensor_for, values_of

_STABLE_CALLS = 3
_STABLE_WITHIN = 0.05
_MOST_WARM_UP_CALLS = 100
_CURVE_POINTS = 60
# A float32 tensor of three channels in and one out: what a frame has to move through an accelerator's memory.
_TENSOR_PIXEL_BYTES = 24

# Each call is given the number of a frame.
Call = Callable[[int], object]


@runtime_checkable
class OnDevice(Protocol):
    """An opened model that also has an accelerator's own clock."""

    def kernel_ms(self, tensor: NDArray[np.float32]) -> float:
        """What the accelerator computes for one frame that it holds already."""
        ...

    def transfer_ms(self, tensor: NDArray[np.float32]) -> float:
        """One frame to the accelerator, and one as large back."""
        ...


@runtime_checkable
class Counting(Protocol):
    """An opened model that an emulator executes, which counts; its tensors are its frames (`IntegerTensors`)."""

    def run_counted(self, frame: NDArray[Any]) -> tuple[NDArray[Any], Mapping[str, int]]:
        """As `run`, and what was executed for the frame: fields of `Row` -> counts."""
        ...


class Session:
    """The engine and the frames of one worker."""

    def __init__(self) -> None:
        self._opened: OpenedModel | None = None
        self._calls: dict[str, Call] = {}
        self._device_calls: dict[str, Callable[[int], float]] = {}
        self._rotation = cycle([0])

    def open(self, runtime: str, source: str, threads: int | None) -> dict[str, Any]:
        """Open a model file or an artifact."""
        path = Path(source)
        engine = find_runtime(runtime)
        is_enhancer = path.suffix == ".safetensors" and engine.opens != path.suffix
        self._opened = engine.open(load(path) if is_enhancer else path, threads)
        return {"threads": self._opened.threads, "executed_by": self._opened.executed_by}

    def check(self, frame: str, tensor_to: str, frame_to: str) -> dict[str, Any]:
        """Enhance one frame both ways, write the results, and say what the process has needed so far."""
        opened, pixels = self._opened, np.load(frame)
        assert opened is not None
        # An emulator takes seconds for a frame, so its one result is both.
        enhanced, counts = opened.run_counted(pixels) if isinstance(opened, Counting) else (opened.run(pixels), {})
        peak = peak_memory_bytes()
        tensor = enhanced[None] if counts else opened.infer(tensor_for(opened, pixels))
        np.save(tensor_to, values_of(opened, tensor))
        np.save(frame_to, enhanced)
        return {"memory_bytes": peak, "counts": dict(counts)}

    def rotate(self, frames: list[str]) -> dict[str, Any]:
        """Get ready to time: frames as integers and as tensors, and buffers to copy them to, all touched once."""
        pixels = [np.load(frame) for frame in frames]
        self._rotation = cycle(range(len(pixels)))
        if self._opened is None:
            self._calls = _copies(pixels)
            return {}
        opened, tensors = self._opened, [tensor_for(self._opened, frame) for frame in pixels]
        self._calls = {
            "infer": lambda index: opened.infer(tensors[index]),
            "end_to_end": lambda index: opened.run(pixels[index]),
        }
        if isinstance(opened, OnDevice):
            self._device_calls = {
                "kernel": lambda index: opened.kernel_ms(tensors[index]),
                "transfer": lambda index: opened.transfer_ms(tensors[index]),
            }
        return {
            "device_calls": list(self._device_calls),
            "peak_bytes_per_s": getattr(opened, "peak_bytes_per_s", None),
            "pixel_bytes": getattr(opened, "pixel_bytes", _TENSOR_PIXEL_BYTES),
        }

    def warm_up(self, what: str, at_most_s: float) -> dict[str, Any]:
        """Call until the last calls took as long as those before them; `call_ms` is their median."""
        times: list[float] = []
        end = time.perf_counter() + at_most_s
        while not _stable(times) and len(times) < _MOST_WARM_UP_CALLS:
            times.append(self._time(what))
            if time.perf_counter() > end:
                break
        return {"call_ms": median(times[-_STABLE_CALLS:]), "calls": len(times)}

    def turn(self, what: str, calls: int, warm: bool) -> dict[str, Any]:
        """Time `calls` calls in a row; with `warm`, one call before them is not counted."""
        if warm:
            self._time(what)
        start = time.perf_counter_ns()
        times = [self._time(what) for _ in range(calls)]
        return {"ms": times, "wall_ms": (time.perf_counter_ns() - start) / 1e6}

    def device_turn(self, what: str, calls: int) -> dict[str, Any]:
        """Times by the accelerator's own clock; one call before them is not counted."""
        call = self._device_calls[what]
        return {"ms": [call(next(self._rotation)) for _ in range(calls + 1)][1:]}

    def sustain(self, what: str, seconds: float) -> dict[str, Any]:
        """Call without a pause; the curve is [seconds since the start, median ms] of equal parts of the time."""
        start = time.perf_counter()
        part_s = seconds / _CURVE_POINTS
        curve: list[list[float]] = []
        part: list[float] = []
        while (now := time.perf_counter() - start) < seconds:
            part.append(self._time(what))
            if now >= part_s * (len(curve) + 1):
                curve.append([round(now, 3), median(part)])
                part = []
        # What was begun is as good as the rest; a last point of a moment is not.
        if part and (not curve or now - curve[-1][0] >= part_s / 2):
            curve.append([round(now, 3), median(part)])
        return {"curve": curve}

    def _time(self, what: str) -> float:
        call, index = self._calls[what], next(self._rotation)
        start = time.perf_counter_ns()
        call(index)
        return (time.perf_counter_ns() - start) / 1e6


def find_runtime(name: str) -> Runtime:
    """A row of the table of runtimes, or the one that MODULE:ATTRIBUTE names."""
    if ":" not in name:
        return RUNTIMES[name]
    module, attribute = name.split(":")
    runtime: Runtime = getattr(import_module(module), attribute)
    return runtime


def peak_memory_bytes() -> int:
    """Peak resident memory of this process.

    Linux's ru_maxrss starts at what the parent held when it started the process, VmHWM at nothing.
    """
    status = Path("/proc/self/status")
    found = re.search(r"VmHWM:\s*(\d+) kB", status.read_text()) if status.exists() else None
    return 1024 * (int(found[1]) if found else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


def main() -> None:
    """Answer requests until stdin ends."""
    answers = _take_stdout()
    session = Session()
    gc.disable()  # a collection inside a timed call would be charged to the engine
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer = getattr(session, request.pop("do"))(**request)
        except Exception as error:  # whatever an engine raises is this row's reason
            said = " ".join(str(error).split())[:300]
            # An engine that says what is missing has said it in a sentence of its own.
            missing = isinstance(error, UnavailableError)
            answer = {"error": said if missing else f"{type(error).__name__}: {said}", "missing": missing}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


def _take_stdout() -> Any:
    """The pipe to the parent under a number of its own; number 1, to which engines print, becomes stderr."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    return answers


def _copies(frames: list[NDArray[np.uint8]]) -> dict[str, Call]:
    targets = [frame.copy() for frame in frames]
    return {
        "copy_hot": lambda index: np.copyto(targets[0], frames[0]),
        "copy_cold": lambda index: np.copyto(targets[index], frames[index]),
    }


def _stable(times: list[float]) -> bool:
    if len(times) < 2 * _STABLE_CALLS:
        return False
    before, after = (median(part) for part in (times[-2 * _STABLE_CALLS : -_STABLE_CALLS], times[-_STABLE_CALLS:]))
    return abs(after - before) <= _STABLE_WITHIN * before


if __name__ == "__main__":
    main()
