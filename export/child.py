"""Runs a step of an export in a process of its own: time limit, its log, nothing left behind.

A converter or a runtime that crashes, leaks or hangs takes only its own target down.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

_LOG_LINES = 20


class ChildError(Exception):
    """The step failed; the message is one line, `log` the end of what it printed."""

    def __init__(self, message: str, log: str) -> None:
        super().__init__(message)
        self.log = log


def run_child(module: str, request: dict[str, Any], timeout_s: float) -> Any:
    """Run `python -m module`, which reads the request with `read_request` and answers with `write_answer`.

    Args:
        module: of this package.
        request: JSON values.
        timeout_s: after it the process and all that it started are killed.

    Returns:
        The answer, JSON values.

    Raises:
        ChildError: if the process fails, crashes or takes too long.
    """
    with tempfile.TemporaryDirectory(prefix="arllie-") as scratch:
        answer = Path(scratch) / "answer.json"
        status, log = _run(module, json.dumps({**request, "answer": str(answer)}), Path(scratch), timeout_s)
        if status != 0 or not answer.exists():
            raise ChildError(_describe(status, log, timeout_s), log)
        return json.loads(answer.read_text())


def read_request() -> dict[str, Any]:
    """In the child: the request."""
    request: dict[str, Any] = json.load(sys.stdin)
    return request


def write_answer(request: dict[str, Any], answer: Any) -> None:
    """In the child: answer through a file, because converters and engines print to stdout."""
    Path(request["answer"]).write_text(json.dumps(answer))


def _run(module: str, request: str, scratch: Path, timeout_s: float) -> tuple[int | None, str]:
    """The child's exit status (None after the time limit) and the end of its output."""
    log = scratch / "log.txt"
    with log.open("w") as output:
        child = subprocess.Popen(
            # -P: the working folder is not searched for modules.
            [sys.executable, "-P", "-m", module],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=scratch,  # some converters drop files into the working folder
            start_new_session=True,
        )
        try:
            child.communicate(request, timeout=timeout_s)
            status: int | None = child.returncode
        except subprocess.TimeoutExpired:
            status = None
        finally:
            # Also on Ctrl-C, and also what the converter started itself.
            _end_group(child)
    lines = log.read_text(errors="replace").splitlines()
    return status, "\n".join(lines[-_LOG_LINES:])


def _end_group(child: subprocess.Popen[str]) -> None:
    try:
        os.killpg(child.pid, signal.SIGKILL)
    except ProcessLookupError:
        return  # everything has ended by itself
    finally:
        child.wait()


def _describe(status: int | None, log: str, timeout_s: float) -> str:
    if status is None:
        return f"took longer than {timeout_s:g} s and was stopped; raise --timeout"
    if status < 0:
        return f"crashed with {signal.Signals(-status).name}"
    last = next((line for line in reversed(log.splitlines()) if line.strip()), "no output")
    return last.strip().removeprefix("arllie_deploy.errors.")
