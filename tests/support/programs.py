"""Runs a command as its user does: a process of its own."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Ended:
    """Exit status and what the program printed."""

    status: int
    stdout: str
    stderr: str


def run_program(entry: str, *arguments: str | Path, **options: Any) -> Ended:
    """Run an entry point of `arllie_deploy.cli`, for example "export"."""
    code = f"from arllie_deploy.cli import {entry}; {entry}()"
    command = [sys.executable, "-P", "-c", code, *map(str, arguments)]
    result = subprocess.run(command, capture_output=True, text=True, timeout=300, **options)
    return Ended(result.returncode, result.stdout, result.stderr)


def assert_refused(ended: Ended, message: str) -> None:
    """Exit 2, nothing on stdout, one line on stderr, no traceback."""
    assert ended.status == 2, ended.stderr
    assert ended.stdout == ""
    assert len(ended.stderr.splitlines()) == 1, ended.stderr
    assert message in ended.stderr
