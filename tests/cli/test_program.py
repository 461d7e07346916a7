import errno
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from support.commands import assert_refused, run_program

from arllie_deploy import ArllieError, CheckFailedError
from arllie_deploy.cli import COMMANDS
from arllie_deploy.cli.program import run_one


@pytest.mark.parametrize(
    ("error", "status", "message"),
    [
        (ArllieError("bad\n  input"), 2, "x: error: bad input"),
        (CheckFailedError("worse"), 1, "x: error: worse"),
        (OSError(errno.ENOSPC, "No space left on device", "/f"), 2, "x: error: /f: the disk is full"),
        (OSError(errno.EROFS, "Read-only", "/f"), 2, "x: error: /f: the file system is read-only"),
        (PermissionError(errno.EACCES, "Permission denied", "/f"), 2, "x: error: /f: permission denied"),
        (FileNotFoundError(errno.ENOENT, "No such file or directory", "/f"), 2, "x: error: /f: No such file"),
        (MemoryError(), 2, "x: error: not enough memory"),
        (KeyboardInterrupt(), 130, "x: error: interrupted"),
    ],
)
def test_an_error_is_one_line_and_a_status(
    error: BaseException, status: int, message: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def command() -> None:
        raise error

    monkeypatch.setattr(sys, "argv", ["x"])
    assert run_one("x", command) == status
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith(message)
    assert captured.err.count("\n") == 1


def test_a_bug_keeps_its_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def command() -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(sys, "argv", ["x"])
    with pytest.raises(ZeroDivisionError):
        run_one("x", command)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_with_an_example(name: str) -> None:
    ended = run_program("arllie", name, "--help")
    assert ended.status == 0, ended.err
    assert f"arllie-{name} " in ended.out
    assert "--json" in ended.out


def test_arllie_names_its_commands_and_version() -> None:
    listing = run_program("arllie", "--help").out
    assert all(name in listing for name in COMMANDS)
    assert run_program("arllie", "--version").out.startswith("arllie-deploy ")


def test_an_unknown_command_is_one_line() -> None:
    assert_refused(run_program("arllie", "exprt"), "exprt")


def test_a_closed_pipe_is_no_traceback() -> None:
    code = "from arllie_deploy.cli import doctor; doctor()"
    child = subprocess.Popen([sys.executable, "-P", "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert child.stdout is not None
    assert child.stderr is not None
    child.stdout.close()
    assert b"Traceback" not in child.stderr.read()
    child.stderr.close()
    child.wait()


def test_ctrl_c_ends_with_130_and_leaves_nothing(tmp_path: Path) -> None:
    code = "from arllie_deploy.cli import export; export()"
    child = subprocess.Popen(
        [sys.executable, "-P", "-c", code, "--target", "all", "--out", str(tmp_path / "out")],
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    while not list(tmp_path.glob("out/.arllie-export-*")) and child.poll() is None:
        os.sched_yield()
    child.send_signal(signal.SIGINT)
    _, errors = child.communicate(timeout=60)
    if child.returncode == 0:
        pytest.skip("no converter is installed, so there was nothing to interrupt")
    assert child.returncode == 130
    assert errors == "arllie-export: error: interrupted\n"
    assert not list(tmp_path.glob("out/.*"))
