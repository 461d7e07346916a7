"""EXIF blocks: the TIFF structure of EXIF 2.32, section 4.5, read and rebuilt without interpreting its values."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

ORIENTATION = 0x0112
EXIF_POINTER = 0x8769
GPS_POINTER = 0x8825
_INTEROPERABILITY_POINTER = 0xA005
_IMAGE_WIDTH, _IMAGE_LENGTH = 0x0100, 0x0101
_PIXEL_WIDTH, _PIXEL_HEIGHT = 0xA002, 0xA003

_SHORT, _LONG = 3, 4
# Bytes of one value of each TIFF type, 1 (BYTE) to 13 (IFD).
_TYPE_BYTES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}

Order = Literal["<", ">"]


@dataclass(frozen=True)
class Entry:
    """One tag: its TIFF type, the number of values, their bytes in the block's byte order, and where those lie."""

    kind: int
    count: int
    raw: bytes
    offset: int = -1


Ifd = Mapping[int, Entry]


@dataclass(frozen=True)
class Exif:
    """An EXIF block as its directories; a pointer is no entry, and the thumbnail's directory is left out."""

    order: Order
    main: Ifd = field(default_factory=dict)
    exif: Ifd = field(default_factory=dict)
    gps: Ifd = field(default_factory=dict)
    interoperability: Ifd = field(default_factory=dict)

    def to_bytes(self) -> bytes:
        """The block as bytes, with its header."""
        body, pointers = self.children(8)
        header = struct.pack(self.order + "2sHI", b"II" if self.order == "<" else b"MM", 42, 8 + len(body))
        return header + body + _ifd_bytes(_linked(self.main, pointers, self.order), self.order, 8 + len(body))

    def children(self, offset: int) -> tuple[bytes, dict[int, int]]:
        """All directories but the main one, as bytes that begin at the even `offset` of a TIFF structure.

        Returns:
            The bytes, and pointer tag -> offset of the directory, for the main directory's entries.
        """
        body = bytearray()
        inner: dict[int, int] = {}
        pointers: dict[int, int] = {}
        if self.interoperability:
            inner[_INTEROPERABILITY_POINTER] = offset
            body += _ifd_bytes(self.interoperability, self.order, offset)
        if self.exif:
            pointers[EXIF_POINTER] = offset + len(body)
            body += _ifd_bytes(_linked(self.exif, inner, self.order), self.order, offset + len(body))
        if self.gps:
            pointers[GPS_POINTER] = offset + len(body)
            body += _ifd_bytes(self.gps, self.order, offset + len(body))
        return bytes(body), pointers


def parse_exif(block: bytes) -> Exif | None:
    """Read an EXIF block, or a whole TIFF file with its EXIF; None where it is damaged or a BigTIFF."""
    order = _byte_order(block)
    if order is None or len(block) < 8:
        return None
    main = _read_ifd(block, struct.unpack_from(order + "I", block, 4)[0], order)
    if not main:
        return None
    exif = _child(block, main, EXIF_POINTER, order)
    gps = _child(block, main, GPS_POINTER, order)
    interoperability = _child(block, exif, _INTEROPERABILITY_POINTER, order)
    for ifd, pointer in ((main, EXIF_POINTER), (main, GPS_POINTER), (exif, _INTEROPERABILITY_POINTER)):
        ifd.pop(pointer, None)
    return Exif(order, main, exif, gps, interoperability)


def attach(tiff: bytes, text: Ifd, exif: Exif) -> bytes:
    """A classic TIFF file with the entries `text` in its main directory, and with `exif`'s other directories.

    The directories are appended and the header points to the new main one, so nothing else moves. The byte orders of
    both must be the same.
    """
    file = parse_exif(tiff)
    if file is None or file.order != exif.order:
        raise ValueError("not a classic TIFF file of the byte order of the EXIF block")
    padding = bytes(len(tiff) % 2)
    children, pointers = exif.children(len(tiff) + len(padding))
    start = len(tiff) + len(padding) + len(children)
    main = _ifd_bytes(_linked({**file.main, **text}, pointers, file.order), file.order, start)
    return b"".join((tiff[:4], struct.pack(file.order + "I", start), tiff[8:], padding, children, main))


def orientation_of(block: bytes | None) -> int | None:
    """What the block's orientation tag says (1 to 8), or None."""
    exif = parse_exif(block) if block else None
    if exif is None or ORIENTATION not in exif.main:
        return None
    value = _integer(exif.main[ORIENTATION], exif.order)
    return value if value is not None and 1 <= value <= 8 else None


def upright_exif(block: bytes, width: int, height: int) -> bytes | None:
    """The block as it describes the upright picture without a thumbnail; None if it is damaged.

    Values are overwritten in place, so that a maker note, whose offsets are counted from the block's beginning, stays
    readable. The thumbnail shows the picture before it was turned and changed, so the link to it is cut.

    Args:
        block: an EXIF block as in `Metadata.exif`.
        width: columns of the upright picture.
        height: its rows.
    """
    exif = parse_exif(block)
    if exif is None:
        return None
    patched = bytearray(block)
    values = (
        (exif.main, ORIENTATION, 1),
        *((exif.main, _IMAGE_WIDTH, width), (exif.main, _IMAGE_LENGTH, height)),
        *((exif.exif, _PIXEL_WIDTH, width), (exif.exif, _PIXEL_HEIGHT, height)),
    )
    for ifd, tag, value in values:
        entry = ifd.get(tag)
        if entry is not None and _integer(entry, exif.order) is not None:
            struct.pack_into(exif.order + ("H" if entry.kind == _SHORT else "I"), patched, entry.offset, value)
    (first,) = struct.unpack_from(exif.order + "I", block, 4)
    (count,) = struct.unpack_from(exif.order + "H", block, first)
    link = first + 2 + 12 * count
    if link + 4 <= len(patched):
        struct.pack_into(exif.order + "I", patched, link, 0)
    return bytes(patched)


def _byte_order(block: bytes) -> Order | None:
    orders: dict[bytes, Order] = {b"II*\0": "<", b"MM\0*": ">"}
    return orders.get(bytes(block[:4]))


def _read_ifd(block: bytes, offset: int, order: Order) -> dict[int, Entry]:
    # An entry that lies outside the block is left out; cameras and editors do write such, and the rest is good.
    entries: dict[int, Entry] = {}
    if offset + 2 > len(block):
        return entries
    (count,) = struct.unpack_from(order + "H", block, offset)
    if offset + 2 + 12 * count > len(block):
        return entries
    for at in range(offset + 2, offset + 2 + 12 * count, 12):
        tag, kind, number, far = struct.unpack_from(order + "HHII", block, at)
        size = _TYPE_BYTES.get(kind, 0) * number
        start = at + 8 if size <= 4 else far
        if size and start + size <= len(block):
            entries[tag] = Entry(kind, number, bytes(block[start : start + size]), start)
    return entries


def _child(block: bytes, ifd: Ifd, pointer: int, order: Order) -> dict[int, Entry]:
    offset = _integer(ifd[pointer], order) if pointer in ifd else None
    return {} if offset is None else _read_ifd(block, offset, order)


def _linked(ifd: Ifd, pointers: Mapping[int, int], order: Order) -> Ifd:
    return {**ifd, **{tag: Entry(_LONG, 1, struct.pack(order + "I", at)) for tag, at in pointers.items()}}


def _integer(entry: Entry, order: Order) -> int | None:
    if entry.count != 1 or entry.kind not in (_SHORT, _LONG, 13):
        return None
    value: int = struct.unpack(order + ("H" if entry.kind == _SHORT else "I"), entry.raw)[0]
    return value


def _ifd_bytes(ifd: Ifd, order: Order, offset: int) -> bytes:
    table = bytearray(struct.pack(order + "H", len(ifd)))
    values = bytearray()
    values_at = offset + 2 + 12 * len(ifd) + 4
    for tag, entry in sorted(ifd.items()):
        table += struct.pack(order + "HHI", tag, entry.kind, entry.count)
        if len(entry.raw) <= 4:
            table += entry.raw.ljust(4, b"\0")
        else:
            table += struct.pack(order + "I", values_at + len(values))
            values += entry.raw + b"\0" * (len(entry.raw) % 2)
    return bytes(table + b"\0\0\0\0" + values)
