from dataclasses import replace
from pathlib import Path

import pytest
from support.networks import frames, network

from arllie_deploy.export.networks.delegates import describe, held_to_delegate, layer_of, layers
from arllie_deploy.export.networks.formats import FORMATS
from arllie_deploy.export.networks.request import NetworkRequest
from arllie_deploy.export.networks.tflite import write

pytestmark = pytest.mark.filterwarnings("ignore")  # litert-torch and what it imports warn about themselves


@pytest.mark.parametrize(
    ("tensor", "layer"),
    [
        ("a.b.Wrap/x.SadUnet_network/x.blocks.Level_1/torch.nn.modules.conv.Conv2d_expand;1", "Level_1/Conv2d_expand"),
        (
            "a.Wrap/x.Net_network/t.ReLU6_1;;a.Wrap/x.Net_network/t.Sequential_stem/t.Conv2d_0;",
            "Sequential_stem/Conv2d_0",
        ),
        ("a.Wrap/x.Net_network;", "Net_network"),
        ("serving_default_output_0", "serving_default_output_0"),
    ],
)
def test_a_tensors_name_says_its_layer(tensor: str, layer: str) -> None:
    assert layer_of(tensor) == layer


def test_each_problem_is_said_once_with_its_layers() -> None:
    problems = ["no GATHER", None, "no PAD", "no GATHER", "no GATHER"]
    assert describe(problems, ["a", "b", "c", "d", "a"]) == "no GATHER (in a, d); no PAD (in c)"


@pytest.mark.skipif(FORMATS["tflite"].why_unavailable() is not None, reason=str(FORMATS["tflite"].why_unavailable()))
def test_what_a_delegate_leaves_out_is_named_with_its_layer(tmp_path: Path) -> None:
    made = network("shuffled", tmp_path)
    path = tmp_path / "shuffled.tflite"
    files = {(32, 32): path}
    request = NetworkRequest(made, "tflite-hexagon", "int8", files, False, delegate="hexagon", calibration=frames(3))
    write(request)
    assert any(layer == "CONV_2D of Conv2d_last" for layer in layers(path.read_bytes()))
    failed, facts = held_to_delegate(request)
    assert failed is not None
    assert "GATHER is not in" in failed
    assert "(in GATHER of " in failed
    assert facts == {"delegate": "hexagon"}
    assert held_to_delegate(replace(request, delegate=None)) == (None, {})
