import numpy as np
import pytest
from onnx import ModelProto, TensorProto, helper, numpy_helper

from arllie_deploy.networks.graph_costs import count_macs, held_bytes, shapes_at


@pytest.fixture(scope="module")
def model() -> ModelProto:
    """3 -> 8 channels at half the sides, back to 4 by a transposed convolution, clamped."""
    weights = {"down": np.zeros((8, 3, 3, 3), np.float32), "up": np.zeros((8, 4, 2, 2), np.float32)}
    nodes = [
        helper.make_node("Conv", ["input", "down"], ["half"], strides=[2, 2], pads=[1, 1, 1, 1]),
        helper.make_node("ConvTranspose", ["half", "up"], ["whole"], strides=[2, 2]),
        helper.make_node("Relu", ["whole"], ["output"]),
    ]
    ports = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, channels, "height", "width"])
        for name, channels in (("input", 3), ("output", 4))
    ]
    initializers = [numpy_helper.from_array(values, name) for name, values in weights.items()]
    graph = helper.make_graph(nodes, "small", ports[:1], ports[1:], initializers)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)])


def test_shapes_follow_from_the_size(model: ModelProto) -> None:
    shapes = shapes_at(model, (12, 8))
    assert (shapes["input"], shapes["half"], shapes["output"]) == ([1, 3, 8, 12], [1, 8, 4, 6], [1, 4, 8, 12])


def test_convolutions_are_counted_by_what_goes_out_transposed_ones_by_what_comes_in(model: ModelProto) -> None:
    assert count_macs(model, (12, 8)) == 8 * 4 * 6 * 27 + 8 * 4 * 6 * 4 * 4


def test_a_value_is_held_from_where_it_is_made_to_where_it_is_last_used(model: ModelProto) -> None:
    # Of 96 pixels: input 288 + half 192, half 192 + whole 384, whole 384 + output 384.
    assert held_bytes(model, (12, 8)) == 4 * (384 + 384)
