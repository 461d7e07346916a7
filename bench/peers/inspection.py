"""`python -m arllie_deploy.bench.peers.inspection FILE`: looks into a foreign file in a process of its own.

Nobody here made the file: an engine that crashes or hangs over it must not take the benchmark along.
"""

from __future__ import annotations

import json
import math
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from arllie_deploy.bench.peers.interface import Interface, from_json
from arllie_deploy.errors import ArllieError
from arllie_deploy.runtimes import RUNTIMES

if TYPE_CHECKING:
    from arllie_deploy.bench.peers.foreign import Foreign

_FOREIGN = "arllie_deploy.bench.peers.foreign"
# Suffix -> the runtime, and the attributes of the module above that open it: the faster one is taken.
_OPENERS = {".onnx": ("onnxruntime", ("ONNX", "ONNX_BLOCKED")), ".tflite": ("litert", ("TFLITE",))}
SUFFIXES = tuple(_OPENERS)
_PROGRAM = ["-P", "-m", "arllie_deploy.bench.peers.inspection"]
_TIMEOUT_S = 120.0
# Sides of the frame on which openers are compared, where the file takes any.
_TRIAL_SIDES = (270, 480)
_TRIAL_CALLS = 8


@dataclass(frozen=True)
class Inspected:
    """A foreign file that can be timed.

    Attributes:
        runtime: a row of `RUNTIMES`.
        opener: MODULE:ATTRIBUTE of what opens it.
        interface: what it takes and gives.
    """

    runtime: str
    opener: str
    interface: Interface


def inspect(path: Path, timeout_s: float = _TIMEOUT_S) -> Inspected:
    """What a file takes and gives, and what opens it.

    Args:
        path: an .onnx or .tflite file.
        timeout_s: how long an engine may take over it.

    Raises:
        ArllieError: if it is neither, cannot be opened, is not image to image, or its engine crashes or hangs.
        UnavailableError: if the engine is not installed.
    """
    if path.suffix not in _OPENERS:
        raise ArllieError(f"{path}: not a model file that can be timed; give one of {', '.join(SUFFIXES)}")
    if not path.is_file():
        raise ArllieError(f"{path}: no such file")
    runtime, _ = _OPENERS[path.suffix]
    RUNTIMES[runtime].require()
    answer = _ask(path, timeout_s)
    if "error" in answer:
        raise ArllieError(answer["error"])
    return Inspected(runtime, f"{_FOREIGN}:{answer['opener']}", from_json(answer["interface"]))


def _ask(path: Path, timeout_s: float) -> dict[str, Any]:
    command = [sys.executable, *_PROGRAM, str(path.absolute())]
    engine = _OPENERS[path.suffix][0]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=timeout_s, check=False)
    except subprocess.TimeoutExpired:
        raise ArllieError(f"{path}: {engine} did not open and run it within {timeout_s:g} s") from None
    if done.returncode < 0:
        raise ArllieError(f"{path}: {engine} was ended by {signal.Signals(-done.returncode).name} over it")
    answers = done.stdout.splitlines()
    if done.returncode or not answers:
        words = [line.strip() for line in done.stderr.splitlines() if line.strip()]
        raise ArllieError(f"{path}: {engine} failed over it ({words[-1][:200] if words else 'without a word'})")
    # An engine may have printed before it.
    answer: dict[str, Any] = json.loads(answers[-1])
    return answer


def main(path: Path) -> None:
    """Print one JSON line: {"interface", "opener"} or {"error"}."""
    module, (_, names) = import_module(_FOREIGN), _OPENERS[path.suffix]
    try:
        opened: dict[str, Foreign] = {name: getattr(module, name).open(path, None) for name in names}
        answer = {"interface": opened[names[0]].interface.to_json(), "opener": _fastest(opened)}
    except ArllieError as error:
        answer = {"error": str(error)}
    sys.stdout.write("\n" + json.dumps(answer) + "\n")


def _fastest(opened: Mapping[str, Foreign]) -> str:
    """The opener under which the file takes least for a frame; their calls alternate, for the machine may be busy."""
    if len(opened) == 1:
        return next(iter(opened))
    interface = next(iter(opened.values())).interface
    height, width = (own or side for own, side in zip(interface.size, _TRIAL_SIDES, strict=True))
    shape = (1, 3, height, width) if interface.layout == "NCHW" else (1, height, width, 3)
    tensor, best = np.full(shape, 0.1, np.float32), dict.fromkeys(opened, math.inf)
    for _ in range(_TRIAL_CALLS):
        for name, model in opened.items():
            start = time.perf_counter()
            model.infer(tensor)
            best[name] = min(best[name], time.perf_counter() - start)
    return min(best, key=best.__getitem__)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
