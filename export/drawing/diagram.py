"""A picture of a graph as boxes and the wires between them: what there is to lay out."""

from __future__ import annotations

from dataclasses import dataclass

from arllie_deploy.export.drawing.box import Box, label_lines, make_box, quantization, type_and_shape
from arllie_deploy.export.drawing.families import family_of
from arllie_deploy.export.drawing.graph_picture import GraphPicture, Node, Value, flowing, made_by, read_by

END = "end"


@dataclass(frozen=True)
class Wire:
    """The edges of one value.

    Attributes:
        source: the box that makes it.
        port: of the source's `out_of`.
        ends: boxes that read it, each with the port of its `into`; at least one.
        label: lines beside its beginning.
        name: of the value.
    """

    source: int
    port: int
    ends: tuple[tuple[int, int], ...]
    label: tuple[str, ...]
    name: str


@dataclass(frozen=True)
class Diagram:
    """Boxes in an order in which every wire leads onward; the first ones are what the caller gives."""

    boxes: tuple[Box, ...]
    wires: tuple[Wire, ...]
    given: int


def to_diagram(picture: GraphPicture) -> Diagram:
    """The boxes of the inputs, of the operators and of the outputs, with their wires."""
    given, nodes = len(picture.inputs), len(picture.nodes)
    edges = flowing(picture)
    outputs = [value for value in picture.outputs if value in edges]
    ends: dict[int, list[tuple[int, int]]] = {}
    for number, node in enumerate(picture.nodes):
        for port, value in enumerate(value for value in read_by(node) if value in edges):
            ends.setdefault(value, []).append((given + number, port))
    for number, value in enumerate(outputs):
        ends.setdefault(value, []).append((given + nodes + number, 0))

    made = [[value] for value in picture.inputs] + [made_by(node) for node in picture.nodes]
    sources = [[value for value in values if value in ends] for values in made]
    wires = [
        Wire(box, port, tuple(ends[value]), tuple(label_lines(picture.values[value])), picture.values[value].name)
        for box, values in enumerate(sources)
        for port, value in enumerate(values)
    ]
    boxes = [
        *(_end(picture.values[value], 0, [value], picture) for value in picture.inputs),
        *(_node(node, values, picture, edges) for node, values in zip(picture.nodes, sources[given:], strict=True)),
        *(_end(picture.values[value], 1, [], picture) for value in outputs),
    ]
    return Diagram(tuple(boxes), tuple(wires), given)


def _end(value: Value, into: int, makes: list[int], picture: GraphPicture) -> Box:
    return make_box(value.name or "unnamed", END, [], into, [label_lines(picture.values[each]) for each in makes])


def _node(node: Node, makes: list[int], picture: GraphPicture, edges: frozenset[int]) -> Box:
    read = read_by(node)
    stored = [_stored(picture.values[value]) for value in read if value not in edges]
    labels = [label_lines(picture.values[value]) for value in makes]
    into = sum(value in edges for value in read)
    return make_box(node.kind, family_of(node.kind), [*stored, *node.details], into, labels)


def _stored(value: Value) -> tuple[str, str]:
    if value.contents is not None:
        return value.name, f"{value.dtype} {value.contents}".strip() + _scales(value)
    return value.name, (type_and_shape(value) or "stored") + _scales(value)


def _scales(value: Value) -> str:
    return f", {quantization(value)}" if value.scale else ""
