"""One device's process: its outputs, its time limit, and its end on every way out."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path

_LARGEST_OUTPUT_BYTES = 16 << 20
_SAID_BYTES = 64 << 10
_GRACE_S = 15.0


TellToEnd = Callable[["subprocess.Popen[bytes]"], None]


def interrupt(process: subprocess.Popen[bytes]) -> None:
    """Tell a program of this machine to end."""
    with suppress(ProcessLookupError):
        process.send_signal(signal.SIGINT)


def close_stdin(process: subprocess.Popen[bytes]) -> None:
    """Tell what ends with its stdin."""
    if process.stdin is not None:
        process.stdin.close()


class FleetProcess:
    """A running program whose outputs go to files.

    Args:
        words: the program and its arguments; no shell reads them.
        base: path that the names of its output files begin with.
        timeout_s: after which it is given up.
        tell_to_end: asks the process to end and give what it has: `interrupt` or `close_stdin`.

    Raises:
        OSError: if it cannot be started.
    """

    def __init__(self, words: Sequence[str], base: Path, timeout_s: float, tell_to_end: TellToEnd) -> None:
        self._out, self._err = base.with_name(f"{base.name}.out"), base.with_name(f"{base.name}.err")
        self._timeout_s, self._tell_to_end = timeout_s, tell_to_end
        self._kill_at: float | None = None
        self.given_up: str | None = None
        """Why it was told to end; None if it was not."""
        self._started = time.monotonic()
        with ExitStack() as files:
            self._process = subprocess.Popen(
                words,
                stdin=subprocess.PIPE,
                stdout=files.enter_context(self._out.open("wb")),
                stderr=files.enter_context(self._err.open("wb")),
                env={**os.environ, "LC_ALL": "C.UTF-8"},  # errors are recognized by their English words
                # A Ctrl-C in the terminal is for this program, which passes it on.
                start_new_session=True,
            )

    @property
    def seconds(self) -> float:
        """Since its start."""
        return time.monotonic() - self._started

    @property
    def exit_status(self) -> int:
        """Of the process, once it has ended; negative is a signal."""
        return self._process.wait()

    def ended(self) -> bool:
        """Whether it has; watches over its time and its output."""
        if self._process.poll() is not None:
            close_stdin(self._process)
            return True
        if self.given_up is None and self.seconds > self._timeout_s:
            self.stop(f"no result within {self._timeout_s:g} s")
        elif self.given_up is None and self._out.stat().st_size > _LARGEST_OUTPUT_BYTES:
            self.stop(f"it printed more than {_LARGEST_OUTPUT_BYTES >> 20} MiB")
        elif self._kill_at is not None and time.monotonic() > self._kill_at:
            self.kill()
        return False

    def stop(self, why: str) -> None:
        """Tell it to end; if it does not within a grace period, `ended` kills it."""
        self.given_up, self._kill_at = why, time.monotonic() + _GRACE_S
        self._tell_to_end(self._process)

    def kill(self) -> None:
        """End it and what it started in its session."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        close_stdin(self._process)
        self._process.wait()

    def output(self) -> bytes:
        """What it printed on stdout; nothing if that was too much."""
        return b"" if self._out.stat().st_size > _LARGEST_OUTPUT_BYTES else self._out.read_bytes()

    def said(self) -> str:
        """The end of what it printed on stderr."""
        with self._err.open("rb") as file:
            file.seek(max(0, self._err.stat().st_size - _SAID_BYTES))
            return file.read().decode(errors="replace")
