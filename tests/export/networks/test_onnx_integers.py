from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from support.networks import frames, network

from arllie_deploy.export.networks.formats import FORMATS
from arllie_deploy.export.networks.module import load_module
from arllie_deploy.export.networks.onnx import to_model
from arllie_deploy.export.networks.onnx_integers import observe, to_int8
from arllie_deploy.export.networks.request import NetworkRequest

if TYPE_CHECKING:
    from onnx import ModelProto

pytestmark = [
    pytest.mark.skipif(FORMATS["onnx"].why_unavailable() is not None, reason=str(FORMATS["onnx"].why_unavailable())),
    pytest.mark.filterwarnings("ignore"),  # torch's exporter warns about itself
]
ENDS = (0.0, 1.0)


def graph(nodes: str, **constants: np.ndarray[Any, Any]) -> "ModelProto":
    """Of nodes in ONNX's own notation between `input` and `output`, with shapes."""
    from onnx import numpy_helper, parser, shape_inference

    ends = "(float[1, 1, 8, 8] input) => (float[1, 1, 8, 8] output)"
    model = parser.parse_model(f'<ir_version: 8, opset_import: ["" : 18]> g {ends} {{ {nodes} }}')
    model.graph.initializer.extend(numpy_helper.from_array(value, name) for name, value in constants.items())
    return shape_inference.infer_shapes(model)


def gained(by: float) -> Mapping[str, np.ndarray[Any, Any]]:
    return {"gain": np.full((1, 1, 1, 1), by, np.float32)}


def frame() -> np.ndarray[Any, Any]:
    """Nearly everywhere up to 0.1, in one place 1."""
    values = np.linspace(0.0, 0.1, 64, dtype=np.float32).reshape(1, 1, 8, 8)
    values[0, 0, 0, 0] = 1.0
    return values


def test_every_tensor_between_the_ends_has_a_range() -> None:
    model = graph("a = Mul(input, gain) b = Relu(a) output = Mul(b, gain)", **gained(2.0))
    found = observe(model, [frame()], 100.0, ENDS)
    assert found == {"input": ENDS, "a": pytest.approx((0.1 / 63 * 2, 2.0)), "b": found["a"], "output": ENDS}


def test_a_share_of_the_values_leaves_out_the_rare_ones_and_the_widest_frame_counts() -> None:
    model = graph("a = Mul(input, gain) output = Mul(a, gain)", **gained(2.0))
    low, high = observe(model, [frame()], 95.0, ENDS)["a"]
    assert 0.15 < high <= 0.2
    assert observe(model, [frame(), 3.0 * frame()], 95.0, ENDS)["a"][1] == pytest.approx(3.0 * high)
    assert observe(model, [3.0 * frame(), frame()], 95.0, ENDS)["a"][0] == pytest.approx(low)


def test_tensors_that_do_not_go_into_one_run_are_seen_in_several() -> None:
    many = "a0 = Mul(input, gain) " + " ".join(f"a{i + 1} = Mul(a{i}, gain)" for i in range(70))
    found = observe(graph(f"{many} output = Mul(a70, gain)", **gained(1.0)), [frame()], 100.0, ENDS)
    assert len(found) == 73
    assert {found[f"a{i}"] for i in range(71)} == {found["a0"]}


def test_what_a_logistic_alone_looks_at_needs_no_range_where_it_is_flat() -> None:
    alone = graph("a = Mul(input, gain) output = Sigmoid(a)", **gained(40.0))
    assert observe(alone, [frame()], 100.0, ENDS)["a"][1] == pytest.approx(6.24, abs=0.01)
    looked_at = graph("a = Mul(input, gain) b = Sigmoid(a) output = Mul(a, b)", **gained(40.0))
    assert observe(looked_at, [frame()], 100.0, ENDS)["a"][1] == 40.0
    moved = graph("a = Mul(input, gain) b = Transpose <perm = [0, 1, 3, 2]> (a) output = Sigmoid(b)", **gained(40.0))
    assert observe(moved, [frame()], 100.0, ENDS)["b"][1] == 40.0


def scales(model: "ModelProto") -> list[float]:
    from onnx import numpy_helper

    constants = {one.name: numpy_helper.to_array(one) for one in model.graph.initializer}
    return [float(constants[node.input[1]]) for node in model.graph.node if node.op_type == "QuantizeLinear"]


def test_the_scales_are_those_of_the_ranges(tmp_path) -> None:
    made = network("unet", tmp_path)
    model = to_model(load_module(made), made, (32, 32))
    found = {}
    for percentile in (100.0, 90.0):
        request = NetworkRequest(made, "onnx-cpu", "int8", {}, True, calibration=frames(3), percentile=percentile)
        found[percentile] = scales(to_int8(model, request))
    first, *between = zip(found[100.0], found[90.0], strict=True)
    assert first == pytest.approx((1 / 255, 1 / 255))
    assert all(wide >= narrow for wide, narrow in between)
    assert sum(wide > 1.1 * narrow for wide, narrow in between) >= 5
