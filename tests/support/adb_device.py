"""A loopback device: it speaks the adb wire protocol on 127.0.0.1, so that the genuine adb client connects to it."""

import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Literal

from support.adb_connection import Connection, GoneError, shut
from support.adb_protocol import (
    AUTH,
    PUBLIC_KEY,
    SIGNATURE,
    TOKEN,
    VERSION_WITHOUT,
    Message,
    PublicKey,
    Wire,
    parse_public_key,
)
from support.adb_sandbox import BATTERY, PROPERTIES, Sandbox

ALL_FEATURES = ("shell_v2", "stat_v2")
# What the owner of the phone answers when it asks whether this computer may connect; "open" is a phone that never asks.
Owner = Literal["open", "accepts", "refuses"]


class LoopbackDevice:
    """The device; faults may be set at any time.

    Args:
        sandbox: its file system and shell.
        features: that it advertises: any of ALL_FEATURES.
        version: the newest protocol that it speaks.
        owner: see there.

    Attributes:
        drops: for each text in turn, the connection is dropped at the next event that contains it.
        returns: whether it listens again after a drop.
        capacity_bytes: of its writable part.
        delay_s: before each message that it sends.
        events: what has happened: "open SERVICE", "send PATH" (its first bytes are here), "receive PATH", "print LINE".
        proofs: how each host proved itself: "signature" or "public key".
    """

    def __init__(
        self,
        sandbox: Sandbox,
        features: Sequence[str] = ALL_FEATURES,
        version: int = VERSION_WITHOUT,
        owner: Owner = "open",
    ) -> None:
        self.sandbox = sandbox
        self.drops: list[str] = []
        self.returns = True
        self.capacity_bytes = float("inf")
        self.delay_s = 0.0
        self.events: list[str] = []
        self.proofs: list[str] = []
        self.features, self.version, self.owner = tuple(features), version, owner
        self._keys: list[PublicKey] = []
        self._programs: list[subprocess.Popen[bytes]] = []
        self._connections: list[socket.socket] = []
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._port: int = self._listening.getsockname()[1]
        self._closed = False
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    @property
    def serial(self) -> str:
        """As `adb connect` wants it and `adb devices` lists it."""
        return f"127.0.0.1:{self._port}"

    def close(self) -> None:
        """End every connection and every program."""
        self._closed = True
        self._stop_listening()
        for connection in self._connections:
            shut(connection)
        for program in self._programs:
            with suppress(ProcessLookupError):
                os.killpg(program.pid, signal.SIGKILL)
            program.wait()
        for thread in self._threads:
            thread.join(5)

    def all_ended(self, within_s: float = 3.0) -> bool:
        """Whether every program that was started has ended."""
        end = time.monotonic() + within_s
        while any(program.poll() is None for program in self._programs):
            if time.monotonic() > end:
                return False
            time.sleep(0.01)
        return True

    def room(self) -> float:
        """Bytes that may still be written."""
        return self.capacity_bytes - self.sandbox.used_bytes()

    def start(self, command: str, merged: bool) -> "subprocess.Popen[bytes]":
        """Run a command, to be ended with the device."""
        program = self.sandbox.start(command, merged)
        self._programs.append(program)
        return program

    def in_thread(self, work: Callable[[], None]) -> threading.Thread:
        """Work beside the others until it is done or the connection has gone."""

        def run() -> None:
            # A host may hang up at any moment, also between two calls of a socket.
            with suppress(GoneError, OSError):
                work()

        thread = threading.Thread(target=run, daemon=True)
        self._threads.append(thread)
        thread.start()
        return thread

    def happens(self, event: str) -> None:
        """Note an event, and drop the connections if this is the time."""
        self.events.append(event)
        if self.drops and self.drops[0] in event:
            self.drops.pop(0)
            if not self.returns:
                self._stop_listening()
            for connection in self._connections:
                shut(connection)
            raise GoneError

    def authorized(self, wire: Wire) -> bool:
        """Whether the host has proven itself."""
        if self.owner == "open":
            return True
        token = os.urandom(20)
        wire.send(Message(AUTH, TOKEN, 0, token))
        while (message := wire.receive()) is not None:
            if message.command != AUTH:
                continue
            if message.first == SIGNATURE and any(key.verifies(token, message.payload) for key in self._keys):
                self.proofs.append("signature")
                return True
            if message.first == PUBLIC_KEY and self.owner == "accepts":
                self._keys.append(parse_public_key(message.payload.rstrip(b"\0")))
                self.proofs.append("public key")
                return True
            if message.first == SIGNATURE:
                token = os.urandom(20)
                wire.send(Message(AUTH, TOKEN, 0, token))
        return False

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            self._connections.append(connection)
            with suppress(OSError):
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.in_thread(Connection(self, connection).serve)

    def _stop_listening(self) -> None:
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()


@contextmanager
def loopback_device(
    root: Path,
    *,
    features: Sequence[str] = ALL_FEATURES,
    version: int = VERSION_WITHOUT,
    owner: Owner = "open",
    properties: dict[str, str] = PROPERTIES,
    battery: str | None = BATTERY,
) -> Iterator[LoopbackDevice]:
    """A device with a sandbox in `root`, which must not exist yet."""
    root.mkdir()
    device = LoopbackDevice(Sandbox(root, properties, battery), features, version, owner)
    try:
        yield device
    finally:
        device.close()
