"""The genuine adb program, run as child processes.

Nothing passes through a shell of this machine: each call is a list of arguments. `adb shell` joins its words with
spaces and has the device's shell read them, so they go there quoted, as one word.
"""

from __future__ import annotations

import os
import secrets
import shlex
import shutil
import signal
import socket
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from arllie_deploy.bench.adb.trouble import AdbError, Trouble, error, recognize
from arllie_deploy.errors import ArllieError

_SERVER_TIMEOUT_S = 2.0
_QUICK_S = 15.0
_DEFAULT_PORT = 5037


@dataclass(frozen=True)
class Server:
    """Where the adb server listens; None is adb's own default, which ANDROID_ADB_SERVER_ADDRESS and _PORT change."""

    host: str | None = None
    port: int | None = None

    @property
    def words(self) -> list[str]:
        """The arguments that name it."""
        host = ["-H", self.host] if self.host is not None else []
        return [*host, *(["-P", str(self.port)] if self.port is not None else [])]

    def listens(self) -> bool:
        """Whether one is there; asked over the socket, because adb itself would start one, which stays behind."""
        host = self.host or os.environ.get("ANDROID_ADB_SERVER_ADDRESS") or "localhost"
        try:
            port = self.port or int(os.environ.get("ANDROID_ADB_SERVER_PORT", _DEFAULT_PORT))
            socket.create_connection((host, port), timeout=_SERVER_TIMEOUT_S).close()
        except (OSError, ValueError, OverflowError):
            return False
        return True


@dataclass(frozen=True)
class Printed:
    """What a command on the device printed, both outputs together, and its exit status."""

    status: int
    text: str


@dataclass(frozen=True)
class Listed:
    """One line of `adb devices`."""

    serial: str
    state: str


@dataclass(frozen=True)
class Adb:
    """The program and the server that it talks to.

    Attributes:
        program: its path.
        server: see there.
    """

    program: str
    server: Server = field(default_factory=Server)

    def devices(self) -> list[Listed]:
        """Everything that the server knows, ready or not."""
        lines = (line.split("\t") for line in self._adb(["devices"], "adb devices", _QUICK_S).splitlines())
        return [Listed(words[0], words[1].strip()) for words in lines if len(words) > 1]

    def choose(self, serial: str | None) -> str:
        """The serial number of a device that is ready: the one named, or the only one.

        Raises:
            AdbError: if it is not listed, not authorized or offline, or none is named and there is not exactly one.
        """
        if serial is not None:
            check_serial(serial)
        listed = self.devices()
        if serial is None and len(listed) > 1:
            names = ", ".join(device.serial for device in listed)
            raise error(Trouble.AMBIGUOUS, f"adb lists {names}")
        device = next((device for device in listed if serial in (None, device.serial)), None)
        if device is None:
            raise error(Trouble.NO_DEVICE, _name(serial))
        if device.state != "device":
            raise error(_trouble_of(device.state), _name(device.serial), device.state)
        return device.serial

    def shell(self, serial: str, words: Sequence[str], timeout_s: float) -> Printed:
        """Run one command on the device.

        Args:
            serial: of the device.
            words: the program and its arguments; none of them is read by a shell.
            timeout_s: afterwards the call ends; what runs on the device goes on.

        Raises:
            AdbError: if the device cannot be reached, the connection is lost or the time is up. An exit status other
                than 0 is no error.
        """
        # Old devices do not tell the exit status, and a lost connection looks like an end: the mark tells both.
        mark = f"arllie-{secrets.token_hex(8)}"
        line = f"{shlex.join(words)} 2>&1; echo {mark}:$?"
        said = self._adb(["shell", line], _name(serial), timeout_s, serial)
        text, found, status = said.replace("\r\n", "\n").rpartition(f"{mark}:")
        if not found or not status.strip().isdigit():
            raise error(Trouble.LOST, _name(serial))
        return Printed(int(status), text)

    def push(self, serial: str, source: Path, target: str, timeout_s: float) -> None:
        """Copy a file to the device.

        Raises:
            AdbError: as `shell`, and if the device is full.
        """
        self._adb(["push", str(source.absolute()), target], f"{_name(serial)}: {source.name!r}", timeout_s, serial)

    def pull(self, serial: str, source: str, target: Path, timeout_s: float) -> None:
        """Copy a file from the device.

        Raises:
            AdbError: as `shell`, and if there is no such file.
        """
        self._adb(["pull", source, str(target.absolute())], f"{_name(serial)}: {source!r}", timeout_s, serial)

    def connect(self, serial: str) -> None:
        """Have the server connect to HOST:PORT; whether it could is seen in `devices`."""
        with suppress(AdbError):
            self._adb(["connect", serial], _name(serial), _QUICK_S)

    def disconnect(self, serial: str) -> None:
        """Have the server forget HOST:PORT; before `connect` this is what makes it try anew at once."""
        with suppress(AdbError):
            self._adb(["disconnect", serial], _name(serial), _QUICK_S)

    def _adb(self, words: Sequence[str], where: str, timeout_s: float, serial: str | None = None) -> str:
        """Run adb; what it printed on stdout."""
        if serial is not None:
            check_serial(serial)
        if not self.server.listens():
            raise error(Trouble.NO_SERVER, "adb")
        device = ["-s", serial] if serial is not None else []
        try:
            process = subprocess.Popen(
                [self.program, *self.server.words, *device, *words],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                # A Ctrl-C in the terminal is for this program, which still needs adb to clean up the device.
                start_new_session=True,
            )
        except OSError as failed:
            raise AdbError(Trouble.NO_PROGRAM, f"{self.program} cannot be run: {failed.strerror}") from None
        out, err = _communicate(process, where, timeout_s)
        if process.returncode != 0:
            # A transfer's error is on either output; what the device's programs print is no word of adb's.
            said = err if words[0] == "shell" else err + out
            raise error(recognize(said), where, said)
        return out


def find_adb(server: Server | None = None) -> Adb:
    """The adb program on the path.

    Raises:
        AdbError: if there is none.
    """
    program = shutil.which("adb")
    if program is None:
        raise error(Trouble.NO_PROGRAM, "adb")
    return Adb(program, server or Server())


def check_serial(serial: str) -> None:
    """Raise `ArllieError` unless `serial` can be one: something, printable, of one line."""
    if not serial or not serial.isprintable():
        raise ArllieError(f"{serial!r} is no serial number of a device; adb devices lists them")


def _communicate(process: subprocess.Popen[bytes], where: str, timeout_s: float) -> tuple[str, str]:
    """Both outputs; ends the process on every way out."""
    try:
        outputs = process.communicate(timeout=timeout_s)
    except subprocess.TimeoutExpired:
        said = f"{where}: no answer within {timeout_s:g} s; see whether the phone hangs, and run it again"
        raise AdbError(Trouble.TIMEOUT, said) from None
    finally:
        if process.poll() is None:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
    out, err = (output.decode(errors="replace") for output in outputs)
    return out, err


def _name(serial: str | None) -> str:
    return f"device {serial}" if serial is not None else "adb"


def _trouble_of(state: str) -> Trouble:
    """Of a state other than "device" in `adb devices`."""
    if state.startswith(("unauthorized", "authorizing", "no permissions")):
        return Trouble.UNAUTHORIZED
    return Trouble.OFFLINE if state in ("offline", "connecting") else Trouble.REFUSED
