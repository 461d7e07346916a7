"""Where boxes and lanes come to lie, in pixels: near what they are connected with, and never over each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

from arllie_deploy.export.drawing.box import ROW_HEIGHT
from arllie_deploy.export.drawing.diagram import Diagram
from arllie_deploy.export.drawing.layers import Layers

MARGIN = 20
_GAP, _CURVE, _LANE = 22.0, 30.0, 9.0
# Means balance the whole, medians then straighten what is nearly straight.
_MEAN_PASSES, _MEDIAN_PASSES = 40, 4
# How straight a piece of an edge should be, by how many of its ends are lanes: long edges before anything else
# (Gansner, Koutsofios, North and Vo, 1993).
_STRAIGHTNESS = (1.0, 2.0, 8.0)


@dataclass(frozen=True)
class Placement:
    """Coordinates.

    Attributes:
        centers: of each item, from left to right.
        tops: of the boxes of each layer.
        bottoms: of each layer with the labels of its boxes; below it edges turn.
        width: of the whole.
        height: of the whole.
    """

    centers: tuple[float, ...]
    tops: tuple[float, ...]
    bottoms: tuple[float, ...]
    width: float
    height: float


def place(diagram: Diagram, layers: Layers) -> Placement:
    """Place every item of the layers."""
    lefts, rights = _extents(diagram, layers)
    centers = _centers(layers, lefts, rights, boxes=len(diagram.boxes))
    shift = MARGIN - min(center - left for center, left in zip(centers, lefts, strict=True))
    width = max(center + right for center, right in zip(centers, rights, strict=True)) + shift + MARGIN
    tops, bottoms = _bands(diagram, layers)
    return Placement(
        tuple(round(center + shift, 1) for center in centers), tops, bottoms, round(width, 1), bottoms[-1] + MARGIN
    )


def _extents(diagram: Diagram, layers: Layers) -> tuple[list[float], list[float]]:
    lanes = [_LANE] * (len(layers.layer) - len(diagram.boxes))
    lefts = [box.width / 2 for box in diagram.boxes] + lanes
    rights = [max(box.width / 2, box.reach) for box in diagram.boxes] + lanes
    return lefts, rights


def _bands(diagram: Diagram, layers: Layers) -> tuple[tuple[float, ...], tuple[float, ...]]:
    labels = [0] * len(diagram.boxes)
    for wire in diagram.wires:
        labels[wire.source] = max(labels[wire.source], len(wire.label))
    tops, bottoms, y = [], [], float(MARGIN)
    for row in layers.rows:
        tops.append(y)
        boxes = [item for item in row if item < len(diagram.boxes)]
        y += max((diagram.boxes[item].height + ROW_HEIGHT * labels[item] for item in boxes), default=0.0)
        bottoms.append(y)
        y += _CURVE
    return tuple(tops), tuple(bottoms)


@dataclass(frozen=True)
class _Neighbor:
    """An item connected with another one, and where its center wants that one's: `offset` from its own."""

    item: int
    offset: float
    weight: float
    above: bool


def _centers(layers: Layers, lefts: Sequence[float], rights: Sequence[float], *, boxes: int) -> list[float]:
    """Passes down and up, in which every item is drawn to those above and below it."""
    near: list[list[_Neighbor]] = [[] for _ in layers.layer]
    for segment in layers.segments:
        offset = segment.upper_port - segment.lower_port
        weight = _STRAIGHTNESS[(segment.upper >= boxes) + (segment.lower >= boxes)]
        near[segment.lower].append(_Neighbor(segment.upper, offset, weight, above=True))
        near[segment.upper].append(_Neighbor(segment.lower, -offset, weight, above=False))
    weights = [sum(neighbor.weight for neighbor in each) or 1.0 for each in near]
    centers = [0.0] * len(layers.layer)
    for number in range(_MEAN_PASSES + _MEDIAN_PASSES):
        downward = number % 2 == 1  # so that the last pass is one
        for row in layers.rows[:: 1 if downward else -1]:
            if number < _MEAN_PASSES:
                wanted = [_mean(near[item], centers, centers[item]) for item in row]
            else:
                wanted = [_median(near[item], centers, centers[item], downward=downward) for item in row]
            gaps = [rights[left] + _GAP + lefts[right] for left, right in pairwise(row)]
            for item, center in zip(row, spread(wanted, [weights[item] for item in row], gaps), strict=True):
                centers[item] = center
    return centers


def _mean(near: Sequence[_Neighbor], centers: Sequence[float], otherwise: float) -> float:
    total = sum(neighbor.weight for neighbor in near)
    weighted = sum(neighbor.weight * (centers[neighbor.item] + neighbor.offset) for neighbor in near)
    return weighted / total if near else otherwise


def _median(near: Sequence[_Neighbor], centers: Sequence[float], otherwise: float, *, downward: bool) -> float:
    """The weighted median; where a range of positions is one, that which suits the side that the pass comes from."""
    if not near:
        return otherwise
    positions = sorted((centers[neighbor.item] + neighbor.offset, neighbor.weight) for neighbor in near)
    half = sum(weight for _, weight in positions) / 2
    sums = list(accumulate(weight for _, weight in positions))
    low = next(position for (position, _), total in zip(positions, sums, strict=True) if total >= half)
    high = next(position for (position, _), total in zip(positions, sums, strict=True) if total > half)
    suits = _mean([neighbor for neighbor in near if neighbor.above == downward], centers, otherwise)
    return min(max(suits, low), high)


def spread(wanted: Sequence[float], weights: Sequence[float], gaps: Sequence[float]) -> list[float]:
    """The positions nearest to the wanted ones, by weighted squares, that keep their order and the gaps.

    Without the gaps this is isotonic regression, solved by pooling adjacent violators (Ayer et al., 1955).

    Args:
        wanted: one position per item, in order.
        weights: above 0.
        gaps: the least distance of each item from the one before it; one less than items.
    """
    starts = [0.0]
    for gap in gaps:
        starts.append(starts[-1] + gap)
    pools: list[tuple[float, float, int]] = []
    for position, weight, start in zip(wanted, weights, starts, strict=False):
        mean, total, count = position - start, weight, 1
        while pools and pools[-1][0] > mean:
            other, more, others = pools.pop()
            mean, total, count = (mean * total + other * more) / (total + more), total + more, count + others
        pools.append((mean, total, count))
    means = [mean for mean, _, count in pools for _ in range(count)]
    return [mean + start for mean, start in zip(means, starts, strict=False)]
