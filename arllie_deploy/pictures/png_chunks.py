"""The chunks of a PNG file (W3C PNG specification, third edition, section 5), read and written with their checksums."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from arllie_deploy.pictures.codec import damaged

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_HEADER_END = len(SIGNATURE) + 8 + 13 + 4
_XMP_KEYWORD = b"XML:com.adobe.xmp"
_INCHES_PER_METER = 1 / 0.0254
_LONGEST_SIDE = 1_000_000  # libpng's own limit
# Compressed metadata may claim any size: more than this is not carried.
_MOST_METADATA_BYTES = 16 << 20


@dataclass(frozen=True)
class Header:
    """The IHDR chunk: size, bits per sample and the color type (2 RGB, 6 RGB with alpha)."""

    width: int
    height: int
    bits: int
    color_type: int


def read_header(data: bytes) -> Header:
    """The first chunk; `ArllieError` where the file ends before it does."""
    if len(data) < _HEADER_END or data[12:16] != b"IHDR":
        raise damaged("no whole header")
    width, height, bits, color_type, compression, filtering, interlace = struct.unpack_from(">IIBBBBB", data, 16)
    if not (0 < width <= _LONGEST_SIDE and 0 < height <= _LONGEST_SIDE):
        raise damaged(f"sides of {width}×{height}")
    if compression != 0 or filtering != 0 or interlace > 1:
        raise damaged(f"compression {compression}, filter {filtering}, interlace {interlace}")
    return Header(width, height, bits, color_type)


def chunks(data: bytes) -> Iterator[tuple[bytes, memoryview]]:
    """Name and content of each chunk up to IEND; `ArllieError` on a wrong checksum or an early end."""
    view = memoryview(data)
    at = len(SIGNATURE)
    while at + 12 <= len(data):
        length, name = struct.unpack_from(">I4s", data, at)
        end = at + 8 + length
        if end + 4 > len(data):
            break
        if zlib.crc32(view[at + 4 : end]) != struct.unpack_from(">I", data, end)[0]:
            raise damaged(f"wrong checksum at byte {at}")
        yield name, view[at + 8 : end]
        if name == b"IEND":
            return
        at = end + 4
    raise damaged(f"it ends in the middle after {len(data)} bytes")


def chunk(name: bytes, content: bytes | memoryview) -> bytes:
    """One chunk with its length and checksum."""
    body = b"".join((name, content))
    return b"".join((struct.pack(">I", len(content)), body, struct.pack(">I", zlib.crc32(body))))


def insert(png: bytes | bytearray, new: Sequence[bytes]) -> bytes:
    """The file with whole chunks put right after its header."""
    return b"".join((png[:_HEADER_END], *new, png[_HEADER_END:]))


def icc_chunk(profile: bytes) -> bytes:
    """An iCCP chunk."""
    return chunk(b"iCCP", b"ICC profile\0\0" + zlib.compress(profile))


def icc_of(content: bytes) -> bytes | None:
    """The profile in an iCCP chunk, or None where it does not decompress."""
    try:
        return _inflated(content.split(b"\0", 1)[1][1:])
    except (IndexError, zlib.error):
        return None


def xmp_chunk(packet: bytes) -> bytes:
    """An iTXt chunk with XMP (XMP specification, part 3, section 1.1.5)."""
    return chunk(b"iTXt", _XMP_KEYWORD + b"\0\0\0\0\0" + packet)


def xmp_of(content: bytes) -> bytes | None:
    """The packet in an iTXt chunk, or None where that holds another text."""
    keyword, _, rest = content.partition(b"\0")
    if keyword != _XMP_KEYWORD or len(rest) < 2:
        return None
    texts = rest[2:].split(b"\0", 2)
    if len(texts) < 3:
        return None
    try:
        return _inflated(texts[2]) if rest[0] else texts[2]
    except zlib.error:
        return None


def _inflated(data: bytes) -> bytes | None:
    """The decompressed bytes, or None where they are cut off or too many."""
    stream = zlib.decompressobj()
    result = stream.decompress(data, _MOST_METADATA_BYTES)
    return result if stream.eof else None


def dpi_chunk(dpi: tuple[float, float]) -> bytes:
    """A pHYs chunk in pixels per meter."""
    x, y = (min(round(value * _INCHES_PER_METER), 2**31 - 1) for value in dpi)
    return chunk(b"pHYs", struct.pack(">IIB", x, y, 1))


def dpi_of(content: bytes) -> tuple[float, float] | None:
    """The resolution in a pHYs chunk, or None where it gives only a ratio."""
    if len(content) != 9 or content[8] != 1:
        return None
    x, y = struct.unpack_from(">II", content)
    return x / _INCHES_PER_METER, y / _INCHES_PER_METER
