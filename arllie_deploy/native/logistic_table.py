"""The tables of the logistic forms: 64 lines each, the same integers for Python and C.

`search_table` found them; they are stored so that no machine's exponential function decides a byte.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

# fmt: off
_RESIDUAL_STARTS = (
    1907, 2431, 3093, 3922, 4957, 6237, 7805, 9703, 11967, 14620, 17668, 21086, 24822, 28789, 32874, 36951, 40896,
    44598, 47975, 50977, 53585, 55805, 57664, 59198, 60448, 61458, 62267, 62912, 63422, 63826, 64143, 64392, 0, 1,
    1, 1, 2, 2, 3, 4, 5, 6, 8, 10, 13, 17, 21, 28, 35, 46, 59, 75, 97, 124, 159, 205, 263, 337, 433, 555, 712, 912,
    1168, 1494,
)
_RESIDUAL_DIFFERENCES = (
    524, 661, 828, 1034, 1278, 1565, 1894, 2259, 2647, 3040, 3409, 3727, 3957, 4076, 4072, 3943, 3703, 3381, 3009,
    2616, 2230, 1868, 1542, 1258, 1017, 815, 650, 514, 408, 320, 251, 197, 1, 0, 0, 1, 0, 1, 0, 0, 1, 2, 2, 3, 4, 4,
    7, 7, 11, 12, 16, 22, 27, 35, 46, 57, 74, 96, 122, 157, 200, 256, 325, 413,
)
_DIRECT_STARTS = (
    466, 431, 403, 379, 358, 342, 328, 316, 306, 298, 291, 285, 280, 276, 273, 270, 268, 266, 264, 263, 262, 261,
    260, 259, 259, 258, 258, 258, 257, 257, 257, 257, 65337, 54668, 45738, 38273, 32034, 26818, 22459, 18815, 15769,
    13223, 11095, 9316, 7829, 6586, 5547, 4679, 3953, 3346, 2839, 2415, 2061, 1764, 1517, 1310, 1137, 992, 871, 771,
    686, 615, 557, 507,
)
_DIRECT_DIFFERENCES = (
    -34, -28, -24, -21, -16, -14, -12, -10, -8, -7, -6, -5, -4, -3, -3, -2, -2, -2, -1, -1, -1, -1, 0, 0, -1, 0, 0,
    -1, 0, 0, 0, -1, -10668, -8933, -7467, -6241, -5217, -4360, -3645, -3047, -2547, -2129, -1780, -1488, -1243,
    -1039, -868, -727, -607, -507, -424, -354, -297, -247, -207, -173, -145, -120, -100, -85, -70, -58, -50, -41,
)
# fmt: on


@dataclass(frozen=True)
class LogisticTable:
    """The lines of one form; segment i holds the V with (uint16) V >> 10 = i.

    Attributes:
        c0: 64 values at the start of a segment, 0..65535.
        c1: 64 differences to its end, within int16.
    """

    c0: tuple[int, ...]
    c1: tuple[int, ...]


_TABLES: Mapping[str, LogisticTable] = MappingProxyType(
    {
        "residual": LogisticTable(_RESIDUAL_STARTS, _RESIDUAL_DIFFERENCES),
        "direct": LogisticTable(_DIRECT_STARTS, _DIRECT_DIFFERENCES),
    }
)


def logistic_tables(form: str) -> LogisticTable:
    """The table of "residual" or "direct"."""
    return _TABLES[form]


@cache
def values_of_14_bits(form: str) -> NDArray[np.uint16]:
    """The table written out, (16384,): place (uint16) V >> 2 holds c0[i] + mulhrs(f, c1[i]); read-only.

    i = (uint16) V >> 10, f = (V & 0x3FC) << 5, mulhrs(a, b) = (a·b + 2^14) >> 15, as `pmulhrsw` and `sqrdmulh` round.
    """
    table = logistic_tables(form)
    fraction = np.arange(256, dtype=np.int32) << 7
    products = (fraction * np.array(table.c1, np.int32)[:, None] + (1 << 14)) >> 15
    values = (np.array(table.c0, np.int32)[:, None] + products).astype(np.uint16).ravel()
    values.setflags(write=False)
    return values
