"""What stands in the box of an operator and on an edge, and how much room it takes, in pixels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from arllie_deploy.export.drawing.graph_picture import Value

TITLE_SIZE, TEXT_SIZE = 13, 11
TITLE_HEIGHT, ROW_HEIGHT, PADDING = 25, 16, 10
_PORT_PITCH = 26
_LONGEST, _MOST_ROWS = 44, 16
# Shares of the font's size; generous, because the reader's font is not known.
_NARROW, _DIGIT, _LOWER, _UPPER, _WIDE = 0.36, 0.62, 0.6, 0.78, 1.1


@dataclass(frozen=True)
class Row:
    """One line of a box; `full` is what was shortened, empty if nothing was."""

    name: str
    text: str
    full: str


@dataclass(frozen=True)
class Box:
    """A box and the room around it; its center is the origin of the ports.

    Attributes:
        title: in the colored head.
        rows: below it.
        family: of `families.MEANINGS`, or "end" for what the caller gives and gets.
        width: of the box.
        height: of the box.
        into: where edges end on its upper side, from its center.
        out_of: where edges begin on its lower side, likewise.
        reach: how far the labels of its edges go to the right of its center.
    """

    title: str
    rows: tuple[Row, ...]
    family: str
    width: float
    height: float
    into: tuple[float, ...]
    out_of: tuple[float, ...]
    reach: float


def make_box(
    title: str, family: str, rows: Sequence[tuple[str, str]], into: int, labels: Sequence[Sequence[str]]
) -> Box:
    """A box as wide as its texts, its ports and the labels below them need.

    Args:
        title: shortened if it is long.
        family: of `families.MEANINGS`, or "end".
        rows: name and text of each.
        into: the number of edges that end at it.
        labels: the lines at each edge that begins at it.
    """
    short = shortened(title)
    shown = [_row(name, text) for name, text in rows[:_MOST_ROWS]]
    if len(rows) > _MOST_ROWS:
        left_out = "\n".join(f"{name}: {text}" for name, text in rows[_MOST_ROWS:])
        shown.append(Row("", f"… {len(rows) - _MOST_ROWS} more", left_out))
    widths = [max([text_width(line, TEXT_SIZE) for line in lines], default=0.0) for lines in labels]
    pitch = max([width + 2 * PADDING for width in widths[:-1]], default=0.0)
    out_of = _ports(len(labels), pitch)
    texts = [row_width(row) for row in shown]
    width = (
        max(text_width(short, TITLE_SIZE), *texts, into * _PORT_PITCH, out_of[-1] * 2 if out_of else 0.0) + 2 * PADDING
    )
    body = ROW_HEIGHT * len(shown) + PADDING if shown else 0
    reach = max([port + PADDING + label for port, label in zip(out_of, widths, strict=True)], default=0.0)
    return Box(short, tuple(shown), family, width, TITLE_HEIGHT + body, _ports(into, _PORT_PITCH), out_of, reach)


def _row(name: str, text: str) -> Row:
    row = Row(shortened(name), shortened(text), "")
    return row if (row.name, row.text) == (name, text) else replace(row, full=f"{name}: {text}")


def _ports(count: int, pitch: float) -> tuple[float, ...]:
    return tuple((place - (count - 1) / 2) * pitch for place in range(count))


def row_width(row: Row) -> float:
    """Of its name, a gap and its text."""
    return text_width(row.name, TEXT_SIZE) + text_width(row.text, TEXT_SIZE) + 8


def label_lines(value: Value) -> list[str]:
    """What stands at the edges of a value: type and shape, or its name where the file says neither; its scale."""
    lines = [type_and_shape(value) or shortened(value.name)]
    if value.scale:
        lines.append(quantization(value))
    return lines


def type_and_shape(value: Value) -> str:
    """For example "int8 1×48×64×3"; empty where the file does not say."""
    if value.shape is None:
        return value.dtype
    dimensions = "×".join(map(str, value.shape)) or "scalar"
    return shortened(f"{value.dtype} {dimensions}".strip())


def quantization(value: Value) -> str:
    """For example "scale 0.00392157, zero −128", or how many scales there are."""
    if len(value.scale) > 1:
        return f"{len(value.scale)} scales"
    zero = f", zero {value.zero_point[0]}" if value.zero_point else ""
    return f"scale {value.scale[0]:.6g}{zero}".replace("-", "−")


def shortened(text: str) -> str:
    """The text on one line, its middle left out if it is long, and printable throughout."""
    line = "".join(character if character.isprintable() else " " for character in text)
    if len(line) <= _LONGEST:
        return line
    half = (_LONGEST - 1) // 2
    return f"{line[:half]}…{line[-half:]}"


def text_width(text: str, size: float) -> float:
    """At most what the text takes in a sans-serif font of this size, in pixels."""
    return size * sum(map(_share, text))


def _share(character: str) -> float:
    if character in " .,:;'|!()[]/iljft-":
        return _NARROW
    if character.isdigit() or character in "=×−+_*<>":
        return _DIGIT
    if ord(character) > 0x24F and character not in "…·→":
        return _WIDE
    return _UPPER if character.isupper() or character in "mwMW@%&" else _LOWER
