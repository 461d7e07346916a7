"""How a frame is cut: parts that cover it without overlap, each with what a model must see around it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

# The reach of a 3×3 convolution.
_HALO = 1
Slices = tuple[slice, slice]
_Span = tuple[int, int]


@dataclass(frozen=True)
class Part:
    """One part of a frame: rows and columns of what it gives, and of what the model is given for it.

    Attributes:
        inner: that the part gives.
        outer: that the model is given.
        within: where `inner` lies in what the model makes of `outer`.
    """

    inner: Slices
    outer: Slices
    within: Slices

    @property
    def pixels(self) -> int:
        """Of `inner`."""
        rows, columns = self.inner
        pixels: int = (rows.stop - rows.start) * (columns.stop - columns.start)
        return pixels


def strips(height: int, width: int, rows: int) -> list[Part]:
    """Strips of the frame's width and at most `rows` rows, each with one row of its neighbors."""
    return [_part(span, (0, width), height, width, _HALO) for span in _spans(height, rows)]


def tiles(height: int, width: int, alignment: int, context: int, most_pixels: int) -> list[Part]:
    """The tiles of that grid which costs least of those whose tiles, with what is around them, are small enough.

    Args:
        height: of the frame.
        width: of the frame.
        alignment: tiles begin at multiples of it, so that a network sees the same grid in each as in the whole frame.
        context: pixels around a tile, a multiple of `alignment`.
        most_pixels: of a tile with what is around it; where even the smallest tile has more, that one is taken.
    """
    best: tuple[bool, int] | None = None
    chosen: tuple[list[_Span], list[_Span]] = ([], [])
    for high in _steps(height, alignment):
        for wide in _steps(width, alignment):
            rows, columns = _spans(height, high), _spans(width, wide)
            heights, widths = _outer(rows, height, context), _outer(columns, width, context)
            cost = (max(heights) * max(widths) > most_pixels, sum(heights) * sum(widths))
            if cost[0]:
                # Nothing fits yet: the smallest tile is the best.
                cost = (True, max(heights) * max(widths))
            if best is None or cost < best:
                best, chosen = cost, (rows, columns)
    return [_part(row, column, height, width, context) for row in chosen[0] for column in chosen[1]]


def _steps(length: int, alignment: int) -> list[int]:
    """Every multiple of the alignment that cuts a length into parts of nearly the same size."""
    units = -(-length // alignment)
    return sorted({-(-units // count) * alignment for count in range(1, units + 1)}, reverse=True)


def _spans(length: int, step: int) -> list[_Span]:
    return list(pairwise([*range(0, length, step), length]))


def _outer(spans: list[_Span], length: int, context: int) -> list[int]:
    return [min(stop + context, length) - max(start - context, 0) for start, stop in spans]


def _part(row: _Span, column: _Span, height: int, width: int, context: int) -> Part:
    spans, ends = (row, column), (height, width)
    firsts = [max(start - context, 0) for start, _ in spans]
    lasts = [min(stop + context, end) for (_, stop), end in zip(spans, ends, strict=True)]
    (top, left), (bottom, right) = firsts, lasts
    inner = slice(*row), slice(*column)
    within = slice(row[0] - top, row[1] - top), slice(column[0] - left, column[1] - left)
    return Part(inner, (slice(top, bottom), slice(left, right)), within)


def coarser(place: Slices, stride: int) -> Slices:
    """The same place in what has sides so many times smaller."""
    rows, columns = (slice(side.start // stride, side.stop // stride) for side in place)
    return rows, columns


def finer(place: Slices, scale: int) -> Slices:
    """The same place in what has sides so many times larger."""
    rows, columns = (slice(scale * side.start, scale * side.stop) for side in place)
    return rows, columns
