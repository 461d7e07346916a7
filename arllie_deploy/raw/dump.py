"""Bayer dumps: files of nothing but a sensor's values, row by row, whose form only their user knows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.errors import ArllieError
from arllie_deploy.raw.exposure import refuse_blank
from arllie_deploy.raw.frame import Gains, RawFrame, check_size, find_pattern
from arllie_deploy.raw.white_balance import gray_world

BITS = (10, 12, 14, 16)


@dataclass(frozen=True)
class Packing:
    """How values lie in a file.

    Attributes:
        title: for people.
        groups: bits of a value -> (values, bytes) of the group that they come in; rows hold whole groups.
        read: (height, bytes of a row) uint8, bits -> (height, width) uint16.
    """

    title: str
    groups: dict[int, tuple[int, int]]
    read: Callable[[NDArray[np.uint8], int], NDArray[np.uint16]]

    def row_bytes(self, width: int, bits: int) -> int | None:
        """Bytes of a row; None where a row is no whole number of groups, or values of these bits are not packed so."""
        values, size = self.groups.get(bits, (width + 1, 0))
        return None if width % values else width // values * size


def _read_plain(rows: NDArray[np.uint8], bits: int) -> NDArray[np.uint16]:
    del bits  # Sixteen are stored.
    return np.ascontiguousarray(rows).view("<u2").astype(np.uint16)


def _read_mipi(rows: NDArray[np.uint8], bits: int) -> NDArray[np.uint16]:
    """MIPI CSI-2's RAW10 and RAW12: the high bytes of a group, then a byte of their low bits, the first lowest.

    The layout in memory is that of Linux' V4L2_PIX_FMT_SRGGB10P and SRGGB12P.
    """
    values, size = _MIPI_GROUPS[bits]
    low = bits - 8
    groups = rows.reshape(len(rows), -1, size).astype(np.uint16)
    shifts = np.arange(values, dtype=np.uint16) * low
    rest = (groups[:, :, values:] >> shifts) & ((1 << low) - 1)
    return np.asarray((groups[:, :, :values] << low) | rest, np.uint16).reshape(len(rows), -1)


_MIPI_GROUPS = {10: (4, 5), 12: (2, 3)}
#: By name.
PACKINGS = {
    "plain": Packing("16 bits a value, little-endian", dict.fromkeys(BITS, (1, 2)), _read_plain),
    "mipi": Packing("MIPI RAW10 or RAW12, packed", _MIPI_GROUPS, _read_mipi),
}


@dataclass(frozen=True)
class DumpForm:
    """What a dump does not say of itself.

    Attributes:
        size: (width, height), both even and at least 4.
        bits: of a value, one of `BITS`; they are the low bits of the sixteen that a plain dump stores.
        pattern: one of `PATTERNS`, in any case.
        packing: a name of `PACKINGS`.
        black: the value without light.
        white: that of saturation; None is the most that the bits hold.
        white_balance: gains of red, green and blue; None estimates them from the frame, see `gray_world`.
        orientation: as in `RawFrame`.

    Raises:
        ArllieError: on a size, number of bits, order or packing that there is not.
    """

    size: tuple[int, int]
    bits: int
    pattern: str
    packing: str = "plain"
    black: float = 0.0
    white: float | None = None
    white_balance: Gains | None = None
    orientation: int = 1

    def __post_init__(self) -> None:
        check_size(*self.size)
        find_pattern(self.pattern)
        if self.bits not in BITS:
            raise ArllieError(f"{self.bits} bits a value; a Bayer dump has {', '.join(map(str, BITS))}")
        if self.packing not in PACKINGS:
            near = get_close_matches(self.packing, PACKINGS, 1)
            hint = f"did you mean {near[0]!r}? " if near else ""
            raise ArllieError(f"unknown packing {self.packing!r}; {hint}known: {', '.join(PACKINGS)}")
        if self.row_bytes is None:
            known = PACKINGS[self.packing].groups
            packed = f"{self.packing} packs {' and '.join(map(str, known))} bits"
            values = known[self.bits][0] if self.bits in known else 0
            odd = f"rows of a multiple of {values} values" if values else f"not {self.bits}"
            raise ArllieError(f"{packed}, {odd}; give another --packing, --bits or --size")

    @property
    def row_bytes(self) -> int | None:
        """Bytes of a row."""
        return PACKINGS[self.packing].row_bytes(self.size[0], self.bits)


def read_dump(path: Path, form: DumpForm) -> RawFrame:
    """Read a Bayer dump.

    Raises:
        ArllieError: if it cannot be read, if its length is not that of the form, if a value has more bits than the form
            says, or if it is black or saturated all over.
    """
    data = _read(path, form)
    height = form.size[1]
    mosaic = PACKINGS[form.packing].read(data.reshape(height, -1), form.bits)
    try:
        _refuse_high_values(mosaic, form.bits)
        return _frame(mosaic, form)
    except ArllieError as error:
        raise ArllieError(f"{path}: {error}") from None


def _read(path: Path, form: DumpForm) -> NDArray[np.uint8]:
    expected = _length(form, form.packing)
    try:
        if path.is_dir():
            raise ArllieError(f"{path}: a folder, not a Bayer dump; name a file in it")
        if not path.is_file():
            raise ArllieError(f"{path}: no such file")
        found = path.stat().st_size
        if found != expected:
            raise ArllieError(f"{path}: {_wrong_length(found, form)}")
        return np.frombuffer(path.read_bytes(), np.uint8)
    except OSError as error:
        raise ArllieError(f"{path}: cannot be read ({error.strerror}); check the path and its permissions") from None


def _length(form: DumpForm, packing: str) -> int | None:
    row = PACKINGS[packing].row_bytes(form.size[0], form.bits)
    return None if row is None else row * form.size[1]


def _wrong_length(found: int, form: DumpForm) -> str:
    expected = _length(form, form.packing)
    assert expected is not None  # The form was checked.
    width, height = form.size
    is_not = f"{found:,} bytes, but {width}×{height} values ({PACKINGS[form.packing].title}) are {expected:,}"
    for name, packing in PACKINGS.items():
        if _length(form, name) == found:
            return f"{is_not}; that is the length of {packing.title}: give --packing {name}"
    if found < expected:
        return f"{is_not}; it is cut off, or --size or --packing is another"
    return f"{is_not}; --size is another, or it has a header or padded rows, which are not read: cut them off"


def _refuse_high_values(mosaic: NDArray[np.uint16], bits: int) -> None:
    most = (1 << bits) - 1
    value = int(mosaic.max())
    if value <= most:
        return
    row, column = np.unravel_index(int(mosaic.argmax()), mosaic.shape)
    where = f"the value {value} in row {row}, column {column} is more than {bits} bits hold ({most})"
    if int(mosaic.byteswap().max()) <= most:
        raise ArllieError(f"{where}; its bytes seem to be in the other order: swap them first")
    raise ArllieError(f"{where}; --bits, --size or --packing is another")


def _frame(mosaic: NDArray[np.uint16], form: DumpForm) -> RawFrame:
    white = float((1 << form.bits) - 1) if form.white is None else form.white
    frame = RawFrame(mosaic, find_pattern(form.pattern), white, (form.black,) * 4, orientation=form.orientation)
    refuse_blank(frame)
    return replace(frame, white_balance=form.white_balance or gray_world(frame))
