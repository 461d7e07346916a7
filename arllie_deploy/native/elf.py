"""Reads a section of a 32-bit little-endian ELF file (Tool Interface Standard, "Executable and Linking Format" 1.2)."""

from __future__ import annotations

import struct

from arllie_deploy.errors import ArllieError

_MAGIC = b"\x7fELF\x01\x01"
_TABLE = struct.Struct("<I")
_COUNTS = struct.Struct("<3H")
_HEADER = struct.Struct("<6I16x")


def section(data: bytes, name: str) -> bytes:
    """The contents of the first section of a name.

    Raises:
        ArllieError: if it is no such file, a damaged one, or has no such section.
    """
    if not data.startswith(_MAGIC):
        raise ArllieError("not a 32-bit ELF file")
    try:
        [table] = _TABLE.unpack_from(data, 32)
        size, count, names = _COUNTS.unpack_from(data, 46)
        # name, type, flags, address, offset, bytes
        headers = [_HEADER.unpack_from(data, table + size * index) for index in range(count)]
        texts = data[headers[names][4] :]
    except (struct.error, IndexError):
        raise ArllieError("a damaged ELF file") from None
    for header in headers:
        if texts[header[0] :].startswith(f"{name}\0".encode()):
            return data[header[4] : header[4] + header[5]]
    raise ArllieError(f"it has no section {name}")
