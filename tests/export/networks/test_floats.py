from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from support.networks import network

from arllie_deploy.export.networks.floats import kept, kept_reference
from arllie_deploy.export.networks.request import NetworkRequest


@pytest.fixture
def request_with_folder(tmp_path: Path) -> NetworkRequest:
    (tmp_path / "floats").mkdir()
    made = network("silent", tmp_path)
    return NetworkRequest(made, "tflite-cpu", "fp32", {}, False, floats=tmp_path / "floats")


def test_a_network_is_converted_once_for_a_size(request_with_folder: NetworkRequest) -> None:
    converted: list[str] = []

    def converter(name: str) -> bytes:
        converted.append(name)
        return name.encode()

    asked = [("a", (64, 32), ".tflite"), ("b", (64, 32), ".tflite"), ("c", None, ".tflite"), ("d", (64, 32), ".onnx")]
    for job in (request_with_folder, replace(request_with_folder, target="ethos-u", precision="int8")):
        found = [kept(job, size, suffix, lambda name=name: converter(name)) for name, size, suffix in asked]
        assert found == [b"a", b"a", b"c", b"d"]
    assert converted == ["a", "c", "d"]


def test_another_network_is_converted_anew(request_with_folder: NetworkRequest) -> None:
    other = replace(request_with_folder, network=replace(request_with_folder.network, sha256="0" * 64))
    assert kept(request_with_folder, None, ".onnx", lambda: b"one") == b"one"
    assert kept(other, None, ".onnx", lambda: b"other") == b"other"


def test_without_a_folder_nothing_is_kept(request_with_folder: NetworkRequest) -> None:
    alone = replace(request_with_folder, floats=None)
    assert [kept(alone, None, ".onnx", lambda made=made: made) for made in (b"one", b"two")] == [b"one", b"two"]


def test_integers_of_a_system_with_other_weights_for_them_are_converted_for_themselves(
    request_with_folder: NetworkRequest,
) -> None:
    factory = "arllie_deploy.models.lw_isp.deploy:build_deployed"
    floats = replace(request_with_folder, network=replace(request_with_folder.network, factory=factory))
    integers = replace(floats, precision="int8")
    assert kept(floats, None, ".onnx", lambda: b"plain") == b"plain"
    assert kept(integers, None, ".onnx", lambda: b"balanced") == b"balanced"
    assert kept(replace(floats, precision="fp16"), None, ".onnx", lambda: b"never") == b"plain"


def test_a_reference_is_computed_once_for_a_frame_of_a_size(request_with_folder: NetworkRequest) -> None:
    computed: list[float] = []

    def reference(value: float) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
        computed.append(value)
        return np.full((1, 3, 2, 2), value)

    asked = [(1.0, (64, 32), "night"), (2.0, (64, 32), "page"), (3.0, (32, 32), "night"), (4.0, (64, 32), "night")]
    for job in (request_with_folder, replace(request_with_folder, target="ethos-u", precision="int8")):
        found = [kept_reference(job, size, name, lambda value=value: reference(value)) for value, size, name in asked]
        assert [one.flat[0] for one in found] == [1.0, 2.0, 3.0, 1.0]
        assert {(one.dtype, one.shape) for one in found} == {(np.dtype(np.float64), (1, 3, 2, 2))}
    assert computed == [1.0, 2.0, 3.0]
    alone = replace(request_with_folder, floats=None)
    assert kept_reference(alone, (64, 32), "night", lambda: reference(9.0)).flat[0] == 9.0
