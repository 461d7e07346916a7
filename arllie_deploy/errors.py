"""The errors that this package raises on purpose.

Each message is one line that says what was wrong, where, and what to do about it. The command line prints it and exits
with `exit_code`.
"""


class ArllieError(Exception):
    """Wrong use or bad input (exit 2)."""

    exit_code = 2


class UnavailableError(ArllieError):
    """Something optional is missing on this machine; the message names what brings it (exit 2)."""


class CheckFailedError(ArllieError):
    """The work was done and a check of its result failed: parity, a regression (exit 1)."""

    exit_code = 1
