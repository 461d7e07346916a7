"""One host's connection to the loopback device: the handshake, streams, and the services `sync:` and `shell:`."""

import os
import queue
import socket
import struct
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from support.adb_protocol import (
    CLSE,
    CNXN,
    OKAY,
    OPEN,
    VERSION_WITH_CHECKSUMS,
    WRTE,
    Message,
    Wire,
)
from support.adb_sync import Sync

if TYPE_CHECKING:
    from support.adb_device import LoopbackDevice

_MAX_PAYLOAD = 256 << 10
_STDOUT, _STDERR, _EXIT = 1, 2, 3


class GoneError(Exception):
    """The connection has ended."""


class Connection:
    """One host: the handshake, then streams."""

    def __init__(self, device: "LoopbackDevice", connection: socket.socket) -> None:
        self.device, self._socket, self._wire = device, connection, Wire(connection)
        self._sending = threading.Lock()
        self._streams: dict[int, _Stream] = {}

    def serve(self) -> None:
        try:
            hello = self._wire.receive()
            if hello is None or hello.command != CNXN or not self.device.authorized(self._wire):
                return
            self._greet(hello)
            while (message := self._wire.receive()) is not None:
                self._dispatch(message)
        finally:
            shut(self._socket)
            for stream in list(self._streams.values()):
                stream.end()

    def send(self, message: Message) -> None:
        time.sleep(self.device.delay_s)
        with self._sending:
            try:
                self._wire.send(message)
            except OSError:
                raise GoneError from None

    def _greet(self, hello: Message) -> None:
        version = min(hello.first, self.device.version)
        facts = f"device::ro.product.model=Loopback;features={','.join(self.device.features)}"
        self.send(Message(CNXN, version, _MAX_PAYLOAD, facts.encode()))
        # The greeting itself has a checksum in either version.
        self._wire.checksums = version == VERSION_WITH_CHECKSUMS

    def _dispatch(self, message: Message) -> None:
        if message.command == OPEN:
            self._open(message.first, message.payload.rstrip(b"\0").decode(errors="surrogateescape"))
            return
        stream = self._streams.get(message.second)
        if stream is None:
            return
        if message.command == WRTE:
            stream.received.put(message.payload)
            self.send(Message(OKAY, stream.number, stream.remote))
        elif message.command == OKAY:
            stream.ready.set()
        elif message.command == CLSE:
            stream.end()

    def _open(self, remote: int, service: str) -> None:
        stream = _Stream(self, len(self._streams) + 1, remote)
        self._streams[stream.number] = stream
        name, _, rest = service.partition(":")
        serve = _sync if name == "sync" else _shell if name.split(",")[0] == "shell" else None
        if serve is None or ("," in name and "shell_v2" not in self.device.features):
            self.send(Message(CLSE, 0, remote))
            return
        self.send(Message(OKAY, stream.number, remote))
        self.device.in_thread(lambda: _serve(serve, stream, name, rest))


class _Stream:
    """One service's connection: bytes in both directions, one unanswered message at a time."""

    def __init__(self, connection: Connection, number: int, remote: int) -> None:
        self.connection, self.number, self.remote = connection, number, remote
        self.received: queue.Queue[bytes | None] = queue.Queue()
        self.ready = threading.Event()
        self.ready.set()
        self._ended = False
        self._writing = threading.Lock()
        self._rest = bytearray()

    def read(self, count: int) -> bytes:
        while len(self._rest) < count:
            part = self.received.get()
            if part is None:
                raise GoneError
            self._rest += part
        taken = bytes(self._rest[:count])
        del self._rest[:count]
        return taken

    def write(self, data: bytes) -> None:
        with self._writing:
            for start in range(0, len(data), _MAX_PAYLOAD):
                self.ready.wait()
                if self._ended:
                    raise GoneError
                self.ready.clear()
                self.connection.send(Message(WRTE, self.number, self.remote, data[start : start + _MAX_PAYLOAD]))

    def close(self) -> None:
        if not self._ended:
            self.connection.send(Message(CLSE, self.number, self.remote))

    def end(self) -> None:
        self._ended = True
        self.received.put(None)
        self.ready.set()


_Service = Callable[[_Stream, str, str], None]


def _serve(service: _Service, stream: _Stream, name: str, rest: str) -> None:
    stream.connection.device.happens(f"open {name}:{rest}")
    service(stream, name, rest)
    stream.ready.wait()
    stream.close()


def _sync(stream: _Stream, name: str, rest: str) -> None:
    device = stream.connection.device
    Sync(stream, device.sandbox.file, device.room, device.happens, "stat_v2" in device.features).serve()


def _shell(stream: _Stream, name: str, command: str) -> None:
    """`shell:` sends what is printed as it is; `shell,v2:` packets of (kind, length, bytes) and the exit status."""
    device, packets = stream.connection.device, "v2" in name.split(",")
    program = device.start(command, merged=not packets)

    def forward(pipe: "int", kind: int) -> None:
        with os.fdopen(os.dup(pipe), "rb") as output:
            for line in output:
                device.happens(f"print {line.decode(errors='replace').rstrip()}")
                seen = device.sandbox.as_seen(line)
                stream.write(struct.pack("<BI", kind, len(seen)) + seen if packets else seen)

    assert program.stdout is not None
    errors = None
    if program.stderr is not None:
        number = program.stderr.fileno()
        errors = device.in_thread(lambda: forward(number, _STDERR))
    try:
        forward(program.stdout.fileno(), _STDOUT)
        if errors is not None:
            errors.join()
        status = program.wait()
    finally:
        for pipe in (program.stdout, program.stderr):
            if pipe is not None:
                pipe.close()
    if packets:
        stream.write(struct.pack("<BIB", _EXIT, 1, status & 0xFF if status >= 0 else 128 - status))


def shut(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
    connection.close()
