import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from support.networks import network

from arllie_deploy import ArllieError
from arllie_deploy.export.networks import frames
from arllie_deploy.export.networks.formats import FORMATS
from arllie_deploy.export.networks.onnx import write
from arllie_deploy.export.networks.parity import verify
from arllie_deploy.export.networks.request import NetworkRequest
from arllie_deploy.networks.limits import Limits
from arllie_deploy.networks.network import Network
from arllie_deploy.pictures.dark_set import DARK_PICTURES, dark_pictures

pytestmark = [
    pytest.mark.skipif(FORMATS["onnx"].why_unavailable() is not None, reason=str(FORMATS["onnx"].why_unavailable())),
    pytest.mark.filterwarnings("ignore"),  # torch's exporter warns about itself
]


def request_for(made: Network, folder: Path, precision: str, *sizes: str) -> NetworkRequest:
    every = frames.parity_sizes(made)
    files = {every[size]: folder / f"{made.name}-{precision}.onnx" for size in sizes or ("square", "odd")}
    calibration = frames.calibration_frames(made, dark_pictures().values(), every["square"])
    judged = [every["square"]]
    return NetworkRequest(made, "onnx-cpu", precision, files, True, calibration=calibration, judged=judged)


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> NetworkRequest:
    folder = tmp_path_factory.mktemp("networks")
    request = request_for(network("unet", folder), folder, "fp32")
    write(request)
    return request


@pytest.fixture(scope="module")
def integers(tmp_path_factory: pytest.TempPathFactory) -> NetworkRequest:
    folder = tmp_path_factory.mktemp("integers")
    request = request_for(network("unet", folder, metric="support.networks:metric"), folder, "int8")
    write(request)
    return request


def test_the_network_passes_at_every_size(exported: NetworkRequest) -> None:
    verdict = verify(exported)
    assert verdict.failed is None
    assert verdict.parity.max_abs <= 1e-5
    assert verdict.to_json("int8")["sizes"] == ["256x256", "254x70"]


def test_another_networks_weights_are_rejected_with_the_frame_named(exported: NetworkRequest, tmp_path: Path) -> None:
    import onnx

    model = onnx.load(next(iter(exported.files.values())))
    [bias] = [one for one in model.graph.initializer if list(one.dims) == [3]]
    bias.CopyFrom(onnx.numpy_helper.from_array(onnx.numpy_helper.to_array(bias) + np.float32(0.001), bias.name))
    onnx.save(model, tmp_path / "other.onnx")
    square = frames.parity_sizes(exported.network)["square"]
    failed = verify(replace(exported, files={square: tmp_path / "other.onnx"})).failed
    assert failed is not None
    assert re.fullmatch(rf"frame {DARK_PICTURES[0]} at 256x256: max 0\.00\d+, limit 0\.0001", failed)


def test_an_artifact_of_another_network_is_refused_before_anything_runs(
    exported: NetworkRequest, tmp_path: Path
) -> None:
    other = network("unet", tmp_path, arguments={"width": 4})
    with pytest.raises(ArllieError, match=r"model_sha256 is '.*', asked for"):
        verify(replace(exported, network=other))
    with pytest.raises(ArllieError, match="precision is 'fp32', asked for 'int8'"):
        verify(replace(exported, precision="int8"))


def test_int8_is_judged_by_the_tasks_own_metric_too(integers: NetworkRequest) -> None:
    verdict = verify(integers)
    assert verdict.failed is None
    assert verdict.lost_db is not None
    assert abs(verdict.lost_db) <= 0.3
    assert verdict.sensitivity == []
    strict = replace(integers.network, limits=Limits(int8_lost_db=-10.0))
    failed = verify(replace(integers, network=strict)).failed
    assert failed is not None
    assert failed.startswith("support.networks:metric loses ")


def test_int8_is_judged_on_a_picture_that_it_was_not_calibrated_on(
    integers: NetworkRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = integers.network
    [size] = integers.judged
    unseen = frames.night_frame(made, size)
    assert not any(np.array_equal(unseen, frame) for frame in integers.calibration)
    monkeypatch.setattr(frames, "night_frame", lambda _made, _size: np.full_like(unseen, np.nan))
    verdict = verify(replace(integers, files={size: integers.files[size]}))
    assert verdict.failed is not None
    assert verdict.failed.startswith("frame night at 256x256")


def test_int8_that_fails_lists_its_most_sensitive_layers(integers: NetworkRequest) -> None:
    strict = replace(integers.network, limits=Limits(int8_db=90.0))
    verdict = verify(replace(integers, network=strict))
    assert verdict.failed is not None
    assert "dB, limit 90; most sensitive layers: " in verdict.failed
    assert {layer for layer, _ in verdict.sensitivity} == {"stem.0", "deep", "attention", "last"}
    assert len(verdict.to_json("int8")["sensitivity"]) == 4


def test_a_wide_range_in_one_layer_fails_the_default_limits(tmp_path: Path) -> None:
    request = request_for(network("exploding", tmp_path), tmp_path, "int8", "square")
    write(request)
    verdict = verify(request)
    assert verdict.failed is not None
    assert verdict.failed.startswith("frame ")
    assert verdict.sensitivity[0][0] == "wide"
