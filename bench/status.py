"""What a row of a benchmark is worth."""

from enum import StrEnum


class Status(StrEnum):
    """Only `measured` is wall-clock on the very device, and only it has times."""

    MEASURED = "measured"
    """Timed on the device itself, after its output agreed with the reference."""
    EMULATED = "emulated"
    """An emulator ran it: bytes are proven and instructions counted, time is not."""
    ESTIMATED = "estimated"
    """A vendor's compiler or profiler said so; nobody timed it."""
    FALLBACK = "fallback"
    """It ran, but on another unit than the one asked for."""
    WRONG = "wrong"
    """Its output differs from the reference by more than the limit; a wrong answer is not timed."""
    FAILED = "failed"
    """It raised, crashed, hung or was interrupted before there was a time."""
    UNAVAILABLE = "unavailable"
    """Something that it needs is not on this machine."""
