"""The statistics head as an ONNX graph: from 23 statistics to the inputs of the frame graph.

Line by line what `arllie_deploy.conditioning` computes, in float32, for one frame.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from arllie_deploy import conditioning as rules
from arllie_deploy.adaptive import AdaptiveEnhancer
from arllie_deploy.enhancer import BIAS_SHAPE, KERNEL_SHAPE
from arllie_deploy.export.adaptive.nodes import Nodes
from arllie_deploy.statistics import COUNT

if TYPE_CHECKING:
    from onnx import ModelProto


def head_model(model: AdaptiveEnhancer) -> ModelProto:
    """From `statistics` (23,) to the inputs of `frame_model`.

    They are `kernel` (3, 3, 3, 3), `bias` (3,) and, of a model with a curve, `gain` (1,) and `knee` (1,), float32. The
    bounds hold for any statistics, as they do for `AdaptiveEnhancer.condition`.
    """
    nodes, head = Nodes(), model.head
    outputs = head_outputs(nodes, model)
    signature: dict[str, tuple[Any, tuple[int, ...]]] = {
        "kernel": (np.float32, KERNEL_SHAPE),
        "bias": (np.float32, BIAS_SHAPE),
    }
    if head.basis is not None:
        mixed = 3 * head.basis.shape[0]
        raw, bias = mixed_kernel(nodes, part(nodes, outputs, 0, mixed), head.basis), part(nodes, outputs, mixed, None)
    else:
        raw = nodes.add("Reshape", part(nodes, outputs, 0, rules.KERNEL_VALUES), nodes.constant(KERNEL_SHAPE, np.int64))
        bias = part(nodes, outputs, rules.KERNEL_VALUES, rules.KERNEL_OUTPUTS)
    center = np.zeros((3, 3))
    center[1, 1] = 1.0
    moved = nodes.add("Mul", _unsqueezed(nodes, correction(nodes, raw)), nodes.constant(center))
    nodes.add("Add", raw, moved, output="kernel")
    bounded_bias(nodes, bias, "bias")
    if model.epilogue == "curve":
        _bounded_constant(nodes, part(nodes, outputs, -2, -1), rules.GAIN, rules.GAIN_FACTOR, "gain")
        _bounded_constant(nodes, part(nodes, outputs, -1, None), rules.KNEE, rules.KNEE_FACTOR, "knee")
        signature |= {"gain": (np.float32, (1,)), "knee": (np.float32, (1,))}
    return nodes.model("statistics_head", {"statistics": (np.float32, (COUNT,))}, signature)


def head_outputs(nodes: Nodes, model: AdaptiveEnhancer) -> str:
    """The perceptron: from the value `statistics` to its O outputs, (O,)."""
    head = model.head
    centered = nodes.add("Sub", "statistics", nodes.constant(head.mean))
    standard = nodes.add("Div", centered, nodes.constant(head.deviation))
    within = nodes.add("Clip", standard, nodes.constant(-rules.REACH), nodes.constant(rules.REACH))
    hidden = nodes.add("MatMul", nodes.constant(head.hidden_weight), within)
    active = nodes.add("Relu", nodes.add("Add", hidden, nodes.constant(head.hidden_bias)))
    outputs = nodes.add("MatMul", nodes.constant(head.output_weight), active)
    return nodes.add("Add", outputs, nodes.constant(head.output_bias))


def part(nodes: Nodes, values: str, start: int, end: int | None) -> str:
    """`values[start:end]`."""
    bounds = [nodes.constant([place], np.int64) for place in (start, np.iinfo(np.int64).max if end is None else end)]
    return nodes.add("Slice", values, *bounds)


def mixed_kernel(nodes: Nodes, scales: str, basis: Any) -> str:
    """Σ scales · basis over the basis's K kernels, (3, 3, 3, 3), from `scales` (3·K,)."""
    kernels = basis.shape[0]
    shaped = nodes.add("Reshape", scales, nodes.constant([kernels, 3, 1, 1, 1], np.int64))
    scaled = nodes.add("Mul", shaped, nodes.constant(basis))
    return nodes.add("ReduceSum", scaled, nodes.constant([0], np.int64), keepdims=0)


def correction(nodes: Nodes, kernel: str) -> str:
    """What the bounds add to the center taps of a kernel, (3, 3): output channel, input channel."""
    mixing = nodes.add("ReduceSum", kernel, nodes.constant([2, 3], np.int64), keepdims=0)
    diagonal = nodes.constant(np.eye(3))
    alone = nodes.add("ReduceSum", nodes.add("Mul", mixing, diagonal), nodes.constant([1], np.int64), keepdims=1)
    own = nodes.add("Max", alone, nodes.constant(rules.LEAST_DIAGONAL))
    most = nodes.add("Mul", own, nodes.constant(rules.LARGEST_CROSSTALK))
    others = nodes.add("Max", nodes.add("Min", mixing, most), nodes.add("Neg", most))
    kept = nodes.add("Mul", own, diagonal)
    bounded = nodes.add("Add", kept, nodes.add("Mul", others, nodes.constant(1.0 - np.eye(3))))
    return nodes.add("Sub", bounded, mixing)


def bounded_bias(nodes: Nodes, bias: str, output: str | None = None) -> str:
    """The bias within its bounds."""
    limits = (nodes.constant(-rules.LARGEST_BIAS), nodes.constant(rules.LARGEST_BIAS))
    return nodes.add("Clip", bias, *limits, output=output)


def _unsqueezed(nodes: Nodes, values: str) -> str:
    return nodes.add("Unsqueeze", values, nodes.constant([2, 3], np.int64))


def _bounded_constant(nodes: Nodes, logarithm: str, middle: float, factor: float, output: str) -> None:
    limit = float(np.log(factor))
    within = nodes.add("Clip", logarithm, nodes.constant(-limit), nodes.constant(limit))
    nodes.add("Mul", nodes.add("Exp", within), nodes.constant(middle), output=output)
