"""A sheet of pictures side by side: input, output, reference and their difference, one row per picture."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.quality.ranges import data_range

Pixels = NDArray[np.uint8]

DIFFERENCE_GAIN = 4
# Pillow's own font has neither the minus sign nor the cross.
COLUMNS = ("input", "output", "reference", f"{DIFFERENCE_GAIN} x |output - reference|")

_LARGEST_CELL = (400, 400)
# Wide enough for a caption under a picture that is very narrow.
_SMALLEST_WIDTH = 160
_MARGIN = 8
_TEXT_SIZE, _LINE = 16, 22
_GAP = "   "
_PAPER, _INK = (24, 24, 24), (235, 235, 235)


def sheet_row(caption: Sequence[str], low: NDArray[Any], output: NDArray[Any], high: NDArray[Any]) -> Pixels:
    """One picture's row: four cells, scaled down to at most 400×400, and a caption below.

    Args:
        caption: phrases; a new line is begun where the next one does not fit.
        low: (height, width, 3) uint8 or uint16.
        output: the same shape and dtype.
        high: the same.

    Returns:
        (rows, columns, 3) uint8.
    """
    from PIL import Image

    difference = np.minimum(np.abs(_unit(output) - _unit(high)) * DIFFERENCE_GAIN, 1.0)
    cells = [_cell(unit) for unit in (_unit(low), _unit(output), _unit(high), difference)]
    width, height = cells[0].size
    pitch = max(width, _SMALLEST_WIDTH) + _MARGIN
    pictures = Image.new("RGB", (len(cells) * pitch + _MARGIN, height), _PAPER)
    for index, cell in enumerate(cells):
        pictures.paste(cell, (_MARGIN + index * pitch, 0))
    return np.concatenate([np.asarray(pictures), _text(caption, pictures.width)])


def sheet(title: Sequence[str], rows: Sequence[Pixels]) -> Pixels:
    """The rows below each other, under a title and a line that names the columns.

    Args:
        title: phrases.
        rows: of `sheet_row`, at least one.

    Returns:
        (rows, columns, 3) uint8.
    """
    width = max(row.shape[1] for row in rows)
    parts = [_text(title, width), _text(["from left to right: " + ", ".join(COLUMNS)], width)]
    return np.concatenate([*parts, *(_widened(row, width) for row in rows)])


def _unit(frame: NDArray[Any]) -> NDArray[np.float32]:
    return frame.astype(np.float32) / np.float32(data_range(frame.dtype))


def _cell(unit: NDArray[np.float32]) -> Any:
    from PIL import Image

    picture = Image.fromarray(np.floor(unit * 255.0 + 0.5).astype(np.uint8))
    picture.thumbnail(_LARGEST_CELL, Image.Resampling.BOX)
    return picture


def _text(phrases: Sequence[str], width: int) -> Pixels:
    """The phrases in as many lines as they need, with a margin above and below."""
    from PIL import Image, ImageDraw, ImageFont

    font = ImageFont.load_default(_TEXT_SIZE)
    lines = [phrases[0]]
    for phrase in phrases[1:]:
        longer = lines[-1] + _GAP + phrase
        if font.getlength(longer) <= width - 2 * _MARGIN:
            lines[-1] = longer
        else:
            lines.append(phrase)
    image = Image.new("RGB", (width, len(lines) * _LINE + _MARGIN), _PAPER)
    draw = ImageDraw.Draw(image)
    for index, line in enumerate(lines):
        draw.text((_MARGIN, _MARGIN // 2 + index * _LINE), line, fill=_INK, font=font)
    return np.asarray(image)


def _widened(row: Pixels, width: int) -> Pixels:
    wide = np.full((row.shape[0], width, 3), _PAPER, np.uint8)
    wide[:, : row.shape[1]] = row
    return wide
