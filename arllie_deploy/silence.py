"""Native libraries that print behind Python's back."""

import ctypes
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

STDOUT, STDERR = 1, 2


@contextmanager
def silenced(descriptor: int) -> Iterator[None]:
    """Lose what is written to a file descriptor meanwhile, by any thread.

    Libraries in C write by C's own buffer to the file descriptor: so that is turned away, and their buffer is emptied
    before it comes back.

    Args:
        descriptor: `STDOUT` or `STDERR`.
    """
    flush = ctypes.CDLL(None).fflush
    (sys.stdout if descriptor == STDOUT else sys.stderr).flush()
    flush(None)
    kept, nowhere = os.dup(descriptor), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, descriptor)
        yield
    finally:
        flush(None)
        os.dup2(kept, descriptor)
        os.close(kept)
        os.close(nowhere)
