import numpy as np
import pytest
from support.networks import frames, network

from arllie_deploy.export.networks.formats import FORMATS
from arllie_deploy.export.networks.module import load_module
from arllie_deploy.export.networks.tflite import convert
from arllie_deploy.export.networks.tflite_graph import TfliteGraph
from arllie_deploy.export.networks.tflite_integers import observe, quantized
from arllie_deploy.export.networks.tflite_ranges import Found, share_ranges

pytestmark = [
    pytest.mark.skipif(
        FORMATS["tflite"].why_unavailable() is not None, reason=str(FORMATS["tflite"].why_unavailable())
    ),
    pytest.mark.filterwarnings("ignore"),  # litert-torch and what it imports warn about themselves
]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    made = network("ladder", tmp_path_factory.mktemp("ladder"))
    return convert(load_module(made), made, (32, 32))


def ranges_of(model: bytes) -> Found:
    return observe(model, [np.ascontiguousarray(np.moveaxis(frame, 1, 3)) for frame in frames(3)], 100.0, (0.0, 1.0))


def shared(model: bytes) -> Found:
    ranges = ranges_of(model)
    share_ranges(TfliteGraph(model), ranges)
    return ranges


def test_no_scale_changes_between_two_operators(model: bytes) -> None:
    graph = TfliteGraph(quantized(model, shared(model)))
    assert graph.kinds().count("CONCATENATION") == 2
    assert not {"QUANTIZE", "DEQUANTIZE"} & set(graph.kinds())
    [result] = graph.outputs
    assert graph.tensors[result].quantization.scale[0] == pytest.approx(1 / 255, rel=1e-6)


def test_where_no_list_forbids_it_what_is_joined_keeps_its_own_scale_until_then(model: bytes) -> None:
    ranges = ranges_of(model)
    graph = TfliteGraph(quantized(model, ranges))
    assert "QUANTIZE" in graph.kinds()
    assert "DEQUANTIZE" not in graph.kinds()
    plain = TfliteGraph(model)
    joined = [one for one in plain.operators if plain.kind(one) == "CONCATENATION"]
    greatest = [{ranges[plain.name(int(tensor))]["max"].item() for tensor in one.inputs} for one in joined]
    assert all(len(values) == 2 for values in greatest)


def test_what_is_joined_has_the_widest_range_and_the_models_ends_keep_theirs(model: bytes) -> None:
    graph, ranges = TfliteGraph(model), shared(model)
    for operator in graph.operators:
        if graph.kind(operator) == "CONCATENATION":
            found = [ranges[graph.name(int(tensor))] for tensor in (*operator.inputs, *operator.outputs)]
            assert len({(one["min"].item(), one["max"].item()) for one in found}) == 1
    for tensor in (*graph.inputs, *graph.outputs):
        assert [ranges[graph.name(tensor)][key].item() for key in ("min", "max")] == [0.0, 1.0]


def test_a_joined_input_of_the_model_keeps_its_range(model: bytes) -> None:
    graph = TfliteGraph(model)
    [concatenation, *_] = [one for one in graph.operators if graph.kind(one) == "CONCATENATION"]
    concatenation.inputs[1] = graph.inputs[0]
    low, high = np.float32([0.0]), np.float32([1.0])
    ranges = {graph.name(index): {"min": low, "max": high} for index in range(len(graph.tensors))}
    ranges[graph.name(int(concatenation.inputs[0]))] = {"min": low - 1, "max": high + 1}
    share_ranges(graph, ranges)
    assert ranges[graph.name(graph.inputs[0])]["max"].item() == 1.0
    assert ranges[graph.name(int(concatenation.outputs[0]))]["max"].item() == 2.0
