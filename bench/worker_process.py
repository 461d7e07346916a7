"""The parent's side of a worker: start it, ask it, and leave nothing behind."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any

_LAST_LOG_BYTES = 4096


class WorkerError(Exception):
    """The worker raised, crashed or hung; the message is one line."""


class MissingError(WorkerError):
    """Something that the engine needs is not on this machine."""


class WorkerProcess:
    """One `arllie_deploy.bench.worker`; a context manager that ends it and everything it started.

    Args:
        scratch: folder for its log and its working folder.
        name: of the log.
    """

    def __init__(self, scratch: Path, name: str) -> None:
        self._log = scratch / f"{name}.log"
        self._received = b""
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "arllie_deploy.bench.worker"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                cwd=scratch,
                start_new_session=True,  # a Ctrl-C in the terminal is for the parent, which keeps what was measured
            )

    def __enter__(self) -> WorkerProcess:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def ask(self, do: str, timeout_s: float, **arguments: Any) -> dict[str, Any]:
        """Send one request and wait for its answer.

        Raises:
            WorkerError: if there is none in time, or it is an error; the worker is of no use afterwards.
        """
        request = json.dumps({"do": do, **arguments}) + "\n"
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(request.encode())
            self._process.stdin.flush()
        except BrokenPipeError:
            raise WorkerError(self._death()) from None
        answer: dict[str, Any] = json.loads(self._read_line(do, timeout_s))
        if "error" in answer:
            raise (MissingError if answer.get("missing") else WorkerError)(answer["error"])
        return answer

    def close(self) -> None:
        """End the worker's whole process group."""
        with suppress(ProcessLookupError):  # everything has ended by itself
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            _close(pipe)

    def _read_line(self, do: str, timeout_s: float) -> bytes:
        assert self._process.stdout is not None
        end = time.monotonic() + timeout_s
        while b"\n" not in self._received:
            ready, _, _ = select.select([self._process.stdout], [], [], max(0.0, end - time.monotonic()))
            if not ready:
                raise WorkerError(f"no answer to {do!r} within {timeout_s:g} s")
            received = os.read(self._process.stdout.fileno(), 1 << 16)
            if not received:
                raise WorkerError(self._death())
            self._received += received
        line, self._received = self._received.split(b"\n", 1)
        return line

    def _death(self) -> str:
        status = self._process.wait()
        said = self._last_words()
        if status >= 0:
            return f"the worker ended by itself with status {status}{said}"
        name = signal.Signals(-status).name
        hint = "; this is what a lack of memory looks like" if name == "SIGKILL" else said
        return f"the worker was ended by {name}{hint}"

    def _last_words(self) -> str:
        text = self._log.read_bytes()[-_LAST_LOG_BYTES:].decode(errors="replace")
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        return f" ({lines[-1][:200]})" if lines else ""


def _close(pipe: Any) -> None:
    with suppress(BrokenPipeError):  # what was left to send has no reader any more
        pipe.close()
