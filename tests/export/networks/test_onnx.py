import json
from pathlib import Path

import numpy as np
import pytest
from support.networks import frames, network

from arllie_deploy import ArllieError
from arllie_deploy.errors import CheckFailedError
from arllie_deploy.export.networks.engines import open_artifact
from arllie_deploy.export.networks.formats import FORMATS
from arllie_deploy.export.networks.module import load_module, run_module
from arllie_deploy.export.networks.onnx import OPSET, check_opset, to_model, write
from arllie_deploy.export.networks.request import NetworkRequest
from arllie_deploy.runtimes import RUNTIMES

pytestmark = [
    pytest.mark.skipif(FORMATS["onnx"].why_unavailable() is not None, reason=str(FORMATS["onnx"].why_unavailable())),
    pytest.mark.filterwarnings("ignore"),  # torch's exporter warns about itself
]
SIZE = (32, 32)
LEAST_DB = {"fp32": 120.0, "fp16": 60.0, "int8": 35.0}


def write_to(path: Path, kind: str, precision: str, *, dynamic: bool = True) -> NetworkRequest:
    made = network(kind, path.parent)
    request = NetworkRequest(made, "onnx-cpu", precision, {SIZE: path}, dynamic, calibration=frames(made.channels))
    write(request)
    return request


def psnr(path: Path, kind: str, height: int, width: int) -> float:
    made = network(kind, path.parent)
    frame = np.ascontiguousarray(frames(made.channels, 1, 64)[0][:, :, :height, :width])
    difference = open_artifact(path)[0](frame) - run_module(load_module(made), frame)
    return float(-10 * np.log10(np.mean(difference**2) + 1e-30))


@pytest.mark.parametrize("precision", ["fp32", "int8"])
def test_the_same_input_gives_the_same_bytes(tmp_path: Path, precision: str) -> None:
    for name in ("a.onnx", "b.onnx"):
        write_to(tmp_path / name, "shuffled", precision)
    assert (tmp_path / "a.onnx").read_bytes() == (tmp_path / "b.onnx").read_bytes()


@pytest.mark.parametrize("kind", ["unet", "raw_to_rgb"])
def test_one_file_serves_every_size(tmp_path: Path, kind: str) -> None:
    write_to(tmp_path / "a.onnx", kind, "fp32")
    for height, width in ((32, 32), (8, 42), (50, 22)):
        assert psnr(tmp_path / "a.onnx", kind, height, width) >= LEAST_DB["fp32"]


@pytest.mark.parametrize("precision", ["fp16", "int8"])
def test_lower_precision_is_in_the_file_and_near_the_network(tmp_path: Path, precision: str) -> None:
    import onnx

    write_to(tmp_path / "a.onnx", "unet", precision)
    model = onnx.load(tmp_path / "a.onnx")
    kernels = {one.name: one.data_type for one in model.graph.initializer if len(one.dims) == 4}
    wanted = onnx.TensorProto.FLOAT16 if precision == "fp16" else onnx.TensorProto.INT8
    assert set(kernels.values()) == {wanted}
    assert {value.type.tensor_type.elem_type for value in (*model.graph.input, *model.graph.output)} == {1}
    assert psnr(tmp_path / "a.onnx", "unet", 32, 32) >= LEAST_DB[precision]
    assert psnr(tmp_path / "a.onnx", "unet", 8, 42) >= LEAST_DB[precision]


def test_int8_is_per_channel_with_signed_activations(tmp_path: Path) -> None:
    import onnx

    write_to(tmp_path / "a.onnx", "unet", "int8")
    model = onnx.load(tmp_path / "a.onnx")
    constants = {one.name: onnx.numpy_helper.to_array(one) for one in model.graph.initializer}
    axes = {len(constants[node.input[1]].shape) for node in model.graph.node if node.op_type == "DequantizeLinear"}
    assert axes == {0, 1}
    zero_points = [constants[node.input[2]] for node in model.graph.node if node.op_type == "QuantizeLinear"]
    assert {zero_point.dtype for zero_point in zero_points} == {np.dtype(np.int8)}


def test_the_file_describes_itself_and_says_nothing_about_this_machine(tmp_path: Path) -> None:
    request = write_to(tmp_path / "a.onnx", "unet", "fp32")
    opened = RUNTIMES["onnxruntime"].open(tmp_path / "a.onnx", 1)
    assert opened.run(np.zeros((16, 24, 3), np.uint8)).shape == (16, 24, 3)
    metadata = json.loads(open_artifact(tmp_path / "a.onnx")[1] or "")
    assert metadata["model_sha256"] == request.network.sha256
    assert (metadata["channels"], metadata["alignment"], metadata["schema"]) == (3, 2, f"opset {OPSET}")
    data = (tmp_path / "a.onnx").read_bytes()
    assert str(Path.cwd()).encode() not in data
    assert b".py" not in data


def test_a_runtime_that_feeds_rgb_refuses_a_network_of_bayer_planes(tmp_path: Path) -> None:
    write_to(tmp_path / "a.onnx", "raw_to_rgb", "fp32")
    with pytest.raises(ArllieError, match="color is 'RGGB', this runtime feeds 'RGB'"):
        RUNTIMES["onnxruntime"].open(tmp_path / "a.onnx", 1)


def test_a_network_of_one_size_is_written_for_that_size(tmp_path: Path) -> None:
    write_to(tmp_path / "a.onnx", "unet", "fp32", dynamic=False)
    assert RUNTIMES["onnxruntime"].open(tmp_path / "a.onnx", 1).size == (32, 32)


def test_another_opset_than_asked_for_is_an_error(tmp_path: Path) -> None:
    model = to_model(load_module(network("shuffled", tmp_path)), network("shuffled", tmp_path), SIZE)
    check_opset(model)
    model.opset_import[0].version = OPSET + 1
    with pytest.raises(CheckFailedError, match=f"wrote opsets .*{OPSET + 1}"):
        check_opset(model)
