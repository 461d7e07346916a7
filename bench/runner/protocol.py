"""The runner's protocol: the request that it reads, and what it prints. Pure. `runner.c` describes both."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.enhancer import Enhancer
from arllie_deploy.errors import ArllieError
from arllie_deploy.frames import check_tensor

VERSION = 1
_MAGIC = b"ARLR"
_KINDS = {np.dtype(np.uint8): 0, np.dtype(np.float32): 1}
# The order of the constants in the request, by epilogue.
_EPILOGUES = {
    "residual": (0, ("epsilon",)),
    "direct": (1, ("epsilon",)),
    "plain": (2, ()),
    "curve": (3, ("gain", "knee")),
}
_SERIES = ("warm_up_ns", "run_ns", "copy_hot_ns", "copy_cold_ns")


@dataclass(frozen=True)
class Report:
    """What a runner printed.

    Attributes:
        engine: what it calls itself.
        threads: that it used.
        runs_ms: of each timed call.
        copies_hot_ms: of copying the frame between the same two buffers; empty where it does not time copies.
        copies_cold_ms: the same in rotation.
        copy_pairs: of buffers in the rotation.
        peak_memory_bytes: of its process.
    """

    engine: str
    threads: int
    runs_ms: tuple[float, ...]
    copies_hot_ms: tuple[float, ...]
    copies_cold_ms: tuple[float, ...]
    copy_pairs: int
    peak_memory_bytes: int


def request(enhancer: Enhancer, frame: NDArray[Any]) -> bytes:
    """The file that a runner reads.

    Args:
        enhancer: the model.
        frame: (height, width, 3), uint8 or float32 of [0, 1]; the runner gives the same kind.

    Raises:
        ArllieError: on another shape or dtype.
    """
    check_tensor(frame)
    if frame.dtype not in _KINDS:
        raise ArllieError(f"a runner takes frames of uint8 or float32, got {frame.dtype}")
    number, names = _EPILOGUES[enhancer.epilogue]
    constants = ([enhancer.constants[name] for name in names] + [0.0, 0.0])[:2]
    height, width, _ = frame.shape
    header = struct.pack("<4s5I", _MAGIC, VERSION, _KINDS[frame.dtype], number, width, height)
    numbers = np.concatenate([enhancer.kernel.ravel(), enhancer.bias, np.array(constants, np.float32)])
    return header + numbers.astype("<f4").tobytes() + frame.astype(frame.dtype.newbyteorder("<")).tobytes()


def read_output(data: bytes, frame: NDArray[Any]) -> NDArray[Any]:
    """The frame that a runner wrote for the request of `frame`.

    Raises:
        ArllieError: if it is of another size.
    """
    if len(data) != frame.nbytes:
        raise ArllieError(f"the runner wrote {len(data)} bytes for a frame of {frame.nbytes}")
    return np.frombuffer(data, frame.dtype.newbyteorder("<")).reshape(frame.shape).astype(frame.dtype)


def parse_report(text: str) -> Report:
    """What a runner printed; lines that are not JSON objects are passed over, as a linker may print warnings.

    Raises:
        ArllieError: if it is incomplete or of another version.
    """
    lines = [line for line in map(_json_object, text.splitlines()) if line is not None]
    facts = {key: value for line in lines for key, value in line.items()}
    series = {name: tuple(_ms(line[name]) for line in lines if name in line) for name in _SERIES}
    if facts.get("protocol") != VERSION:
        raise ArllieError(f"the program does not follow the runner's protocol {VERSION}{_last_line(text)}")
    if facts.get("done") is not True or not series["run_ns"]:
        raise ArllieError(f"the runner ended before it was done{_last_line(text)}")
    return Report(
        engine=str(facts.get("engine", "a runner")),
        threads=_whole(facts, "threads"),
        runs_ms=series["run_ns"],
        copies_hot_ms=series["copy_hot_ns"],
        copies_cold_ms=series["copy_cold_ns"],
        copy_pairs=_whole(facts, "copy_pairs") if series["copy_cold_ns"] else 0,
        peak_memory_bytes=_whole(facts, "peak_memory_bytes"),
    )


def _json_object(line: str) -> Mapping[str, Any] | None:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _ms(nanoseconds: object) -> float:
    if not isinstance(nanoseconds, int) or isinstance(nanoseconds, bool) or nanoseconds < 0:
        raise ArllieError(f"the runner printed the time {nanoseconds!r}; whole nanoseconds are expected")
    return nanoseconds / 1e6


def _whole(facts: Mapping[str, Any], name: str) -> int:
    value = facts.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ArllieError(f"the runner printed {name} {value!r}; a whole number from 1 is expected")
    return value


def _last_line(text: str) -> str:
    last = next((line.strip() for line in reversed(text.splitlines()) if line.strip()), "")
    return f": {last[:200]}" if last else "; it printed nothing"
