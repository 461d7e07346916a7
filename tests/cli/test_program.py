import errno
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from support.commands import assert_refused, run_program

from arllie_deploy import ArllieError, CheckFailedError
from arllie_deploy.cli import COMMANDS
from arllie_deploy.cli.program import run_one
from arllie_deploy.export.targets import TARGETS


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


def run_in_shell(line: str) -> subprocess.CompletedProcess[str]:
    """A pipeline with the doctor as `$doctor`; its output is buffered, as it is for users."""
    code = "from arllie_deploy.cli import doctor; doctor()"
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONUNBUFFERED"}
    environment["doctor"] = f"{sys.executable} -P -c '{code}'"
    return subprocess.run(
        ["bash", "-o", "pipefail", "-c", line], capture_output=True, text=True, env=environment, check=False
    )


@pytest.mark.parametrize("arguments", ["", "--json", "--help"])
def test_a_reader_that_has_gone_is_no_error(arguments: str) -> None:
    ended = run_in_shell(f"eval $doctor {arguments} | true")
    assert (ended.returncode, ended.stderr) == (0, "")


def test_a_full_device_as_output_is_one_line() -> None:
    ended = run_in_shell("eval $doctor > /dev/full")
    assert ended.returncode == 2
    assert ended.stderr == "arllie-doctor: error: the disk is full; free some space or choose another folder\n"


def test_a_closed_output_is_no_traceback() -> None:
    ended = run_in_shell("eval $doctor >&-")
    assert (ended.returncode, ended.stderr) == (0, "")


@pytest.mark.skipif(not TARGETS["tflite-cpu"].availability().ok, reason="tensorflow or LiteRT is missing")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_ends_with_130_and_leaves_nothing(number: signal.Signals, tmp_path: Path) -> None:
    code = "from arllie_deploy.cli import export; export()"
    arguments = ["--target", "tflite-cpu", "--out", str(tmp_path / "out")]
    child = subprocess.Popen(
        [sys.executable, "-P", "-c", code, *arguments], stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    while not list(tmp_path.glob("out/.arllie-export-*/model.safetensors")) and child.poll() is None:
        time.sleep(0.01)
    time.sleep(0.2)
    converters = children_of(child.pid)
    child.send_signal(number)
    _, errors = child.communicate(timeout=60)
    assert child.returncode == 130
    assert errors == "arllie-export: error: interrupted\n"
    assert not list(tmp_path.glob("out/.*"))
    assert converters
    assert not any(Path(f"/proc/{pid}").exists() for pid in converters)


def children_of(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def test_an_error_that_an_interrupt_turned_into_is_an_interrupt(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As when a C extension is interrupted while it is imported."""

    def command() -> None:
        try:
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(5)
        except KeyboardInterrupt:
            raise ImportError("initialization failed") from None

    monkeypatch.setattr(sys, "argv", ["x"])
    before = signal.getsignal(signal.SIGINT)
    assert run_one("x", command) == 130
    assert signal.getsignal(signal.SIGINT) is before
    assert capsys.readouterr().err == "x: error: interrupted\n"
