"""A structure as an SVG drawing: branches, cells, gains, the sum, and the one convolution it fuses to.

The drawing brings its own card, so it reads the same on a light and on a dark page.
"""

from __future__ import annotations

from html import escape

from arllie_deploy.reparam.operations import OPERATIONS
from arllie_deploy.reparam.structure import MAX_CELLS, Structure

_CELL_WIDTH, _CELL_HEIGHT, _GAP, _ROW = 116, 46, 34, 76
_MARGIN, _TITLE = 28, 64
_FRAME_WIDTH, _BUS, _GAIN = 102, 40, 30
_CELLS_LEFT = _MARGIN + _FRAME_WIDTH + _BUS
_GAIN_X = _CELLS_LEFT + MAX_CELLS * _CELL_WIDTH + (MAX_CELLS - 1) * _GAP + 52
_SUM_X = _GAIN_X + 92
_FUSED_LEFT = _SUM_X + 104
_FUSED_WIDTH = 150
_WIDTH = _FUSED_LEFT + _FUSED_WIDTH + _MARGIN
_TITLES = {
    "conv3x3": "conv 3×3",
    "conv1x3": "conv 1×3",
    "conv3x1": "conv 3×1",
    "average": "average 3×3",
    "sobel_x": "Sobel x",
    "sobel_y": "Sobel y",
    "laplacian": "Laplacian",
    "resconv3x3": "3×3 + identity",
    "conv1x1": "conv 1×1",
    "resconv1x1": "1×1 + identity",
    "skip": "skip",
}
_STYLE = """
.card{fill:#fbfbf9;stroke:#b9bdc4}.wire{fill:none;stroke:#55606e;stroke-width:1.6}.tip{fill:#55606e}
.cell{stroke-width:1.4}.spatial{fill:#dbe9fb;stroke:#2f6db5}.point{fill:#e4f3e2;stroke:#3d8b3a}
.end{fill:#fff;stroke:#55606e;stroke-width:1.4}.fused{fill:#fdeccf;stroke:#b57416;stroke-width:1.8}
text{font:14px system-ui,-apple-system,"Segoe UI",Helvetica,Arial,sans-serif;fill:#1c222b;text-anchor:middle}
.id,.muted{font-size:11.5px;fill:#525c69}.title{font-size:16px;font-weight:600;text-anchor:start}
.start{text-anchor:start}
""".strip()


def draw_structure(structure: Structure, title: str) -> str:
    """An SVG document; every cell carries its operation's id, and `+norm` where batch normalization follows."""
    rows = len(structure.branches)
    bottom = _TITLE + rows * _ROW
    height = bottom + 66
    middle = _TITLE + rows * _ROW / 2
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" height="{height}" '
        f'role="img" aria-label="{escape(_summary(structure))}">',
        f"<style>{_STYLE}</style>",
        f'<rect class="card" x="1" y="1" width="{_WIDTH - 2}" height="{height - 2}" rx="10"/>',
        f'<text class="title" x="{_MARGIN}" y="34">{escape(title)}</text>',
        _box("end", _MARGIN, middle, _FRAME_WIDTH, "y", "frame, padded"),
        *(_branch(structure, number, middle) for number in range(rows)),
        _sum(middle, bottom),
        _arrow(_SUM_X + 16, middle, _FUSED_LEFT, middle),
        f'<text class="muted" x="{(_SUM_X + 16 + _FUSED_LEFT) / 2}" y="{middle - 9}">fuses to</text>',
        _box("fused", _FUSED_LEFT, middle, _FUSED_WIDTH, "one conv 3×3", "84 parameters"),
        _legend(height - 20),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _branch(structure: Structure, number: int, middle: float) -> str:
    y = _TITLE + _ROW * number + _ROW / 2
    left = _MARGIN + _FRAME_WIDTH
    parts = [f'<path class="wire" d="M{left} {middle} C{left + 24} {middle} {left + 12} {y} {_CELLS_LEFT - 8} {y}"/>']
    x = float(_CELLS_LEFT)
    parts.append(_tip(x, y))
    widths = structure.widths(number)
    branch = structure.branches[number]
    for place, cell in enumerate(branch):
        kind = "spatial" if OPERATIONS[cell.operation].spatial else "point"
        name = cell.operation + ("+norm" if cell.norm else "")
        parts.append(_box(f"cell {kind}", x, y, _CELL_WIDTH, _TITLES.get(cell.operation, cell.operation), name))
        x += _CELL_WIDTH
        if place + 1 < len(branch):
            parts.append(_arrow(x, y, x + _GAP, y))
            parts.append(f'<text class="muted" x="{x + _GAP / 2}" y="{y - 8}">{widths[place + 1]}</text>')
            x += _GAP
    parts.append(_arrow(x, y, _GAIN_X - _GAIN / 2, y))
    parts.append(f'<circle class="end" cx="{_GAIN_X}" cy="{y}" r="{_GAIN / 2}"/>')
    parts.append(f'<text x="{_GAIN_X}" y="{y + 5}">×g{_subscript(number + 1)}</text>')
    start, end = _GAIN_X + _GAIN / 2, _SUM_X - 16
    parts.append(f'<path class="wire" d="M{start} {y} C{start + 30} {y} {end - 34} {middle} {end - 8} {middle}"/>')
    return "\n".join(parts)


def _sum(middle: float, bottom: float) -> str:
    return (
        _tip(_SUM_X - 16, middle)
        + f'<circle class="end" cx="{_SUM_X}" cy="{middle}" r="16"/><text x="{_SUM_X}" y="{middle + 5}">Σ</text>'
        + f'<path class="wire" d="M{_SUM_X} {bottom + 2} V{middle + 24}"/>'
        + f'<path class="tip" d="M{_SUM_X} {middle + 16} l-4.5 9 h9 z"/>'
        + f'<text class="muted" x="{_SUM_X}" y="{bottom + 16}">+ bias</text>'
    )


def _legend(y: float) -> str:
    parts = []
    for x, kind, text in ((_MARGIN, "spatial", "3×3 window, at most one in a branch"), (290, "point", "one pixel")):
        parts.append(f'<rect class="cell {kind}" x="{x}" y="{y - 11}" width="18" height="14" rx="3"/>')
        parts.append(f'<text class="muted start" x="{x + 26}" y="{y}">{text}</text>')
    parts.append(f'<text class="muted start" x="400" y="{y}">numbers on arrows: channels</text>')
    return "\n".join(parts)


def _box(kind: str, x: float, y: float, width: float, text: str, below: str) -> str:
    return (
        f'<rect class="{kind}" x="{x}" y="{y - _CELL_HEIGHT / 2}" width="{width}" height="{_CELL_HEIGHT}" rx="6"/>'
        f'<text x="{x + width / 2}" y="{y - 2}">{escape(text)}</text>'
        f'<text class="id" x="{x + width / 2}" y="{y + 15}">{escape(below)}</text>'
    )


def _arrow(x: float, y: float, to_x: float, to_y: float) -> str:
    return f'<path class="wire" d="M{x} {y} L{to_x - 8} {to_y}"/>' + _tip(to_x, to_y)


def _tip(x: float, y: float) -> str:
    return f'<path class="tip" d="M{x} {y} l-9 -4.5 v9 z"/>'


def _subscript(number: int) -> str:
    return str(number).translate(str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉"))


def _summary(structure: Structure) -> str:
    branches = [" → ".join(cell.operation for cell in branch) for branch in structure.branches]
    return f"{len(branches)} branches, summed and fused to one 3×3 convolution: " + "; ".join(branches)
