"""Runs commands in this process, and programs under limits that a process of their own needs."""

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module

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
    done = subprocess.run(line, capture_output=True, text=True, check=False, timeout=120)
    return Finished(done.returncode, done.stdout, done.stderr)
