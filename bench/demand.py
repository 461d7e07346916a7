"""How many frames a run rotates through, how much memory its engines need, and how they are grouped by it."""

from arllie_deploy.bench.machine import available_memory_bytes
from arllie_deploy.errors import ArllieError

_MOST_PAIRS, _LEAST_PAIRS = 8, 2
# Every engine holds the rotation as float32 tensors: together at most this, unless two frames are more.
_TENSORS_BYTES = 256 << 20
_TENSOR_PIXEL_BYTES = 12
# Fitted to the processes' resident memory at 1920x1080 and 4000x3000 and rounded up. Of an engine: its libraries; per
# pixel what it computes with; per pixel and frame the rotation, as bytes and as floats. Of the program itself: the
# libraries and the float64 reference.
_ENGINE_BYTES = 250_000_000
_ENGINE_PIXEL_BYTES = 80
_PIXEL_FRAME_BYTES = 15
_PROGRAM_BYTES = 300_000_000
_PROGRAM_PIXEL_BYTES = 250
# An engine, the baseline and the floor are the least that is resident together.
_LEAST_ENGINES = 3


def rotation_length(size: tuple[int, int]) -> int:
    """How many frames of `size` (width, height) are used in rotation."""
    fit = _TENSORS_BYTES // (size[0] * size[1] * _TENSOR_PIXEL_BYTES)
    return max(_LEAST_PAIRS, min(_MOST_PAIRS, fit))


def engine_bytes(size: tuple[int, int]) -> int:
    """What one engine and its rotation of frames of `size` (width, height) are expected to hold."""
    pixel_bytes = _ENGINE_PIXEL_BYTES + _PIXEL_FRAME_BYTES * rotation_length(size)
    return _ENGINE_BYTES + size[0] * size[1] * pixel_bytes


def group_bytes(size: tuple[int, int], available_bytes: int | None = None) -> int | None:
    """What the engines of one group may hold beside the baseline and the floor: half of what is free.

    Args:
        size: (width, height) of the frames.
        available_bytes: instead of what this machine has.

    Returns:
        Bytes, not below one engine's; None where the system does not say what is free.
    """
    available = available_memory_bytes() if available_bytes is None else available_bytes
    return None if available is None else max(engine_bytes(size), available // 2 - 2 * engine_bytes(size))


def refuse_too_large(size: tuple[int, int], available_bytes: int | None = None) -> None:
    """Raise `ArllieError` if a run at `size` (width, height) needs more memory than there is.

    Args:
        size: (width, height).
        available_bytes: instead of what this machine has.
    """
    available = available_memory_bytes() if available_bytes is None else available_bytes
    needed = _PROGRAM_BYTES + size[0] * size[1] * _PROGRAM_PIXEL_BYTES + _LEAST_ENGINES * engine_bytes(size)
    if available is not None and needed > available:
        free, want = (f"{value / 1e9:.1f} GB" for value in (available, needed))
        raise ArllieError(f"--size {size[0]}x{size[1]} needs about {want} of memory, {free} are free; choose a smaller")
