"""How many frames a run rotates through, and how much memory it needs."""

from arllie_deploy.bench.machine import available_memory_bytes
from arllie_deploy.errors import ArllieError

_MOST_PAIRS, _LEAST_PAIRS = 8, 2
# Every engine holds the rotation as float32 tensors: together at most this, unless two frames are more.
_TENSORS_BYTES = 256 << 20
_TENSOR_PIXEL_BYTES = 12
# Fitted to the processes' resident memory at 1920x1080 (3.0 GB in all) and 4000x3000 (8.0 GB), and rounded up: the
# libraries; per pixel the float64 reference and what the engines hold; per pixel and frame the rotation of each engine.
_FIXED_BYTES = 1_100_000_000
_PIXEL_BYTES = 480
_PIXEL_FRAME_BYTES = 75


def rotation_length(size: tuple[int, int]) -> int:
    """How many frames of `size` (width, height) are used in rotation."""
    fit = _TENSORS_BYTES // (size[0] * size[1] * _TENSOR_PIXEL_BYTES)
    return max(_LEAST_PAIRS, min(_MOST_PAIRS, fit))


def refuse_too_large(size: tuple[int, int], available_bytes: int | None = None) -> None:
    """Raise `ArllieError` if a run at `size` (width, height) needs more memory than there is.

    Args:
        size: (width, height).
        available_bytes: instead of what this machine has.
    """
    available = available_memory_bytes() if available_bytes is None else available_bytes
    needed = _FIXED_BYTES + size[0] * size[1] * (_PIXEL_BYTES + _PIXEL_FRAME_BYTES * rotation_length(size))
    if available is not None and needed > available:
        free, want = (f"{value / 1e9:.1f} GB" for value in (available, needed))
        raise ArllieError(f"--size {size[0]}x{size[1]} needs about {want} of memory, {free} are free; choose a smaller")
