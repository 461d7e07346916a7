import io
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from support.enhancers import random_enhancer
from torch import Tensor, nn

from arllie_deploy.enhancer import Enhancer
from arllie_deploy.epilogues import EPILOGUES
from arllie_deploy.export.graph import build_graph
from arllie_deploy.export.onnx import OPSET, simplified, to_model, write
from arllie_deploy.export.request import Request
from arllie_deploy.export.templates import make_templates
from arllie_deploy.quality.parity import compare
from arllie_deploy.runtimes import RUNTIMES
from arllie_deploy.runtimes.layout import from_tensor, to_tensor

onnx = pytest.importorskip("onnx", reason="onnx is not installed")
rows = pytest.mark.parametrize("epilogue", EPILOGUES)


def written(enhancer: Enhancer, folder: Path) -> Path:
    path = folder / "m.onnx"
    write(Request(enhancer, "onnx-cpu", "fp32", (64, 48), path))
    return path


@rows
@pytest.mark.parametrize("size", [(1, 1), (7, 1), (67, 251)])
def test_one_file_serves_every_size(epilogue: str, size: tuple[int, int], tmp_path: Path) -> None:
    enhancer = random_enhancer(epilogue)
    opened = RUNTIMES["onnxruntime"].open(written(enhancer, tmp_path), 1)
    y = np.random.default_rng(0).random((*size, 3))
    output = from_tensor(opened.infer(to_tensor(y, opened.layout)), opened.layout)
    assert opened.size is None
    assert compare(output, enhancer.reference(y)).max_abs <= 2e-6


@rows
def test_the_same_model_gives_the_same_bytes(epilogue: str, tmp_path: Path) -> None:
    enhancer = random_enhancer(epilogue)
    first = written(enhancer, tmp_path).read_bytes()
    assert written(enhancer, tmp_path).read_bytes() == first


def test_small_illumination_costs_no_accuracy(tmp_path: Path) -> None:
    """Dark pixels whose illumination is tiny: onnxruntime's own Sigmoid is 2e-5 off here."""
    bias = np.array([-6.0, -7.0, -8.0], np.float32)
    enhancer = Enhancer("dark", np.zeros((3, 3, 3, 3), np.float32), bias, "residual")
    opened = RUNTIMES["onnxruntime"].open(written(enhancer, tmp_path), 1)
    y = np.arange(256).reshape(16, 16, 1).repeat(3, axis=2) / 255
    output = from_tensor(opened.infer(to_tensor(y, opened.layout)), opened.layout)
    assert compare(output, enhancer.reference(y)).max_abs <= 1e-6


def test_the_artifact_describes_itself(tmp_path: Path) -> None:
    enhancer = random_enhancer()
    model = onnx.load(written(enhancer, tmp_path))
    assert [entry.version for entry in model.opset_import] == [OPSET]
    text = {entry.key: entry.value for entry in model.metadata_props}["arllie"]
    for fact in (enhancer.sha256, '"layout": "NCHW"', '"color": "RGB"', '"form": "residual"', '"precision": "fp32"'):
        assert fact in text
    kinds = [node.op_type for node in model.graph.node]
    assert kinds == ["Conv", "Neg", "Exp", "Add", "Reciprocal", "Add", "Clip", "Div"]


class Module(nn.Module):
    """The same network as a user would write it in torch."""

    def __init__(self, enhancer: Enhancer) -> None:
        super().__init__()
        self.row = enhancer.row
        self.convolution = nn.Conv2d(3, 3, 3, padding=1)
        self.convolution.weight = nn.Parameter(torch.from_numpy(enhancer.kernel))
        self.convolution.bias = nn.Parameter(torch.from_numpy(enhancer.bias))

    def forward(self, y: Tensor) -> Tensor:
        return self.row.torch_form(y, self.convolution(y), self.row.constants)


@rows
@pytest.mark.filterwarnings("ignore")  # torch.onnx warns about its own deprecations
def test_equals_what_torch_exports(epilogue: str) -> None:
    import onnxruntime

    enhancer = random_enhancer(epilogue)
    ours = to_model(build_graph(enhancer)).SerializeToString()
    exported = torch.onnx.export(Module(enhancer).eval(), (torch.zeros(1, 3, 24, 32),), dynamo=True)
    buffer = io.BytesIO()
    assert exported is not None
    exported.save(buffer)
    y = np.random.default_rng(1).random((1, 3, 24, 32)).astype(np.float32)
    outputs: list[Any] = []
    for data in (ours, buffer.getvalue()):
        session = onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])
        outputs.append(session.run(None, {session.get_inputs()[0].name: y})[0])
    np.testing.assert_allclose(outputs[0], outputs[1], rtol=0, atol=2e-6)


@rows
def test_onnxsim_finds_nothing_to_remove(epilogue: str) -> None:
    model = to_model(build_graph(random_enhancer(epilogue)))
    kinds = [node.op_type for node in model.graph.node]
    assert [node.op_type for node in simplified(model).graph.node] == kinds


def test_the_packaged_templates_are_what_the_writer_makes() -> None:
    folder = files("arllie_deploy.runtimes") / "templates"
    made = make_templates()
    assert {entry.name for entry in folder.iterdir()} == set(made)
    for name, data in made.items():
        assert (folder / name).read_bytes() == data, f"{name} is stale: make templates"
