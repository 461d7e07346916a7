"""A picture of a graph as SVG: boxes colored by family from top to bottom, edges labeled with type and shape.

The text takes the color of the page around it, so the drawing reads the same in light and dark. Its style is put into
the page once.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from arllie_deploy.export.drawing.box import PADDING, ROW_HEIGHT, TEXT_SIZE, TITLE_HEIGHT, TITLE_SIZE, Box, Row
from arllie_deploy.export.drawing.diagram import END, Diagram, to_diagram
from arllie_deploy.export.drawing.families import MEANINGS
from arllie_deploy.export.drawing.graph_picture import GraphPicture, capped
from arllie_deploy.export.drawing.layers import Layers, to_layers
from arllie_deploy.export.drawing.placement import Placement, place

# White text keeps a contrast of at least 4.5 on each.
COLORS = {
    "layer": "#2f5f9e",
    "activation": "#93402f",
    "arithmetic": "#4c5663",
    "pooling": "#2f6b3f",
    "normalization": "#23686a",
    "shape": "#775531",
    "type": "#6a5492",
    "compiled": "#8f5200",
    "other": "#5f5f5f",
}
STYLE = "\n".join(
    [
        ".graph { display: block; font-family: system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif; }",
        f".graph text {{ fill: currentColor; font-size: {TEXT_SIZE}px; }}",
        f".graph .head {{ fill: #fff; font-size: {TITLE_SIZE}px; font-weight: 600; text-anchor: middle; }}",
        f".graph .end-name {{ font-size: {TITLE_SIZE}px; text-anchor: middle; }}",
        ".graph .name, .graph .label { opacity: .72; }",
        ".graph .frame { fill: currentColor; fill-opacity: .04; stroke: currentColor; stroke-opacity: .4; }",
        ".graph .edge { fill: none; stroke: currentColor; stroke-opacity: .62; stroke-width: 1.2; }",
        ".graph .tip { fill: currentColor; opacity: .75; }",
        *(
            f".graph .{family}, .key.{family} {{ fill: {color}; background: {color}; }}"
            for family, color in COLORS.items()
        ),
    ]
)
_TIP = 6


def draw(picture: GraphPicture, title: str) -> str:
    """An SVG element of its true size in pixels, to be shown where `STYLE` holds.

    Operators are groups of the class "operator". Boxes have their number as `data-box`, edges those of two boxes as
    `data-from` and `data-to`.
    """
    shown = capped(picture)
    diagram = to_diagram(shown)
    if not diagram.boxes:
        return '<svg class="graph" xmlns="http://www.w3.org/2000/svg" width="0" height="0"></svg>'
    layers = to_layers(diagram)
    placement = place(diagram, layers)
    width, height = f"{placement.width:g}", f"{placement.height:g}"
    parts = [
        f'<svg class="graph" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" role="img" aria-label="{escape(printable(title))}">',
        *_edges(diagram, layers, placement),
        *(
            _box(box, number, placement.centers[number], placement.tops[layers.layer[number]])
            for number, box in enumerate(diagram.boxes)
        ),
        *_labels(diagram, layers, placement),
        "</svg>",
    ]
    return "\n".join(parts)


def legend(pictures: Iterable[GraphPicture]) -> str:
    """The colors that occur in drawings, as HTML."""
    families = {box.family for picture in pictures for box in to_diagram(capped(picture)).boxes}
    keys = [
        f'<span class="key {family}"></span>{MEANINGS[family]}' for family in MEANINGS if family in families - {END}
    ]
    return f'<p class="legend">{" ".join(keys)}</p>' if keys else ""


def printable(text: str) -> str:
    """The text without what XML does not allow."""
    return "".join(character if character.isprintable() else " " for character in text)


def _edges(diagram: Diagram, layers: Layers, placement: Placement) -> Iterable[str]:
    """One per reader: the farthest one's begins at the source, the others leave its lane above their reader."""
    for number, wire in enumerate(diagram.wires):
        source = diagram.boxes[wire.source]
        begin = (
            placement.centers[wire.source] + source.out_of[wire.port],
            _bottom(wire.source, diagram, layers, placement),
        )
        first = layers.layer[wire.source]
        farthest = max(wire.ends, key=lambda end: layers.layer[end[0]])
        for end in wire.ends:
            box, port = end
            last = layers.layer[box]
            depth = first if end is farthest else last - 1
            lane = layers.lanes.get((number, depth))
            start = begin if lane is None else (placement.centers[lane], placement.bottoms[depth])
            passed = [placement.centers[layers.lanes[number, each]] for each in range(depth + 1, last)]
            passed.append(placement.centers[box] + diagram.boxes[box].into[port])
            path = _path(start, passed, depth, placement)
            tip = f'<path class="tip" d="M{passed[-1]:.1f} {placement.tops[last]:g} l-3.5 -{_TIP} h7 z"/>'
            yield f'<path class="edge" data-from="{wire.source}" data-to="{box}" d="{path}"/>{tip}'


def _bottom(number: int, diagram: Diagram, layers: Layers, placement: Placement) -> float:
    return placement.tops[layers.layer[number]] + diagram.boxes[number].height


def _path(start: tuple[float, float], passed: Sequence[float], depth: int, placement: Placement) -> str:
    """Straight down beside each layer, bent between two of them."""
    x, y = start
    parts = [f"M{x:.1f} {y:g}"]
    for layer, target in enumerate(passed, depth + 1):
        above, below = placement.bottoms[layer - 1], placement.tops[layer] - _TIP
        if abs(target - x) > 0.1:
            middle = (above + below) / 2
            parts.append(f"V{above:g}C{x:.1f} {middle:g} {target:.1f} {middle:g} {target:.1f} {below:g}")
            x = target
    parts.append(f"V{placement.tops[depth + len(passed)] - _TIP:g}")
    return "".join(parts)


def _box(box: Box, number: int, center: float, top: float) -> str:
    left = center - box.width / 2
    frame = f'x="{left:.1f}" y="{top:g}" width="{box.width:.1f}" height="{box.height:g}" rx="5"'
    if box.family == END:
        name = f'<text class="end-name" x="{center:.1f}" y="{top + 17:g}">{escape(box.title)}</text>'
        round_ = f'x="{left:.1f}" y="{top:g}" width="{box.width:.1f}" height="{box.height:g}" rx="{box.height / 2:g}"'
        return f'<g class="end" data-box="{number}"><rect class="frame" {round_}/>{name}</g>'
    head = f'x="{left:.1f}" y="{top:g}" width="{box.width:.1f}" height="{TITLE_HEIGHT}" rx="5"'
    rows = "".join(
        _row(row, left + PADDING, top + TITLE_HEIGHT + ROW_HEIGHT * place) for place, row in enumerate(box.rows)
    )
    return (
        f'<g class="operator" data-box="{number}"><rect class="frame" {frame}/><rect class="{box.family}" {head}/>'
        f'<text class="head" x="{center:.1f}" y="{top + 17:g}">{escape(box.title)}</text>{rows}</g>'
    )


def _row(row: Row, x: float, top: float) -> str:
    full = f"<title>{escape(printable(row.full))}</title>" if row.full else ""
    name = f'<tspan class="name">{escape(row.name)}</tspan> ' if row.name else ""
    return f'<text x="{x:.1f}" y="{top + 15:g}">{full}{name}<tspan>{escape(row.text)}</tspan></text>'


def _labels(diagram: Diagram, layers: Layers, placement: Placement) -> Iterable[str]:
    for wire in diagram.wires:
        x = placement.centers[wire.source] + diagram.boxes[wire.source].out_of[wire.port] + 6
        y = _bottom(wire.source, diagram, layers, placement)
        for line, text in enumerate(wire.label):
            full = f"<title>{escape(printable(wire.name))}</title>"
            yield f'<text class="label" x="{x:.1f}" y="{y + 12 + line * 14:g}">{full}{escape(text)}</text>'
