"""A run on one device: a folder of its own there, files that are what they were here, and no trace left behind."""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TypeVar

from arllie_deploy.bench.adb.client import Adb, Printed
from arllie_deploy.bench.adb.trouble import PASSING, AdbError, Trouble, error
from arllie_deploy.errors import ArllieError

# The only place that the user `shell` may write to and execute from on every phone.
ROOT = "/data/local/tmp"
_POLL_S = 0.1
_RECONNECT_EVERY_S = 2.0
_NETWORK_SERIAL = re.compile(r"[A-Za-z0-9_.\[\]:-]+:\d{1,5}")
# $0 is the file with the number of the program. Numbers are used again: only one that has our mark is ended.
_RECORDED = 'echo $$ >"$0" && exec "$@"'
_END_RECORDED = 'read -r number <"$0" && grep -q "$1" "/proc/$number/environ" && kill -9 "$number"'

Result = TypeVar("Result")


@dataclass(frozen=True)
class Limits:
    """How long a session waits.

    Attributes:
        command_s: for a small command.
        transfer_s: for one file.
        return_s: for a device that was lost; also the time that cleaning up may take.
        interruptions: losses that one step survives.
    """

    command_s: float = 30.0
    transfer_s: float = 300.0
    return_s: float = 60.0
    interruptions: int = 3


@dataclass(frozen=True)
class _Put:
    """A file that must be on the device."""

    source: Path
    sha256: str
    executable: bool


class Session:
    """A folder on a device for the time of a `with` block; it is removed on every way out of it.

    A step that meets a lost connection waits for the device, puts back what is missing there, and is done again; the
    steps before it are not.

    Args:
        adb: the client.
        serial: of a device.
        run_id: letters, digits and '-', unique among the runs on the device.
        limits: see there.

    Attributes:
        interruptions: how often the device was lost and came back.
        left_behind: why the folder could not be removed; None where it was.

    Raises:
        ArllieError: on another run id.
    """

    def __init__(self, adb: Adb, serial: str, run_id: str, limits: Limits | None = None) -> None:
        if not re.fullmatch(r"[A-Za-z0-9-]+", run_id):
            raise ArllieError(f"run id {run_id!r}: letters, digits and '-' only")
        self._adb, self.serial, self._limits = adb, serial, limits or Limits()
        self.folder = f"{ROOT}/arllie-{run_id}"
        self.interruptions = 0
        self.left_behind: str | None = None
        self._mark = f"ARLLIE_RUN={run_id}"
        self._files: dict[str, _Put] = {}
        self._given_up = False

    def __enter__(self) -> Session:
        self._adb.choose(self.serial)
        try:
            self._resuming(self._make_folder)
        except BaseException:
            self._clean_up()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, failed: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._clean_up()

    def path(self, *names: str) -> str:
        """Where a file of this session lies on the device.

        Args:
            names: of the folders below that of the session, and of the file.

        Raises:
            ArllieError: if one of them is not the name of a file in a folder.
        """
        for name in names:
            if name in ("", ".", "..") or "/" in name or not name.isprintable():
                raise ArllieError(f"{name!r} cannot be the name of a file on a device")
        return "/".join([self.folder, *names])

    def put(self, source: Path, name: str, *, executable: bool = False) -> str:
        """Copy a file to the device, compare its sha256 there, and give its path there.

        Raises:
            AdbError: if it cannot be copied, or arrives as something else.
        """
        put = _Put(source, hashlib.sha256(source.read_bytes()).hexdigest(), executable)
        self._resuming(lambda: self._put(name, put))
        self._files[name] = put
        return self.path(name)

    def run(self, words: Sequence[str], timeout_s: float, settings: Mapping[str, str] | None = None) -> Printed:
        """Run a program on the device; after a loss from its beginning.

        Args:
            words: its path and its arguments.
            timeout_s: afterwards it is ended.
            settings: environment variables.
        """
        environment = [f"{name}={value}" for name, value in (settings or {}).items()]
        recorded = ["sh", "-c", _RECORDED, self.path("pid"), "env", self._mark, *environment, *words]
        try:
            return self._resuming(lambda: self._adb.shell(self.serial, recorded, timeout_s))
        except AdbError as failed:
            if failed.trouble is Trouble.TIMEOUT:
                with suppress(AdbError):
                    self._end_program()
            raise

    def ask(self, words: Sequence[str]) -> Printed:
        """Run a small command of the device's own."""
        return self._resuming(lambda: self._adb.shell(self.serial, words, self._limits.command_s))

    def get(self, name: str, target: Path, within: Sequence[str] = ()) -> None:
        """Copy a file from the device, out of the folders `within` below that of the session."""
        source = self.path(*within, name)
        self._resuming(lambda: self._adb.pull(self.serial, source, target, self._limits.transfer_s))

    def _put(self, name: str, put: _Put) -> None:
        if self._sha256(name) == put.sha256:
            return
        self._adb.push(self.serial, put.source, self.path(name), self._limits.transfer_s)
        arrived = self._sha256(name)
        if arrived != put.sha256:
            found = f"its sha256 there is {arrived}" if arrived else "sha256sum cannot read it there"
            raise AdbError(Trouble.REFUSED, f"device {self.serial}: {name!r} did not arrive as it was sent: {found}")
        if put.executable:
            self._small(["chmod", "700", self.path(name)])

    def _sha256(self, name: str) -> str | None:
        printed = self._adb.shell(self.serial, ["sha256sum", self.path(name)], self._limits.command_s)
        # A name with a backslash in it has one before the digest.
        found = re.match(r"\\?([0-9a-f]{64})\s", printed.text)
        return found[1] if found and printed.status == 0 else None

    def _make_folder(self) -> None:
        self._small(["mkdir", "-p", self.folder])

    def _small(self, words: Sequence[str]) -> None:
        printed = self._adb.shell(self.serial, words, self._limits.command_s)
        if printed.status != 0:
            trouble = Trouble.FULL if "No space left" in printed.text else Trouble.REFUSED
            raise error(trouble, f"device {self.serial}: {words[0]}", printed.text)

    def _end_program(self) -> None:
        words = ["sh", "-c", _END_RECORDED, self.path("pid"), self._mark]
        self._adb.shell(self.serial, words, self._limits.command_s)

    def _resuming(self, step: Callable[[], Result]) -> Result:
        """Do a step; where the device is lost in it, again once it is back."""
        for number in range(self._limits.interruptions + 1):
            try:
                if number:
                    self._restore()
                return step()
            except AdbError as failed:
                if failed.trouble not in PASSING or number == self._limits.interruptions:
                    raise
        raise AssertionError("the last round returns or raises")

    def _restore(self) -> None:
        """Wait for the device and put it back into the state that the steps so far have made."""
        self._wait()
        self.interruptions += 1
        self._end_program()
        self._make_folder()
        for name, put in self._files.items():
            self._put(name, put)

    def _wait(self) -> None:
        """Until the device is ready.

        Raises:
            AdbError: if it does not come back in time, or came back unauthorized.
        """
        patience_s = 0.0 if self._given_up else self._limits.return_s
        end, reconnect_at = time.monotonic() + patience_s, time.monotonic()
        while True:
            try:
                self._adb.choose(self.serial)
            except AdbError as failed:
                if failed.trouble not in PASSING:
                    raise
                if time.monotonic() > end:
                    self._given_up = True
                    waited = f"it did not come back within {self._limits.return_s:g} s"
                    # No trouble that passes: the waiting is over.
                    raise AdbError(
                        Trouble.TIMEOUT, f"device {self.serial}: the connection was lost and {waited}"
                    ) from None
            else:
                return
            if _NETWORK_SERIAL.fullmatch(self.serial) and time.monotonic() >= reconnect_at:
                # By itself the server tries again only after ten seconds.
                self._adb.disconnect(self.serial)
                self._adb.connect(self.serial)
                reconnect_at = time.monotonic() + _RECONNECT_EVERY_S
            time.sleep(_POLL_S)

    def _clean_up(self) -> None:
        """End the program and remove the folder, also after Ctrl-C; what cannot be done is noted, not raised."""
        end = time.monotonic() + (0.0 if self._given_up else self._limits.return_s)
        while True:
            try:
                self._end_program()
                removed = self._adb.shell(self.serial, ["rm", "-rf", self.folder], self._limits.command_s)
            except AdbError as failed:
                if failed.trouble not in PASSING or time.monotonic() > end:
                    self.left_behind = f"{self.folder} is still on the device: {failed}"
                    return
                try:
                    self._wait()
                except AdbError as gone:
                    self.left_behind = f"{self.folder} is still on the device: {gone}"
                    return
            else:
                if removed.status != 0:
                    self.left_behind = f"{self.folder} is still on the device: {removed.text.strip()[:200]}"
                return
