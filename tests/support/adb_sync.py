"""The device's `sync:` service: STAT, LIST, SEND, RECV, QUIT, and STA2 / LST2 where stat_v2 is advertised."""

import errno
import os
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

_CHUNK = 64 << 10
_STAT2 = struct.Struct("<4sI2Q4IQ3q")


class Stream(Protocol):
    """What a service reads from and writes to."""

    def read(self, count: int) -> bytes: ...
    def write(self, data: bytes) -> None: ...


class Sync:
    """One run of the service.

    Args:
        stream: to the host.
        locate: a device's path -> the file in the sandbox.
        room: bytes that may still be written.
        happens: told what is going on; where the device's faults begin.
        second_stat: whether STA2 and LST2 were advertised.
    """

    def __init__(
        self,
        stream: Stream,
        locate: Callable[[str], Path],
        room: Callable[[], float],
        happens: Callable[[str], None],
        second_stat: bool,
    ) -> None:
        self._stream, self._locate, self._room, self._happens = stream, locate, room, happens
        self._commands = {b"STAT": self._stat, b"LIST": self._list, b"SEND": self._send, b"RECV": self._receive}
        if second_stat:
            self._commands |= {b"STA2": self._stat2(os.stat), b"LST2": self._stat2(os.lstat)}

    def serve(self) -> None:
        while True:
            command, length = struct.unpack("<4sI", self._stream.read(8))
            if command == b"QUIT":
                return
            argument = self._stream.read(length).decode(errors="surrogateescape")
            if command not in self._commands:
                self._fail(f"unknown command {command!r}")
                return
            self._commands[command](argument)

    def _stat(self, path: str) -> None:
        try:
            found = self._locate(path).lstat()
        except OSError:
            self._stream.write(b"STAT" + bytes(12))
            return
        self._stream.write(b"STAT" + struct.pack("<3I", found.st_mode, found.st_size, int(found.st_mtime)))

    def _stat2(self, look: Callable[[Path], os.stat_result]) -> Callable[[str], None]:
        name = b"STA2" if look is os.stat else b"LST2"

        def answer(path: str) -> None:
            try:
                found = look(self._locate(path))
            except OSError as error:
                self._stream.write(_STAT2.pack(name, error.errno or errno.EIO, *[0] * 10))
                return
            owner = (found.st_mode, found.st_nlink, found.st_uid, found.st_gid)
            times = (int(found.st_atime), int(found.st_mtime), int(found.st_ctime))
            self._stream.write(_STAT2.pack(name, 0, found.st_dev, found.st_ino, *owner, found.st_size, *times))

        return answer

    def _list(self, path: str) -> None:
        folder = self._locate(path)
        for entry in sorted(folder.iterdir()) if folder.is_dir() else []:
            found, name = entry.lstat(), entry.name.encode()
            facts = struct.pack("<4I", found.st_mode, found.st_size, int(found.st_mtime), len(name))
            self._stream.write(b"DENT" + facts + name)
        self._stream.write(b"DONE" + bytes(16))

    def _send(self, argument: str) -> None:
        path, mode = argument.rsplit(",", 1)
        target, problem, first = self._locate(path), None, True
        data = bytearray()
        while (part := self._data()) is not None:
            data += part
            if first:
                self._happens(f"send {path}")
            first = False
        if len(data) > self._room():
            problem = os.strerror(errno.ENOSPC)
            target.unlink(missing_ok=True)
        else:
            try:
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(data)
                target.chmod(int(mode) & 0o777)
            except OSError as error:
                problem = os.strerror(error.errno or errno.EIO)
        if problem is None:
            self._stream.write(b"OKAY" + bytes(4))
        else:
            self._fail(f"write failed: {problem}")

    def _data(self) -> bytes | None:
        """The next part of a file on its way here; None at its end."""
        name, length = struct.unpack("<4sI", self._stream.read(8))
        if name == b"DONE":  # in the place of a length it has the time of the last change
            return None
        assert name == b"DATA", name
        return self._stream.read(length)

    def _receive(self, path: str) -> None:
        try:
            data = self._locate(path).read_bytes()
        except OSError as error:
            self._fail(f"open failed: {os.strerror(error.errno or errno.EIO)}")
            return
        for start in range(0, len(data), _CHUNK):
            part = data[start : start + _CHUNK]
            self._stream.write(b"DATA" + struct.pack("<I", len(part)) + part)
            self._happens(f"receive {path}")
        self._stream.write(b"DONE" + bytes(4))

    def _fail(self, reason: str) -> None:
        text = reason.encode()
        self._stream.write(b"FAIL" + struct.pack("<I", len(text)) + text)
