"""Writes ncnn artifacts for tests and runs them; those for Vulkan in a process of their own."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.enhancer import Enhancer
from arllie_deploy.export.ncnn import write
from arllie_deploy.export.request import Request, Written
from arllie_deploy.pictures.dark_set import dark_pictures
from arllie_deploy.runtimes.layout import from_tensor, to_tensor
from arllie_deploy.runtimes.ncnn import ROW

# A driver that crashes must not take the tests with it, and the exit status of the process is itself worth a look.
_RUN = """
import sys
from pathlib import Path
import numpy as np
from arllie_deploy import ArllieError
from arllie_deploy.runtimes.ncnn import ROW, vulkan_problem
held = []
try:
    for path in map(Path, sys.argv[1:]):
        held.append(ROW.open(path, 1))
        y = np.load(path.with_suffix(".npy"))
        np.save(path.with_suffix(".npy"), held[-1].infer(y))
except ArllieError as error:
    print(type(error).__name__, error, vulkan_problem(), sep="\\n")
"""


def write_ncnn(
    enhancer: Enhancer, folder: Path, precision: str = "fp32", target: str = "ncnn-cpu"
) -> tuple[Path, Written]:
    """Write `<epilogue>-<precision>.param` and what belongs to it, calibrated on three dark pictures."""
    path = folder / f"{enhancer.epilogue}-{precision}.param"
    frames = list(dark_pictures().values())[1::3]
    return path, write(Request(enhancer, target, precision, (64, 48), path, frames))


def run_ncnn(path: Path, y: NDArray[Any]) -> NDArray[np.float32]:
    """Run a CPU artifact on a frame (height, width, 3) in [0, 1]."""
    return from_tensor(ROW.open(path, 1).infer(to_tensor(y, "NCHW")), "NCHW")


def run_apart(
    frames: Mapping[Path, NDArray[Any]], environment: Mapping[str, str] | None = None
) -> tuple[subprocess.CompletedProcess[str], list[NDArray[np.float32]]]:
    """Run artifacts, each on its frame, in one process that still holds them when it ends.

    Returns:
        The finished process, which prints nothing unless a file was refused, and the results in the order of `frames`.
    """
    for path, y in frames.items():
        np.save(path.with_suffix(".npy"), to_tensor(y, "NCHW"))
    command = [sys.executable, "-P", "-W", "error", "-c", _RUN, *map(str, frames)]
    variables = {**os.environ, **(environment or {})}
    finished = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120, env=variables)
    return finished, [from_tensor(np.load(path.with_suffix(".npy")), "NCHW") for path in frames]


def side_file(path: Path) -> dict[str, Any]:
    """The facts of an artifact's side file."""
    facts: dict[str, Any] = json.loads(path.with_suffix(".json").read_text())
    return facts
