from pathlib import Path

import numpy as np
import pytest
import torch
from support.networks import frames, network

from arllie_deploy.export.networks import observing
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


def ranges_of(model: bytes, percentile: float = 100.0) -> Found:
    seen = [np.ascontiguousarray(np.moveaxis(frame, 1, 3)) for frame in frames(3)]
    return observe(model, seen, percentile, (0.0, 1.0))


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


def test_a_share_of_the_values_leaves_out_the_rare_ones(model: bytes) -> None:
    whole, share, graph = ranges_of(model), ranges_of(model, 90.0), TfliteGraph(model)
    ends = {graph.name(tensor) for tensor in (*graph.inputs, *graph.outputs)}
    widths = [[(one[name]["max"] - one[name]["min"]).item() for one in (share, whole)] for name in {*whole} - ends]
    assert all(narrow <= wide for narrow, wide in widths)
    assert sum(narrow < 0.9 * wide for narrow, wide in widths) >= len(widths) / 2
    assert {share[name]["max"].item() for name in ends} == {1.0}


def test_tensors_that_do_not_go_into_one_run_are_seen_in_several(model: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = ranges_of(model)
    monkeypatch.setattr(observing, "AT_ONCE", 3)
    assert ranges_of(model) == whole
    made = {name for name in whole if name}
    assert len(made) > 9


class Logit(torch.nn.Module):
    """A logistic of what goes far beyond where it is flat, and of what it is multiplied with where `shared`."""

    def __init__(self, *, shared: bool) -> None:
        super().__init__()
        self.shared, self.conv = shared, torch.nn.Conv2d(3, 3, 1)
        torch.nn.init.constant_(self.conv.weight, 20.0)
        torch.nn.init.constant_(self.conv.bias, -20.0)

    def forward(self, frame: torch.Tensor) -> torch.Tensor:
        logit = self.conv(frame)
        made = torch.sigmoid(logit)
        return torch.clamp(logit * made, 0, 1) if self.shared else made


@pytest.mark.parametrize("shared", [False, True])
def test_what_a_logistic_alone_looks_at_needs_no_range_where_it_is_flat(tmp_path: Path, *, shared: bool) -> None:
    data = convert(Logit(shared=shared).eval(), network("ladder", tmp_path), (32, 32))
    graph, ranges = TfliteGraph(data), ranges_of(data)
    [logistic] = [one for one in graph.operators if graph.kind(one) == "LOGISTIC"]
    found = ranges[graph.name(int(logistic.inputs[0]))]
    assert (found["max"].item() > 20.0) is shared
    assert (found["min"].item() < -10.0) is shared
