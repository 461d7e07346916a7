import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from support.networks import network

from arllie_deploy import ArllieError
from arllie_deploy.export.manifest import Status
from arllie_deploy.export.networks.formats import FORMATS
from arllie_deploy.export.networks.pipeline import NetworkJob, make
from arllie_deploy.networks.network import Figures, Network

needs_ncnn = pytest.mark.skipif(
    FORMATS["ncnn"].why_unavailable() is not None, reason=str(FORMATS["ncnn"].why_unavailable())
)


@pytest.fixture(autouse=True)
def factories_of_the_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    places = [str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", "")]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, places)))


def job(made: Network, **changes: int) -> NetworkJob:
    pictures: list[NDArray[np.uint8]] = [np.zeros((8, 8, 3), np.uint8)]
    return NetworkJob(made, FORMATS["ncnn"], "ncnn-cpu", "fp32", (64, 48), pictures)


@needs_ncnn
def test_a_network_is_written_and_verified_in_processes_of_their_own(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    outcome = make(
        job(network("shuffled", tmp_path, arguments={"width": 4})), tmp_path / "out" / "u.param", timeout_s=300
    )
    assert outcome.status == Status.OK, outcome
    assert outcome.written is not None
    assert outcome.written.sidecars == ["u.bin", "u.json"]
    assert outcome.verdict is not None
    assert outcome.verdict["parity"]["sizes"] == ["256x256", "251x67", "1920x1080", "64x48"]
    assert sorted(one.name for one in (tmp_path / "out").iterdir()) == ["u.bin", "u.json", "u.param"]
    assert set(outcome.seconds) == set(outcome.peak_bytes) == {"write", "verify"}
    assert 0 < max(outcome.peak_bytes.values()) < 8 * 1024**3


@needs_ncnn
def test_a_step_that_wants_more_memory_than_it_may_have_fails_alone(tmp_path: Path) -> None:
    outcome = make(job(network("unet", tmp_path)), tmp_path / "u.param", timeout_s=300, memory_bytes=64 * 1024**2)
    assert outcome.status == Status.FAILED
    assert outcome.reason is not None
    assert outcome.reason.startswith("the converter failed: ")
    assert outcome.verdict is None


@needs_ncnn
def test_a_factory_that_is_not_there_fails_with_one_line(tmp_path: Path) -> None:
    made = replace(network("unet", tmp_path), factory="nowhere:make")
    outcome = make(job(made), tmp_path / "u.param", timeout_s=300)
    assert outcome.status == Status.FAILED
    assert outcome.reason is not None
    assert "'nowhere:make' names no function" in outcome.reason
    assert outcome.log is not None


def test_a_size_that_the_network_does_not_take_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ArllieError, match="try 66x8"):
        NetworkJob(network("unet", tmp_path), FORMATS["onnx"], "onnx-cpu", "fp32", (65, 7), [])


def test_calibration_needs_a_picture(tmp_path: Path) -> None:
    with pytest.raises(ArllieError, match="calibration needs at least one picture"):
        NetworkJob(network("unet", tmp_path), FORMATS["onnx"], "onnx-cpu", "int8", (64, 48), [])


@pytest.mark.parametrize(
    ("form", "precision", "judged"),
    [
        ("onnx", "fp32", ((256, 256),)),
        ("onnx", "int8", ((256, 256), (640, 384))),
        ("tflite", "fp32", ((256, 256),)),
        ("tflite", "int8", ((640, 384),)),
    ],
)
def test_integers_are_made_for_the_size_that_was_asked_for(
    tmp_path: Path, form: str, precision: str, judged: tuple[tuple[int, int], ...]
) -> None:
    made = replace(network("unet", tmp_path), figures=Figures(None, 1000, 2000.0, 100))
    pictures: list[NDArray[np.uint8]] = [np.zeros((8, 8, 3), np.uint8)]
    assert NetworkJob(made, FORMATS[form], "any", precision, (640, 384), pictures).judged_sizes == judged
