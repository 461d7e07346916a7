"""What a graph costs, read from its shapes: multiply-accumulates, and the values that are alive at once."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from onnx import ModelProto

_FLOAT_BYTES = 4


def count_macs(model: ModelProto, size: tuple[int, int]) -> int:
    """Multiply-accumulates of the convolutions for one frame of `size` (width, height).

    Args:
        model: from `input` to `output`, NCHW.
        size: of the frame.
    """
    shapes = shapes_at(model, size)
    weights = {each.name: each.dims for each in model.graph.initializer}
    counts = {
        # A transposed convolution multiplies every value that comes in, the other one every value that goes out.
        "Conv": lambda node: math.prod(shapes[node.output[0]]) * math.prod(weights[node.input[1]][1:]),
        "ConvTranspose": lambda node: math.prod(shapes[node.input[0]]) * math.prod(weights[node.input[1]][1:]),
    }
    return sum(counts[node.op_type](node) for node in model.graph.node if node.op_type in counts)


def held_bytes(model: ModelProto, size: tuple[int, int]) -> int:
    """The most bytes of float32 values that are alive at once, each from where it is made to where it is last used."""
    shapes = shapes_at(model, size)
    last = {name: place for place, node in enumerate(model.graph.node) for name in node.input if name in shapes}
    alive, most = {value.name for value in model.graph.input}, 0
    for place, node in enumerate(model.graph.node):
        alive |= {name for name in node.output if name in shapes}
        most = max(most, sum(math.prod(shapes[name]) for name in alive))
        alive = {name for name in alive if last.get(name, place + 1) > place}
    return most * _FLOAT_BYTES


def shapes_at(model: ModelProto, size: tuple[int, int]) -> Mapping[str, list[int]]:
    """The shape of every value of a graph for frames of `size` (width, height)."""
    from onnx import shape_inference

    sized: Any = type(model)()
    sized.CopyFrom(model)
    del sized.graph.value_info[:]
    for axis in (2, 3):
        sized.graph.input[0].type.tensor_type.shape.dim[axis].dim_value = size[3 - axis]
        sized.graph.output[0].type.tensor_type.shape.dim[axis].ClearField("dim_param")
    inferred = shape_inference.infer_shapes(sized, strict_mode=True, data_prop=True)
    values = (*inferred.graph.input, *inferred.graph.value_info, *inferred.graph.output)
    return {value.name: [dim.dim_value for dim in value.type.tensor_type.shape.dim] for value in values}
