"""Boxes in layers, so that every edge leads downward, and in an order within each layer with few crossings.

The steps are those of Sugiyama, Tagawa and Toda (1981): layers by longest path, lanes where an edge passes a layer,
orders by repeated barycenters.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Sequence
from dataclasses import dataclass

from arllie_deploy.export.drawing.diagram import Diagram

_SWEEPS = 12


@dataclass(frozen=True)
class Segment:
    """A piece of a wire from one layer to the next, between items, with where it touches them from their centers."""

    upper: int
    upper_port: float
    lower: int
    lower_port: float


@dataclass(frozen=True)
class Layers:
    """Items are the boxes, by their number, and after them the lanes of wires that pass a layer.

    Attributes:
        rows: the items of each layer, from left to right.
        lanes: wire and layer -> item.
        layer: of each item.
        segments: between neighboring layers.
    """

    rows: tuple[tuple[int, ...], ...]
    lanes: dict[tuple[int, int], int]
    layer: tuple[int, ...]
    segments: tuple[Segment, ...]


def to_layers(diagram: Diagram) -> Layers:
    """Layers of a diagram with at least one box."""
    layer = _layers(diagram)
    lanes: dict[tuple[int, int], int] = {}
    segments: dict[Segment, None] = {}
    for number, wire in enumerate(diagram.wires):
        last = max(layer[box] for box, _ in wire.ends)
        upper, upper_port = wire.source, diagram.boxes[wire.source].out_of[wire.port]
        for depth in range(layer[wire.source] + 1, last + 1):
            for box, port in wire.ends:
                if layer[box] == depth:
                    segments[Segment(upper, upper_port, box, diagram.boxes[box].into[port])] = None
            if depth < last:
                lane = lanes[number, depth] = len(layer)
                layer.append(depth)
                segments[Segment(upper, upper_port, lane, 0.0)] = None
                upper, upper_port = lane, 0.0
    rows: list[list[int]] = [[] for _ in range(max(layer) + 1)]
    for item, depth in enumerate(layer):
        rows[depth].append(item)
    return Layers(_ordered(rows, list(segments), layer), lanes, tuple(layer), tuple(segments))


def _layers(diagram: Diagram) -> list[int]:
    """Below everything that a box needs; what does not depend on the caller right above its first reader."""
    count = len(diagram.boxes)
    sources: list[list[int]] = [[] for _ in range(count)]
    readers: list[list[int]] = [[] for _ in range(count)]
    for wire in diagram.wires:
        for box, _ in wire.ends:
            sources[box].append(wire.source)
            readers[wire.source].append(box)
    layer, late = [0] * count, [False] * count
    for box in range(count):
        layer[box] = max((layer[source] + 1 for source in sources[box]), default=0)
        late[box] = all(late[source] and source >= diagram.given for source in sources[box])
    for box in reversed(range(count)):
        if late[box] and readers[box]:
            layer[box] = min(layer[reader] for reader in readers[box]) - 1
    return layer


def _ordered(
    rows: Sequence[Sequence[int]], segments: Sequence[Segment], layer: Sequence[int]
) -> tuple[tuple[int, ...], ...]:
    above: list[list[tuple[int, float]]] = [[] for _ in layer]
    below: list[list[tuple[int, float]]] = [[] for _ in layer]
    for segment in segments:
        above[segment.lower].append((segment.upper, segment.upper_port))
        below[segment.upper].append((segment.lower, segment.lower_port))
    order = [list(row) for row in rows]
    best, fewest = order, _crossings(order, segments, layer)
    for sweep in range(_SWEEPS):
        if not fewest:
            break
        order = _swept(order, below if sweep % 2 else above, upward=bool(sweep % 2))
        crossings = _crossings(order, segments, layer)
        if crossings < fewest:
            best, fewest = order, crossings
    return tuple(map(tuple, best))


def _swept(order: list[list[int]], neighbors: list[list[tuple[int, float]]], *, upward: bool) -> list[list[int]]:
    """Each layer sorted by where its items' neighbors are; an item without any keeps its place."""
    place = {item: float(index) for row in order for index, item in enumerate(row)}
    swept: list[list[int]] = []
    for row in reversed(order) if upward else order:
        wanted = {
            # A port shifts by less than a place, left to right.
            item: sum(place[near] + port * 1e-4 for near, port in neighbors[item]) / len(neighbors[item])
            if neighbors[item]
            else place[item]
            for item in row
        }
        swept.append(sorted(row, key=lambda item, wanted=wanted: (wanted[item], place[item])))  # type: ignore[misc]
        place.update((item, float(index)) for index, item in enumerate(swept[-1]))
    return swept[::-1] if upward else swept


def _crossings(order: Sequence[Sequence[int]], segments: Sequence[Segment], layer: Sequence[int]) -> int:
    place = {item: index for row in order for index, item in enumerate(row)}
    between: list[list[tuple[tuple[int, float], tuple[int, float]]]] = [[] for _ in order]
    for segment in segments:
        upper, lower = (place[segment.upper], segment.upper_port), (place[segment.lower], segment.lower_port)
        between[layer[segment.upper]].append((upper, lower))
    total = 0
    for pairs in between:
        passed: list[tuple[int, float]] = []
        for _, lower in sorted(pairs):
            total += len(passed) - bisect_right(passed, lower)
            insort(passed, lower)
    return total
