import json
from functools import cache

import numpy as np
import pytest
from support.adaptive_exports import shipped

from arllie_deploy.export.adaptive import tflite
from arllie_deploy.export.adaptive.mixed_graph import mixed_graph
from arllie_deploy.export.adaptive.mixing import Condition, Mixing, conditions, make_mixing, with_filters
from arllie_deploy.export.delegates import find_delegate
from arllie_deploy.export.delegates.check_operators import check_operators
from arllie_deploy.pictures.dark_set import dark_pictures

schema = pytest.importorskip("ai_edge_litert.schema_py_generated", reason="LiteRT is not installed")

MODEL = shipped("arllie-adaptive-int")
types = pytest.mark.parametrize("dtype", ["int8", "int16"])


@cache
def made(dtype: tflite.IntegerType) -> tuple[Mixing, list[Condition]]:
    seen = conditions(MODEL, [picture[::4, ::4].copy() for picture in dark_pictures().values()])
    mixing = make_mixing(MODEL, seen, largest_exposed=tflite.LARGEST_EXPOSED[dtype])
    mixing = with_filters(MODEL, tflite.rounded_filters(mixing), seen)
    return tflite.magnified(mixing, MODEL.head.basis, seen, dtype), seen


def tensors(dtype: tflite.IntegerType) -> dict[str, tuple[np.ndarray, str]]:
    """Name -> what a constant stands for, and the type of every tensor."""
    mixing, seen = made(dtype)
    readings = tflite.readings_of(mixing, MODEL.head.basis, seen, dtype)
    data = tflite.integer_model(mixed_graph(mixing), (32, 24), readings, json.dumps({}))
    model = schema.ModelT.InitFromPackedBuf(data, 0)
    names = {value: name.lower() for name, value in vars(schema.TensorType).items() if isinstance(value, int)}
    found = {}
    for tensor in model.subgraphs[0].tensors:
        kind = names[tensor.type]
        contents = model.buffers[tensor.buffer].data
        values = np.zeros(0)
        if contents is not None and len(contents):
            stored = np.frombuffer(bytes(contents), kind).reshape(tensor.shape)
            values = stored * tensor.quantization.scale.reshape(-1, *[1] * (stored.ndim - 1))
        found[tensor.name.decode()] = (values, kind)
    return found


@types
def test_the_filters_are_stored_without_another_rounding(dtype: tflite.IntegerType) -> None:
    mixing, _ = made(dtype)
    stored, kind = tensors(dtype)["responses_kernel"]
    assert kind == "int8"
    np.testing.assert_allclose(stored.transpose(0, 3, 1, 2), mixing.filters, rtol=1e-6, atol=1e-9)


@types
def test_the_sum_takes_every_term_exactly_as_much_smaller_as_it_was_magnified(dtype: tflite.IntegerType) -> None:
    mixing, _ = made(dtype)
    stored, _ = tensors(dtype)["mixed_kernel"]
    expected = np.einsum("j,op->ojp", 1.0 / mixing.magnified, np.eye(3)).reshape(3, 1, 1, -1)
    np.testing.assert_array_equal(stored, expected)


@types
def test_every_tensor_that_varies_is_of_the_one_type(dtype: tflite.IntegerType) -> None:
    """No float island, no requantization in between."""
    kinds = {name: kind for name, (values, kind) in tensors(dtype).items() if not values.size}
    assert set(kinds.values()) <= {dtype}
    assert {"input", "exposure", "scales", "offsets", "output"} <= set(kinds)


def test_only_8_bits_magnify_small_terms() -> None:
    assert (made("int8")[0].magnified > 1).any()
    assert made("int8")[0].magnified[0] == 1
    assert (made("int16")[0].magnified == 1).all()


@types
def test_the_factors_of_calibration_frames_are_not_cut(dtype: tflite.IntegerType) -> None:
    mixing, seen = made(dtype)
    readings = tflite.readings_of(mixing, MODEL.head.basis, seen, dtype)
    for each in seen:
        factors = mixing.factors(MODEL.head.basis, each.weights, each.bias)
        for name, values in (("scales", factors.scales), ("offsets", factors.offsets)):
            reading = readings[name]
            assert reading.low <= values.min()
            assert values.max() <= reading.high
        exposure = readings["exposure"]
        assert (
            exposure.quantize(np.array(factors.exposure)) - exposure.zero_point
        ) * exposure.scale == factors.exposure


@pytest.mark.parametrize("delegate", ["nnapi", "hexagon"])
def test_the_delegates_that_want_constant_filters_list_every_operator(delegate: str) -> None:
    mixing, seen = made("int8")
    readings = tflite.readings_of(mixing, MODEL.head.basis, seen, "int8")
    data = tflite.integer_model(mixed_graph(mixing), (32, 24), readings, "{}")
    findings = check_operators(data, find_delegate(delegate), "int8").findings
    assert len(findings) == 5
    assert [finding.problem for finding in findings] == [None] * 5
