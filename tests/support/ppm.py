"""Binary PPM files, which the examples of the native artifacts read and write."""

import re
from pathlib import Path

import numpy as np
from numpy.typing import NDArray


def write_ppm(path: Path, frame: NDArray[np.uint8]) -> None:
    """Write (height, width, 3)."""
    height, width, _ = frame.shape
    path.write_bytes(f"P6\n{width} {height}\n255\n".encode() + frame.tobytes())


def read_ppm(path: Path) -> NDArray[np.uint8]:
    """Read (height, width, 3)."""
    data = path.read_bytes()
    found = re.match(rb"P6\n(\d+) (\d+)\n255\n", data)
    assert found is not None
    return np.frombuffer(data[found.end() :], np.uint8).reshape(int(found[2]), int(found[1]), 3)
