"""What LW-ISP is made of goes through the converters: four planes in, twice the sides out, reflections, attention."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from support.networks import frames, network, packaged_lw_isp
from torch import nn

from arllie_deploy.errors import ArllieError
from arllie_deploy.export.ethos_u import NPUS
from arllie_deploy.export.networks import module
from arllie_deploy.export.networks.delegates import held_to_delegate
from arllie_deploy.export.networks.engines import open_artifact
from arllie_deploy.export.networks.ethos_u import compile_whole
from arllie_deploy.export.networks.formats import FORMATS
from arllie_deploy.export.networks.module import load_module, run_module
from arllie_deploy.export.networks.request import NetworkRequest
from arllie_deploy.export.networks.tflite_graph import TfliteGraph
from arllie_deploy.export.request import Written
from arllie_deploy.models.lw_isp.config import LwIspConfig

pytestmark = pytest.mark.filterwarnings("ignore")  # the converters and what they import warn about themselves
MISSING = {name: FORMATS[name].why_unavailable() for name in ("onnx", "openvino", "ncnn", "tflite", "ethos-u")}
EVERY = [
    pytest.param(name, marks=pytest.mark.skipif(MISSING[name] is not None, reason=str(MISSING[name])))
    for name in ("onnx", "openvino", "ncnn", "tflite")
]
needs_tflite = pytest.mark.skipif(MISSING["tflite"] is not None, reason=str(MISSING["tflite"]))
needs_vela = pytest.mark.skipif(MISSING["ethos-u"] is not None, reason=str(MISSING["ethos-u"]))
INTEGERS = ("onnx", "openvino", "tflite")
LEAST_DB = {"fp32": 120.0, "fp16": 55.0, "int8": 35.0}
FOR_DELEGATES = LwIspConfig().for_delegates().to_json()
Artifact = Callable[..., tuple[NetworkRequest, Written]]


@pytest.fixture(scope="module")
def artifact(tmp_path_factory: pytest.TempPathFactory) -> Artifact:
    """Writes a network in a format and a precision once, in 32x32."""
    floats = tmp_path_factory.mktemp("floats")

    @cache
    def written(
        kind: str, format_name: str, precision: str, delegate: str | None = None
    ) -> tuple[NetworkRequest, Written]:
        folder, row = tmp_path_factory.mktemp(kind), FORMATS[format_name]
        if kind == "for_delegates":
            made = network("small_isp", folder, arguments=FOR_DELEGATES, channels=3, scale=1, color="RGB")
        else:
            made = network(kind, folder)
        files = {(32, 32): folder / f"a{row.suffix}"}
        request = NetworkRequest(
            made,
            format_name,
            precision,
            files,
            row.dynamic,
            delegate=delegate,
            calibration=frames(made.channels),
            floats=floats,
        )
        return request, row.writer()(request)

    return written


def psnr(request: NetworkRequest) -> float:
    [path] = request.files.values()
    frame = frames(request.network.channels, 1)[0]
    exact = run_module(load_module(request.network), frame)
    difference = open_artifact(path)[0](frame) - exact
    assert exact.std() > 0.02
    return float(-10 * np.log10(np.mean(difference**2) + 1e-30))


@pytest.mark.parametrize("precision", LEAST_DB)
@pytest.mark.parametrize("name", EVERY)
def test_a_raw_frame_becomes_a_picture_of_twice_its_sides(artifact: Artifact, name: str, precision: str) -> None:
    if precision not in FORMATS[name].precisions:
        pytest.skip(f"{name} has no {precision}")
    request, _ = artifact("small_isp", name, precision)
    [path] = request.files.values()
    assert open_artifact(path)[0](frames(4, 1)[0]).shape == (1, 3, 64, 64)
    assert psnr(request) >= LEAST_DB[precision]


@pytest.mark.parametrize(("name", "precision"), [*((name, "int8") for name in INTEGERS), ("onnx", "fp32")])
def test_joins_are_balanced_for_integers_alone(
    name: str, precision: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    row, made = FORMATS[name], packaged_lw_isp("enhancement")
    if MISSING[name] is not None:
        pytest.skip(MISSING[name])
    asked: list[str] = []
    balance = module.find_balance(made)
    assert balance is not None

    def noted(network: nn.Module) -> None:
        asked.append(name)
        balance(network)

    monkeypatch.setattr(module, "find_balance", lambda _: noted)
    path = tmp_path / f"a{row.suffix}"
    request = NetworkRequest(
        made, name, precision, {(32, 32): path}, row.dynamic, calibration=frames(3), percentile=100.0
    )
    row.writer()(request)
    assert asked == ([name] if precision == "int8" else [])


@pytest.mark.parametrize("name", EVERY)
def test_a_shuffle_has_the_order_of_pixel_shuffle(artifact: Artifact, name: str) -> None:
    request, _ = artifact("ramp", name, "fp32")
    [path] = request.files.values()
    made = open_artifact(path)[0](np.ones((1, 4, 32, 32), np.float32))[0]
    for color in range(3):
        square = np.array([[1, 2], [3, 4]]) + 4 * color
        np.testing.assert_allclose(made[color], np.tile(square / 16, (32, 32)), atol=1e-6)


@needs_tflite
def test_int8_as_published_shuffles_by_one_operator_and_changes_its_scale_at_the_end_alone(artifact: Artifact) -> None:
    request, written = artifact("small_isp", "tflite", "int8", "nnapi")
    found = Counter(written.operators)
    assert not {"DEQUANTIZE", "TRANSPOSE", "RESHAPE", "GATHER"} & set(found)
    # From the scale that a sigmoid has to that of frames.
    assert (found["QUANTIZE"], written.operators[-1]) == (1, "QUANTIZE")
    assert (found["DEPTH_TO_SPACE"], found["REDUCE_MAX"], found["MEAN"]) == (3, 1, 3)
    assert written.facts == {"float_operators": []}
    [path] = request.files.values()
    graph = TfliteGraph(path.read_bytes())
    for operator in graph.operators:
        if graph.kind(operator) in ("MEAN", "REDUCE_MAX"):
            ends = (graph.tensors[int(tensor)].quantization for tensor in (operator.inputs[0], operator.outputs[0]))
            assert len({(float(end.scale[0]), int(end.zeroPoint[0])) for end in ends}) == 1


@needs_tflite
@pytest.mark.parametrize("delegate", ["nnapi", "hexagon"])
def test_delegates_take_the_form_that_is_made_for_them(artifact: Artifact, delegate: str) -> None:
    request, written = artifact("for_delegates", "tflite", "int8", delegate)
    assert held_to_delegate(request)[0] is None
    assert {"MEAN", "RESIZE_NEAREST_NEIGHBOR", "CONCATENATION"} <= set(written.operators)
    assert psnr(request) >= LEAST_DB["int8"]


@needs_tflite
@pytest.mark.parametrize(
    ("delegate", "missing"),
    [
        ("nnapi", "LEAKY_RELU of Layer_d0/LeakyReLU_activation"),
        ("hexagon", "REDUCE_MAX of FineGrainedAttention_a1/SpatialAttention_spatial"),
    ],
)
def test_what_a_delegate_lacks_of_the_published_form_is_named_with_its_layer(
    artifact: Artifact, delegate: str, missing: str
) -> None:
    request, _ = artifact("small_isp", "tflite", "int8", delegate)
    failed, _ = held_to_delegate(request)
    assert failed is not None
    assert "MIRROR_PAD is not in" in failed
    assert "MIRROR_PAD of Layer_d0/Conv2d_conv" in failed
    assert f"(in {missing}" in failed


@needs_vela
def test_an_npu_takes_the_form_that_is_made_for_it_and_names_what_it_lacks_of_the_other(artifact: Artifact) -> None:
    [plain], [published] = (
        artifact(kind, "tflite", "int8")[0].files.values() for kind in ("for_delegates", "small_isp")
    )
    assert 0 < compile_whole(NPUS[0], plain, "32x32").sram_bytes <= NPUS[0].sram_limit_bytes
    with pytest.raises(ArllieError, match=r"cannot execute .*DEPTH_TO_SPACE of Last_last/Conv2d_d10: Vela leaves it"):
        compile_whole(NPUS[0], published, "32x32")
    with pytest.raises(ArllieError, match=r"takes \d+ bytes of SRAM, ethos-u55-256 has 1024; give a smaller --size"):
        compile_whole(replace(NPUS[0], sram_limit_bytes=1024), plain, "32x32")
