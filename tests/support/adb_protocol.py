"""The device's side of the adb wire protocol: messages on a socket, and the proof that a host holds a key.

Written from the protocol's public description, AOSP packages/modules/adb/protocol.txt.
"""

import base64
import socket
import struct
from dataclasses import dataclass

CNXN, AUTH, OPEN, OKAY, CLSE, WRTE = b"CNXN", b"AUTH", b"OPEN", b"OKAY", b"CLSE", b"WRTE"
TOKEN, SIGNATURE, PUBLIC_KEY = 1, 2, 3
VERSION_WITH_CHECKSUMS, VERSION_WITHOUT = 0x01000000, 0x01000001
_HEADER = struct.Struct("<4s5I")
_MODULUS_BYTES = 256
# PKCS #1 v1.5: the DER prefix of a SHA-1 digest; adb signs the token in the place of a digest.
_SHA1_PREFIX = bytes.fromhex("3021300906052b0e03021a05000414")


class ProtocolError(Exception):
    """What came is not adb."""


@dataclass(frozen=True)
class Message:
    """One message: its command, two arguments and a payload."""

    command: bytes
    first: int
    second: int
    payload: bytes = b""


class Wire:
    """Messages over a connected socket; checksums are made and checked until `checksums` is switched off."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self.checksums = True

    def send(self, message: Message) -> None:
        check = sum(message.payload) & 0xFFFFFFFF if self.checksums else 0
        magic = int.from_bytes(message.command, "little") ^ 0xFFFFFFFF
        header = _HEADER.pack(message.command, message.first, message.second, len(message.payload), check, magic)
        self._connection.sendall(header + message.payload)

    def receive(self) -> Message | None:
        """The next message; None where the connection has ended."""
        header = self._read(_HEADER.size)
        if header is None:
            return None
        command, first, second, length, check, magic = _HEADER.unpack(header)
        if magic != int.from_bytes(command, "little") ^ 0xFFFFFFFF:
            raise ProtocolError(f"wrong magic of {command!r}")
        payload = self._read(length)
        if payload is None:
            return None
        if self.checksums and sum(payload) & 0xFFFFFFFF != check:
            raise ProtocolError(f"wrong checksum of {command!r}")
        return Message(command, first, second, payload)

    def _read(self, count: int) -> bytes | None:
        parts = bytearray()
        while len(parts) < count:
            try:
                part = self._connection.recv(count - len(parts))
            except OSError:
                return None
            if not part:
                return None
            parts += part
        return bytes(parts)


@dataclass(frozen=True)
class PublicKey:
    """An RSA key of a host."""

    modulus: int
    exponent: int

    def verifies(self, token: bytes, signature: bytes) -> bool:
        """Whether `signature` is this key's signature of `token` (RSASSA-PKCS1-v1_5)."""
        opened = pow(int.from_bytes(signature, "big"), self.exponent, self.modulus)
        digest = _SHA1_PREFIX + token
        padded = b"\0\1" + b"\xff" * (_MODULUS_BYTES - len(digest) - 3) + b"\0" + digest
        return opened.to_bytes(_MODULUS_BYTES, "big") == padded


def parse_public_key(text: bytes) -> PublicKey:
    """The key in what a host offers: base64 of (words, n0inv, modulus, R², exponent), little-endian; then a name."""
    data = base64.b64decode(text.split(b" ")[0])
    words, _ = struct.unpack_from("<2I", data)
    if words * 4 != _MODULUS_BYTES:
        raise ProtocolError(f"a key of {words} words")
    modulus = int.from_bytes(data[8 : 8 + _MODULUS_BYTES], "little")
    (exponent,) = struct.unpack_from("<I", data, 8 + 2 * _MODULUS_BYTES)
    return PublicKey(modulus, exponent)
