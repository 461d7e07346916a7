"""The runner that `arllie-export --target native-arm64-linux` wrote beside its library, executed by qemu's emulator.

It proves what the library computes, never how fast a device is.
"""

from __future__ import annotations

import json
import shutil
import struct
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.errors import ArllieError, UnavailableError
from arllie_deploy.runtimes.artifact import check_metadata
from arllie_deploy.runtimes.base import Source
from arllie_deploy.runtimes.native_frames import OpenedOnFrames, native_row

EMULATOR = "qemu-aarch64-static"
_MISSING = f"no {EMULATOR} here: apt-get install qemu-user-static"
_TIMEOUT_S = 300.0
# Of the request (bench/runner/runner.c), with the kind that asks for the model inside, whose numbers are left out.
_PROTOCOL, _OWN_MODEL, _NUMBERS = 1, 2, 86


def execute(runner: Path, frame: NDArray[Any]) -> tuple[NDArray[np.uint8], Mapping[str, Any]]:
    """The frame that an exported runner makes, and all that it prints as one mapping.

    Args:
        runner: the program.
        frame: (height, width, 3) uint8.

    Raises:
        UnavailableError: if there is no emulator.
        ArllieError: if the program fails or prints something else.
    """
    height, width, _ = frame.shape
    header = struct.pack("<4s5I", b"ARLR", _PROTOCOL, _OWN_MODEL, 0, width, height)
    with tempfile.TemporaryDirectory(prefix="arllie-") as scratch:
        request, output = Path(scratch) / "request", Path(scratch) / "output"
        request.write_bytes(header + bytes(4 * _NUMBERS) + np.ascontiguousarray(frame).tobytes())
        line = [EMULATOR, str(runner), str(request), str(output), "0", "1"]
        try:
            done = subprocess.run(line, capture_output=True, text=True, check=False, timeout=_TIMEOUT_S)
        except FileNotFoundError:
            raise UnavailableError(_MISSING) from None
        except subprocess.TimeoutExpired:
            raise ArllieError(f"{runner}: took longer than {_TIMEOUT_S:g} s for {width}x{height}") from None
        if done.returncode != 0:
            last = (done.stderr.strip().splitlines() or ["it printed nothing"])[-1]
            raise ArllieError(f"{runner}: ended with status {done.returncode}: {last}")
        data = output.read_bytes()
    try:
        printed = {key: value for text in done.stdout.splitlines() for key, value in json.loads(text).items()}
    except (ValueError, AttributeError):
        raise ArllieError(f"{runner}: does not follow the runner's protocol; export it again") from None
    if len(data) != frame.size:
        raise ArllieError(f"{runner}: wrote {len(data)} bytes for a frame of {frame.size}")
    return np.frombuffer(data, np.uint8).reshape(frame.shape), printed


def runner_of(library: Path) -> Path:
    """The program beside an exported library; raises `ArllieError` if it is not there."""
    runner = library.resolve().with_name(f"{library.stem}-runner")
    if not runner.is_file():
        raise ArllieError(f"{library}: {runner.name} is missing beside it; keep the files of an artifact together")
    return runner


def _open(source: Source, threads: int | None) -> OpenedOnFrames:
    if not isinstance(source, Path):
        raise ArllieError(
            "runtime native-arm64 opens .a files; make one with arllie-export --target native-arm64-linux"
        )
    runner = runner_of(source)
    _, printed = execute(runner, np.zeros((1, 1, 3), np.uint8))
    artifact = printed.get("artifact")
    check_metadata(None if artifact is None else json.dumps(artifact), runner, layout="NHWC")

    def enhance(frame: NDArray[Any]) -> NDArray[Any]:
        return execute(runner, frame)[0]

    return OpenedOnFrames(enhance, 1, f"qemu-aarch64, never a device: {printed.get('engine')}")


def _absence() -> str | None:
    return _MISSING if shutil.which(EMULATOR) is None else None


ROW = native_row(
    name="native-arm64",
    opens=".a",
    opens_enhancer=False,
    open=_open,
    absence=_absence,
)
