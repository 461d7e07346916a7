import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from numpy.typing import NDArray
from support.enhancers import random_enhancer

from arllie_deploy.enhancer import Enhancer
from arllie_deploy.epilogues import EPILOGUES
from arllie_deploy.export.calibration import observe
from arllie_deploy.export.graph import build_graph
from arllie_deploy.export.onnx import to_integer_model
from arllie_deploy.export.openvino import SCHEMA, write
from arllie_deploy.export.quantization import quantize
from arllie_deploy.export.request import Request, Written
from arllie_deploy.export.targets.openvino import ROW as TARGET
from arllie_deploy.frames import to_unit
from arllie_deploy.models import find_fixed_model
from arllie_deploy.pictures.dark_set import dark_pictures
from arllie_deploy.quality.parity import compare
from arllie_deploy.runtimes.layout import from_tensor, to_tensor
from arllie_deploy.runtimes.openvino import ROW

available = ROW.availability()
pytestmark = pytest.mark.skipif(not available.ok, reason=str(available.reason))
rows = pytest.mark.parametrize("epilogue", EPILOGUES)


def written(
    enhancer: Enhancer, precision: str, folder: Path, calibration: Sequence[NDArray[np.uint8]] = ()
) -> tuple[Path, Written]:
    path = folder / "m.xml"
    return path, write(Request(enhancer, "openvino", precision, (64, 48), path, calibration))


def output(path: Path, y: NDArray[Any]) -> NDArray[np.float32]:
    opened = ROW.open(path, 1)
    return from_tensor(opened.infer(to_tensor(y, opened.layout)), opened.layout)


@rows
def test_one_file_serves_every_size(epilogue: str, tmp_path: Path) -> None:
    enhancer = random_enhancer(epilogue)
    path, _ = written(enhancer, "fp32", tmp_path)
    opened = ROW.open(path, 1)
    assert opened.size is None
    for size in ((1, 1), (7, 1), (67, 251)):
        y = np.random.default_rng(0).random((*size, 3))
        made = from_tensor(opened.infer(to_tensor(y, opened.layout)), opened.layout)
        assert compare(made, enhancer.reference(y)).max_abs <= 2e-6


def test_half_precision_rounds_the_weights_and_nothing_else(tmp_path: Path) -> None:
    enhancer = find_fixed_model("arllie-lol")
    path, _ = written(enhancer, "fp16", tmp_path)
    kernel, bias = (array.astype(np.float16).astype(np.float32) for array in (enhancer.kernel, enhancer.bias))
    halves = replace(enhancer, kernel=kernel, bias=bias)
    y = np.random.default_rng(0).random((67, 251, 3))
    assert compare(output(path, y), halves.reference(y)).max_abs <= 2e-6
    assert 1e-5 < compare(output(path, y), enhancer.reference(y)).max_abs <= 2e-3


def test_the_weights_of_half_precision_take_half_the_bytes(tmp_path: Path) -> None:
    sizes = []
    for precision in ("fp32", "fp16"):
        path, made = written(random_enhancer(), precision, tmp_path)
        assert made.sidecars == ["m.bin"]
        sizes.append(path.with_name("m.bin").stat().st_size)
    assert sizes[1] * 2 == sizes[0] >= 84 * 4


@pytest.mark.parametrize("name", dark_pictures())
def test_integers_keep_the_dark_pictures(name: str, integer_artifact: Path) -> None:
    frame = dark_pictures()[name]
    parity = compare(output(integer_artifact, frame), find_fixed_model("arllie-plain-lol").reference(to_unit(frame)))
    assert parity.psnr_db >= 45.0


def test_integers_are_those_of_onnxruntime(integer_artifact: Path) -> None:
    """One level apart at most, where a sum lies next to a rounding tie."""
    import onnxruntime

    graph = build_graph(find_fixed_model("arllie-plain-lol"))
    integers = quantize(graph, observe(graph, list(dark_pictures().values()), 100.0), "uint8")
    model = to_integer_model(integers).SerializeToString()
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    frame = dark_pictures()["page"]
    expected = from_tensor(session.run(None, {"input": to_tensor(frame, "NCHW")})[0], "NCHW")
    levels = np.abs(output(integer_artifact, frame) - expected) * 255
    assert levels.max() <= 1.001
    assert (levels > 0.5).mean() < 0.01


@pytest.fixture(scope="module")
def integer_artifact(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("int8")
    path, made = written(find_fixed_model("arllie-plain-lol"), "int8", folder, list(dark_pictures().values()))
    assert "FakeQuantize" in made.operators
    assert made.scales["y"] == {"scale": 1 / 255, "zero_point": 0, "dtype": "uint8"}
    return path


@pytest.mark.parametrize("precision", TARGET.precisions)
def test_the_same_model_gives_the_same_bytes(precision: str, tmp_path: Path) -> None:
    """Although OpenVINO names what it makes after a counter of the process."""
    frames = [np.random.default_rng(0).integers(0, 256, (24, 32, 3), np.uint8)]
    pairs = []
    for place in ("a", "b"):
        (tmp_path / place).mkdir()
        path, _ = written(random_enhancer("plain"), precision, tmp_path / place, frames)
        pairs.append((path.read_bytes(), path.with_suffix(".bin").read_bytes()))
    assert pairs[0] == pairs[1]


def test_the_artifact_describes_itself(tmp_path: Path) -> None:
    enhancer = random_enhancer()
    path, made = written(enhancer, "fp32", tmp_path)
    root = ElementTree.parse(path).getroot()
    assert f"IR {root.get('version')}" == SCHEMA
    entry = root.find("rt_info/arllie")
    assert entry is not None
    metadata = json.loads(entry.get("value", ""))
    assert metadata["model_sha256"] == enhancer.sha256
    assert (metadata["layout"], metadata["precision"], metadata["size"]) == ("NCHW", "fp32", None)
    assert (metadata["form"], metadata["schema"]) == ("residual", SCHEMA)
    assert set(metadata["tools"]) == {"arllie-deploy", "onnx", "openvino"}
    # The logistic in four nodes, as in ONNX, its negation folded into the weights.
    assert made.operators == ["Convolution", "Add", "Exp", "Add", "Divide", "Add", "Clamp", "Divide"]


def test_an_artifact_works_where_it_was_moved_to(tmp_path: Path) -> None:
    path, made = written(random_enhancer(), "fp32", tmp_path)
    (tmp_path / "there").mkdir()
    for name in (path.name, *made.sidecars):
        (tmp_path / name).rename(tmp_path / "there" / name)
    assert ROW.open(tmp_path / "there" / path.name, 1).layout == "NCHW"
