"""The command line: `arllie SUB-COMMAND`, and each sub-command also as a program of its own, `arllie-SUB-COMMAND`."""

import sys
from importlib import import_module
from typing import NoReturn

# Sub-command -> the module whose `command` it is. Each module imports torch, converters and engines only inside it.
COMMANDS = {
    "train": "arllie_deploy.cli.train",
    "search": "arllie_deploy.cli.search",
    "export": "arllie_deploy.cli.export",
    "bench": "arllie_deploy.cli.bench",
    "history": "arllie_deploy.cli.history",
    "enhance": "arllie_deploy.cli.enhance",
    "eval": "arllie_deploy.cli.evaluate",
    "lighten": "arllie_deploy.cli.lighten",
    "doctor": "arllie_deploy.cli.doctor",
}


def train() -> None:
    """Run `arllie-train`."""
    _run("train")


def search() -> None:
    """Run `arllie-search`."""
    _run("search")


def export() -> None:
    """Run `arllie-export`."""
    _run("export")


def bench() -> None:
    """Run `arllie-bench`."""
    _run("bench")


def history() -> None:
    """Run `arllie-history`."""
    _run("history")


def enhance() -> None:
    """Run `arllie-enhance`."""
    _run("enhance")


def evaluate() -> None:
    """Run `arllie-eval`."""
    _run("eval")


def lighten() -> None:
    """Run `arllie-lighten`."""
    _run("lighten")


def doctor() -> None:
    """Run `arllie-doctor`."""
    _run("doctor")


def arllie() -> None:
    """Run `arllie`, which takes the sub-command as its first argument."""
    try:
        from arllie_deploy.cli.program import run_all

        commands = {name: import_module(module).command for name, module in COMMANDS.items()}
    except KeyboardInterrupt:
        _interrupted("arllie")
    sys.exit(run_all(commands))


def _run(name: str) -> None:
    try:
        from arllie_deploy.cli.program import run_one

        command = import_module(COMMANDS[name]).command
    except KeyboardInterrupt:
        _interrupted(f"arllie-{name}")
    sys.exit(run_one(f"arllie-{name}", command))


def _interrupted(program: str) -> NoReturn:
    sys.stderr.write(f"{program}: error: interrupted\n")
    sys.exit(130)
