"""Runs commands: exit codes, and errors as one line on stderr."""

import errno
import os
import sys
from collections.abc import Callable, Mapping
from typing import Any

import typer

from arllie_deploy import __version__
from arllie_deploy.errors import ArllieError

DONE, CHECK_FAILED, WRONG_USE, INTERRUPTED = 0, 1, 2, 130

Command = Callable[..., Any]

_MENDS = {
    errno.ENOSPC: "the disk is full; free some space or choose another folder",
    errno.EDQUOT: "the disk quota is used up; free some space or choose another folder",
    errno.EFBIG: "the file would be larger than this process may write",
    errno.EACCES: "permission denied; choose a place you may write to",
    errno.EPERM: "not permitted; choose a place you may write to",
    errno.EROFS: "the file system is read-only; choose another folder",
}


def run_one(name: str, command: Command) -> int:
    """Run `command` as the program `name` on `sys.argv`; the exit status."""
    app = _app()
    app.command(name)(command)
    return _invoke(app, name)


def run_all(commands: Mapping[str, Command]) -> int:
    """Run the program `arllie` with `commands` as its sub-commands; the exit status."""
    app = _app()
    app.callback(help="Light low-light enhancement: train, export, benchmark, enhance.")(_version_option)
    for name, command in commands.items():
        app.command(name)(command)
    return _invoke(app, "arllie")


def _app() -> typer.Typer:
    # Plain help and errors: they are read in logs and by other programs as well as in terminals.
    return typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)


def _version_option(
    version: bool = typer.Option(False, "--version", is_eager=True, callback=lambda given: _print_version(given)),
) -> None: ...


def _print_version(given: bool) -> None:
    if given:
        typer.echo(f"arllie-deploy {__version__}")
        raise typer.Exit


def _invoke(app: typer.Typer, name: str) -> int:
    try:
        status = app(prog_name=name, standalone_mode=False)
    except typer.TyperException as error:
        return _fail(name, f"{error.format_message()} (see {name} --help)", WRONG_USE)
    except ArllieError as error:
        return _fail(name, str(error), error.exit_code)
    except OSError as error:
        return _fail_system(name, error)
    except MemoryError:
        return _fail(name, "not enough memory; close other programs or give smaller input", WRONG_USE)
    except (KeyboardInterrupt, typer.Abort):
        return _fail(name, "interrupted", INTERRUPTED)
    if status == INTERRUPTED:  # typer turns Ctrl-C into this status without a word
        return _fail(name, "interrupted", INTERRUPTED)
    return status if isinstance(status, int) else DONE


def _fail_system(name: str, error: OSError) -> int:
    if isinstance(error, BrokenPipeError):
        # The reader of our output has gone; further writes, also at exit, would only repeat the error.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return WRONG_USE
    mend = _MENDS.get(error.errno or 0, error.strerror or str(error))
    where = f"{error.filename}: " if error.filename else ""
    return _fail(name, f"{where}{mend}", WRONG_USE)


def _fail(name: str, message: str, status: int) -> int:
    print(f"{name}: error: {' '.join(message.split())}", file=sys.stderr)  # noqa: T201 - this is the program's voice
    return status
