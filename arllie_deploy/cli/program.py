"""Runs commands: exit codes, and errors as one line on stderr."""

import errno
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
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
    _open_missing_streams()
    with _signals_as_interrupts() as stopped:
        try:
            status = app(prog_name=name, standalone_mode=False)
            sys.stdout.flush()  # while an error can still be reported
        except Exception as error:
            if stopped.is_set():  # a C extension may turn the interrupt into an error of its own
                return _fail(name, "interrupted", INTERRUPTED)
            return _explain(name, error)
        except KeyboardInterrupt:
            return _fail(name, "interrupted", INTERRUPTED)
        except SystemExit:
            # The only one that typer raises here: the reader of its help text has gone.
            return _reader_gone()
    if status == INTERRUPTED:  # typer turns Ctrl-C into this status without a word
        return _fail(name, "interrupted", INTERRUPTED)
    return status if isinstance(status, int) else DONE


def _explain(name: str, error: Exception) -> int:
    """One line for an error that is the user's to mend; any other is a bug and keeps its traceback."""
    match error:
        case typer.TyperException():
            return _fail(name, f"{error.format_message()} (see {name} --help)", WRONG_USE)
        case typer.Abort():
            return _fail(name, "interrupted", INTERRUPTED)
        case ArllieError():
            return _fail(name, str(error), error.exit_code)
        case OSError():
            return _fail_system(name, error)
        case MemoryError():
            return _fail(name, "not enough memory; close other programs or give smaller input", WRONG_USE)
    raise error


def _open_missing_streams() -> None:
    """A program started with stdout or stderr closed has None there."""
    if sys.stdout is None:
        sys.stdout = Path(os.devnull).open("w")  # noqa: SIM115 - open as long as the program runs
    if sys.stderr is None:
        sys.stderr = Path(os.devnull).open("w")  # noqa: SIM115 - as above


@contextmanager
def _signals_as_interrupts() -> Iterator[threading.Event]:
    """Let SIGINT, SIGTERM and SIGHUP unwind the stack, so that temporary files and child processes go with it.

    Yields an event that is set once a signal has come.
    """
    stopped = threading.Event()

    def stop(number: int, frame: object) -> None:
        stopped.set()
        raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():
        yield stopped
        return
    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        yield stopped
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _reader_gone() -> int:
    """Whoever read our output has gone (`| head`): no error; further writes, also at exit, would only repeat it."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return DONE


def _fail_system(name: str, error: OSError) -> int:
    if isinstance(error, BrokenPipeError):
        return _reader_gone()
    if error.errno in (errno.ENOSPC, errno.EIO) and error.filename is None:
        _reader_gone()  # stdout itself may be what is full
    mend = _MENDS.get(error.errno or 0, error.strerror or str(error))
    where = f"{error.filename}: " if error.filename else ""
    return _fail(name, f"{where}{mend}", WRONG_USE)


def _fail(name: str, message: str, status: int) -> int:
    print(f"{name}: error: {' '.join(message.split())}", file=sys.stderr)  # noqa: T201 - this is the program's voice
    return status
