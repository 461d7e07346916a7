"""Requests to a runner for AArch64, which qemu executes: those that it must take, and damaged ones."""

import struct
import subprocess
from collections.abc import Callable
from pathlib import Path

Damage = Callable[[bytes], bytes]


def execute(runner: Path, data: bytes, folder: Path, *counts: int) -> "subprocess.CompletedProcess[str]":
    """Run it on a request, with files in `folder`, of which `output` is its own."""
    (folder / "request").write_bytes(data)
    line = ["qemu-aarch64-static", str(runner), str(folder / "request"), str(folder / "output"), *map(str, counts)]
    return subprocess.run(line, capture_output=True, text=True, check=False, timeout=60)


def with_number(place: int, number: int) -> Damage:
    """A request with another of the header's numbers, which begin behind four letters."""
    start = 4 + 4 * place
    return lambda data: data[:start] + struct.pack("<I", number) + data[start + 4 :]


VERSION, KIND, EPILOGUE, WIDTH, HEIGHT = range(5)
# What no runner takes, and what it says then.
DAMAGES: list[tuple[Damage, str]] = [
    (lambda data: b"XXXX" + data[4:], "not a request"),
    (lambda data: data[:100], "not a request"),
    (with_number(VERSION, 2), "another version"),
    (with_number(WIDTH, 0), "a size out of range"),
    (with_number(HEIGHT, 1 << 31), "a size out of range"),
    (lambda data: data[:-1], "not of the size it says"),
    (lambda data: data + b"x", "not of the size it says"),
]
