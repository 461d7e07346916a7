"""Runs commands as their users do: in a process of their own, or in this one where a test looks inside."""

import os
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import pytest


@dataclass(frozen=True)
class Finished:
    """Exit status and everything that was printed."""

    status: int
    out: str
    err: str


def run_here(
    command: str, arguments: Sequence[object], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Finished:
    """Run a sub-command in this process, through the code that makes errors into lines and exit codes."""
    from arllie_deploy.cli import COMMANDS
    from arllie_deploy.cli.program import run_one

    name = f"arllie-{command}"
    monkeypatch.setattr(sys, "argv", [name, *map(str, arguments)])
    status = run_one(name, import_module(COMMANDS[command]).command)
    printed = capsys.readouterr()
    return Finished(status, printed.out, printed.err)


def run_apart(function: str, arguments: Sequence[object], *, before: str = "", within: Sequence[str] = ()) -> Finished:
    """Run a function of `arllie_deploy.cli` in a process of its own.

    Args:
        function: such as "enhance".
        arguments: the command line.
        before: Python statements to run first.
        within: a command that is given the program's command line, such as an `unshare`.
    """
    program = f"{before}\nfrom arllie_deploy.cli import {function}\n{function}()"
    # Warnings as errors, as everywhere in the tests.
    line = [*within, sys.executable, "-P", "-W", "error", "-c", program, *map(str, arguments)]
    done = subprocess.run(line, capture_output=True, text=True, check=False, timeout=300)
    return Finished(done.returncode, done.stdout, done.stderr)


def run_program(function: str, *arguments: object) -> Finished:
    """`run_apart` for the plain case."""
    return run_apart(function, arguments)


def bound_by_permissions(folder: Path) -> list[str]:
    """A command for `within` under which `folder`, which is read-only, cannot be written to; skips where that fails."""
    # Root ignores permissions by this capability; once it is out of the bounding set, an exec takes it away.
    drop = "import ctypes, os, sys; ctypes.CDLL(None).prctl(24, 1, 0, 0, 0); os.execv(sys.argv[1], sys.argv[1:])"
    within = [sys.executable, "-c", drop] if os.geteuid() == 0 else []
    probe = subprocess.run([*within, "/bin/sh", "-c", f"touch '{folder}/probe'"], capture_output=True, check=False)
    (folder / "probe").unlink(missing_ok=True)
    if probe.returncode == 0:
        pytest.skip("permissions do not bind this user")
    return within


def assert_refused(finished: Finished, message: str) -> None:
    """Exit 2, nothing on stdout, one line on stderr that begins with the program's name, no traceback."""
    assert finished.status == 2, finished.err
    assert re.match(r"arllie(-[a-z]+)?: error: ", finished.err), finished.err
    assert finished.out == ""
    assert len(finished.err.splitlines()) == 1, finished.err
    assert message in finished.err
