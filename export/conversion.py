"""Runs the worker that writes a target's files: time limit, its log, no process left behind."""

import json
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from arllie_deploy.enhancer import Enhancer
from arllie_deploy.enhancer_file import save
from arllie_deploy.export.request import Written
from arllie_deploy.export.targets import Target

_LOG_LINES = 20


class ConversionError(Exception):
    """The converter failed; the message is one line, `log` the end of what it printed."""

    def __init__(self, message: str, log: str) -> None:
        super().__init__(message)
        self.log = log


def convert(
    target: Target,
    enhancer: Enhancer,
    precision: str,
    artifacts: dict[tuple[int, int], Path],
    timeout_s: float,
) -> Written:
    """Write `artifacts` (size -> path) in a child process.

    Raises:
        ConversionError: if the child fails, crashes or takes longer than `timeout_s`.
    """
    with tempfile.TemporaryDirectory(prefix="arllie-") as scratch:
        model, answer = Path(scratch) / "model.safetensors", Path(scratch) / "answer.json"
        save(enhancer, model)
        request = {
            "model": str(model),
            "target": target.name,
            "precision": precision,
            "files": [[str(path), *size] for size, path in artifacts.items()],
            "answer": str(answer),
        }
        status, log = _run(json.dumps(request), Path(scratch), timeout_s)
        if status != 0 or not answer.exists():
            raise ConversionError(_describe(status, log, timeout_s), log)
        return Written(**json.loads(answer.read_text()))


def _run(request: str, scratch: Path, timeout_s: float) -> tuple[int | None, str]:
    """The child's exit status (None after the time limit) and the end of its output."""
    log = scratch / "log.txt"
    with log.open("w") as output:
        child = subprocess.Popen(
            [sys.executable, "-m", "arllie_deploy.export.worker"],
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
        return f"the converter took longer than {timeout_s:g} s and was stopped; raise --timeout"
    if status < 0:
        return f"the converter crashed with {signal.Signals(-status).name}"
    last = next((line for line in reversed(log.splitlines()) if line.strip()), "no output")
    return f"the converter failed: {last.strip()}"
