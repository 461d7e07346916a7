"""The command line: `arllie SUB-COMMAND`, and each sub-command also as a program of its own, `arllie-SUB-COMMAND`."""

import sys
from importlib import import_module

# Sub-command -> the module whose `command` it is. Each module imports torch, converters and engines only inside it.
COMMANDS = {
    "train": "arllie_deploy.cli.train",
    "export": "arllie_deploy.cli.export",
    "bench": "arllie_deploy.cli.bench",
    "enhance": "arllie_deploy.cli.enhance",
    "eval": "arllie_deploy.cli.evaluate",
    "doctor": "arllie_deploy.cli.doctor",
}


def train() -> None:
    """Run `arllie-train`."""
    _run("train")


def export() -> None:
    """Run `arllie-export`."""
    _run("export")


def bench() -> None:
    """Run `arllie-bench`."""
    _run("bench")


def enhance() -> None:
    """Run `arllie-enhance`."""
    _run("enhance")


def evaluate() -> None:
    """Run `arllie-eval`."""
    _run("eval")


def doctor() -> None:
    """Run `arllie-doctor`."""
    _run("doctor")


def arllie() -> None:
    """Run `arllie`, which takes the sub-command as its first argument."""
    from arllie_deploy.cli.program import run_all

    sys.exit(run_all({name: import_module(module).command for name, module in COMMANDS.items()}))


def _run(name: str) -> None:
    from arllie_deploy.cli.program import run_one

    sys.exit(run_one(f"arllie-{name}", import_module(COMMANDS[name]).command))
