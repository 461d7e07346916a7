"""The profile that `qnn-net-run` writes: a log in a format of its own, which only `qnn-profile-viewer` reads.

The viewer's CSV has one line per event below a header that begins with "Msg Timestamp" (QAIRT 2.13 to 2.45):

    Msg Timestamp,Message,Time,Unit of Measurement,Timing Source,Event Level,Event Identifier
    15423026395,EXECUTE,3301,US,NETRUN,ROOT,Graph 0: name
    15423026395,EXECUTE,1851,US,BACKEND,ROOT,QNN accelerator (execute) time

NETRUN is the runner's own clock on the phone's processor around the execution of the graph, tensor in to tensor out,
without reading and writing files; BACKEND is what the HTP says of itself.
"""

from __future__ import annotations

import csv
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from arllie_deploy.bench.adb.qnn_sdk import QnnFiles
from arllie_deploy.errors import ArllieError, UnavailableError

_COLUMNS = ("Message", "Time", "Unit of Measurement", "Timing Source", "Event Identifier")
_FIRST_COLUMN = "Msg Timestamp"
_ACCELERATOR = "qnn accelerator (execute) time"
_TIMEOUT_S = 60.0


@dataclass(frozen=True)
class Profile:
    """Executions of the graph, in their order, in microseconds.

    Attributes:
        calls_us: by the runner's clock.
        accelerator_us: by the HTP's own; empty where it did not execute.
    """

    calls_us: tuple[float, ...]
    accelerator_us: tuple[float, ...]


def parse_profile(text: str) -> Profile:
    """Read the viewer's CSV.

    Raises:
        ArllieError: if it has no such table, or no execution in it.
    """
    lines = list(csv.reader(text.splitlines(), skipinitialspace=True))
    start = next((number for number, line in enumerate(lines) if line and line[0].strip() == _FIRST_COLUMN), None)
    if start is None or not set(_COLUMNS) <= {name.strip() for name in lines[start]}:
        raise ArllieError(f"qnn-profile-viewer gave no table with the columns {', '.join(_COLUMNS)}")
    header = [name.strip() for name in lines[start]]
    places = [header.index(name) for name in _COLUMNS]
    calls: list[float] = []
    accelerator: list[float] = []
    for line in lines[start + 1 :]:
        if len(line) < len(header):
            continue
        message, time, unit, source, event = (line[place].strip() for place in places)
        if (message, unit) != ("EXECUTE", "US"):
            continue
        if source == "NETRUN" and event.startswith("Graph "):
            calls.append(_microseconds(time))
        elif source == "BACKEND" and event.lower() == _ACCELERATOR:
            accelerator.append(_microseconds(time))
    if not calls:
        raise ArllieError("the profile has no execution of the graph by the runner's clock")
    return Profile(tuple(calls), tuple(accelerator))


def read_log(files: QnnFiles, log: Path) -> Profile:
    """Have the user's viewer read a log; its table is written beside the log.

    Raises:
        UnavailableError: if the SDK has no viewer that runs here.
        ArllieError: if it fails, or its table cannot be read.
    """
    table = log.with_suffix(".csv")
    search = os.pathsep.join(filter(None, [str(files.viewer_libraries), os.environ.get("LD_LIBRARY_PATH")]))
    try:
        done = subprocess.run(
            [str(files.viewer), "--input_log", str(log), "--output", str(table)],
            env={**os.environ, "LD_LIBRARY_PATH": search},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            timeout=_TIMEOUT_S,
        )
    except OSError as error:
        raise UnavailableError(
            f"its times are in a log that only {files.viewer} reads, on Linux on x86-64: {error.strerror}"
        ) from None
    except subprocess.TimeoutExpired:
        raise ArllieError(f"{files.viewer} did not end within {_TIMEOUT_S:g} s") from None
    if done.returncode != 0 or not table.is_file():
        said = [line.strip() for line in (done.stdout + done.stderr).splitlines() if line.strip()] or [
            "no reason given"
        ]
        raise ArllieError(f"{files.viewer} ended with status {done.returncode}: {said[-1][:200]}")
    return parse_profile(table.read_text(encoding="utf-8", errors="replace"))


def _microseconds(text: str) -> float:
    try:
        time = float(text)
    except ValueError:
        time = -1.0
    if not 0 <= time < float("inf"):
        raise ArllieError(f"the profile has {text[:40]!r} where a time should be")
    return time
