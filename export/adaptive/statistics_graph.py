"""The statistics of a frame as an ONNX graph: `arllie_deploy.statistics` for programs without Python."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from arllie_deploy.export.adaptive.nodes import Nodes
from arllie_deploy.statistics import BINS, BLOCK, BLOCK_PER_ROWS, COUNT, FLOOR, LUMA, PERCENTILES, PLACES

if TYPE_CHECKING:
    from onnx import ModelProto


def statistics_model(frame_type: Literal["uint8", "uint16"]) -> ModelProto:
    """`frame` (height, width, 3) of any size -> `statistics` (23,) float32, in the order of `statistics.NAMES`.

    The same arithmetic as `frame_statistics`, in float64 up to the last step: a mean of 4,096 samples in float32 would
    be 1e-5 off.
    """
    nodes = Nodes()
    samples = _samples(nodes, frame_type)
    weighted = nodes.add("Mul", samples, nodes.constant(LUMA, np.float64))
    luminance = nodes.add("ReduceSum", weighted, nodes.constant([1], np.int64), keepdims=0)
    means = nodes.add("ReduceMean", samples, axes=[0], keepdims=0)
    levels = nodes.add("Concat", means, _percentiles(nodes, luminance), axis=0)
    logarithms = nodes.add("Log", nodes.add("Add", levels, nodes.constant(FLOOR, np.float64)))
    precise = nodes.add("Concat", _histogram(nodes, luminance), logarithms, axis=0)
    nodes.add("Cast", precise, to=_FLOAT, output="statistics")
    return nodes.model(
        "frame_statistics",
        {"frame": (frame_type, ["height", "width", 3])},
        {"statistics": (np.float32, [COUNT])},
    )


def _samples(nodes: Nodes, frame_type: str) -> str:
    """Block means on the grid, (places, 3) in [0, 1]."""

    def integer(value: int) -> str:
        return nodes.constant([value], np.int64)

    size = nodes.add("Shape", "frame", start=0, end=2)
    steps = nodes.add("Div", nodes.add("Add", size, integer(PLACES - 1)), integer(PLACES))
    counts = nodes.add("Div", size, steps)
    bounds = nodes.add("Concat", nodes.add("Div", size, integer(BLOCK_PER_ROWS)), steps, integer(BLOCK), axis=0)
    block = nodes.add("Max", nodes.add("ReduceMin", bounds, axes=[0], keepdims=1), integer(1))
    corner = nodes.add("Div", nodes.add("Sub", steps, block), integer(2))
    # From the first sample to one past the last.
    span = nodes.add("Add", nodes.add("Mul", nodes.add("Sub", counts, integer(1)), steps), integer(1))
    last = nodes.add("Sub", block, integer(1))
    axes = nodes.constant([0, 1], np.int64)
    terms = []
    for offset in np.ndindex(BLOCK, BLOCK):
        place = nodes.constant(offset, np.int64)
        # A place outside a smaller block is read inside of it and counts nothing.
        start = nodes.add("Add", corner, nodes.add("Min", place, last))
        taken = nodes.add("Slice", "frame", start, nodes.add("Add", start, span), axes, steps)
        inside = nodes.add("Less", nodes.constant([max(offset)], np.int64), block)
        weight = nodes.add("Cast", inside, to=_DOUBLE)
        terms.append(nodes.add("Mul", nodes.add("Cast", taken, to=_DOUBLE), weight))
    total = nodes.add("Reshape", nodes.add("Sum", *terms), nodes.constant([-1, 3], np.int64))
    area = nodes.add("Cast", nodes.add("Mul", block, block), to=_DOUBLE)
    largest = nodes.constant([np.iinfo(frame_type).max], np.float64)
    return nodes.add("Div", total, nodes.add("Mul", area, largest))


def _percentiles(nodes: Nodes, luminance: str) -> str:
    """The samples at round(percent / 100 · (n − 1)), halves to even as Python rounds."""
    count = nodes.add("Shape", luminance)
    ascending = nodes.take("TopK", luminance, count, outputs=2, which=0, largest=0, sorted=1)
    last = nodes.add("Cast", nodes.add("Sub", count, nodes.constant([1], np.int64)), to=_DOUBLE)
    shares = nodes.constant([percent / 100 for percent in PERCENTILES], np.float64)
    places = nodes.add("Cast", nodes.add("Round", nodes.add("Mul", shares, last)), to=_INT64)
    return nodes.add("Gather", ascending, places)


def _histogram(nodes: Nodes, luminance: str) -> str:
    """The mean over samples of the tent of every bin: sharing a sample between the two nearest bins."""
    last = nodes.constant(BINS - 1, np.float64)
    # Rounding can leave a white luminance a hair above 1.
    place = nodes.add("Min", nodes.add("Mul", nodes.add("Sqrt", luminance), last), last)
    distance = nodes.add("Abs", nodes.add("Sub", place, nodes.constant(np.arange(BINS)[:, None], np.float64)))
    tents = nodes.add("Relu", nodes.add("Sub", nodes.constant(1, np.float64), distance))
    return nodes.add("ReduceMean", tents, axes=[1], keepdims=0)


# Element types by their numbers in ONNX's TensorProto.DataType.
_FLOAT, _INT64, _DOUBLE = 1, 7, 11
