"""The statistics head of the mixed filters as an ONNX graph: from 23 statistics to exposure, scales and offsets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.adaptive import AdaptiveEnhancer
from arllie_deploy.export.adaptive.head import bounded_bias, correction, head_outputs, mixed_kernel, part
from arllie_deploy.export.adaptive.mixing import (
    EXPOSURE_STEP,
    LARGEST_EXPOSURE,
    LEAST_EXPOSURE,
    Mixing,
    corrections,
)
from arllie_deploy.export.adaptive.nodes import Nodes
from arllie_deploy.runtimes.base import Layout
from arllie_deploy.statistics import COUNT

if TYPE_CHECKING:
    from onnx import ModelProto

Float64 = NDArray[np.float64]


def mixed_head_model(model: AdaptiveEnhancer, mixing: Mixing, layout: Layout) -> ModelProto:
    """`statistics` (23,) -> `exposure`, `scales` and `offsets`, as the graph of the mixed filters takes them; float32.

    Their shapes have the channels where `layout` has them: (1, channels, 1, 1) or (1, 1, 1, channels). The numbers are
    those of `mixing.mixed_weights` and `Mixing.factors`.
    """
    nodes, basis = Nodes(), model.head.basis
    assert basis is not None
    count = 3 * len(basis)
    outputs = head_outputs(nodes, model)
    weights = part(nodes, outputs, 0, count)
    moved = nodes.add("Reshape", correction(nodes, mixed_kernel(nodes, weights, basis)), nodes.constant([9], np.int64))
    kept = nodes.add("MatMul", nodes.constant(_blocks(corrections(basis)).reshape(count, 9)), moved)
    weights = nodes.add("Add", weights, kept)
    exposure = _exposure(nodes, weights, np.asarray(basis, np.float64).sum((2, 3, 4)).ravel() / 3.0)
    transformed = nodes.add(
        "MatMul",
        nodes.constant(_blocks(mixing.magnified[:, None] * mixing.transform).swapaxes(2, 3).reshape(count, count)),
        weights,
    )
    scales = nodes.add("Div", transformed, exposure)
    offsets = bounded_bias(nodes, part(nodes, outputs, count, None))
    shapes = {}
    for name, values, channels in (("exposure", exposure, 1), ("scales", scales, count), ("offsets", offsets, 3)):
        shape = [1, channels, 1, 1] if layout == "NCHW" else [1, 1, 1, channels]
        nodes.add("Reshape", values, nodes.constant(shape, np.int64), output=name)
        shapes[name] = (np.float32, shape)
    return nodes.model("mixed_statistics_head", {"statistics": (np.float32, [COUNT])}, shapes)


def _exposure(nodes: Nodes, weights: str, gray: Float64) -> str:
    """`mixing.exposure_of` of the weights' kernel, whose mean response to gray is `gray` · weights."""
    response = nodes.add("MatMul", nodes.constant(gray[None]), weights)
    steps = nodes.add("Round", nodes.add("Div", response, nodes.constant(EXPOSURE_STEP)))
    exposure = nodes.add("Mul", steps, nodes.constant(EXPOSURE_STEP))
    return nodes.add("Clip", exposure, nodes.constant(LEAST_EXPOSURE), nodes.constant(LARGEST_EXPOSURE))


def _blocks(each: Float64) -> Float64:
    """From (3, J, K), one matrix per output channel o, to the one of all: (J, o, o, K), zero where the two o differ."""
    channels, rows, columns = each.shape
    whole = np.zeros((rows, channels, channels, columns))
    for channel in range(channels):
        whole[:, channel, channel] = each[channel]
    return whole
