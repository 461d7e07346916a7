"""What light modules are made of survives every format: resizing, channel shuffle, dilation in groups, slopes."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from support.light_networks import packaged_light
from support.resizing import resized

from arllie_deploy.errors import ArllieError
from arllie_deploy.export.ethos_u import NPUS
from arllie_deploy.export.networks.delegates import held_to_delegate
from arllie_deploy.export.networks.engines import open_artifact
from arllie_deploy.export.networks.ethos_u import compile_whole
from arllie_deploy.export.networks.formats import FORMATS
from arllie_deploy.export.networks.frames import Size, night_frame
from arllie_deploy.export.networks.module import load_module, run_module
from arllie_deploy.export.networks.request import NetworkRequest
from arllie_deploy.models.light_modules import modules
from arllie_deploy.networks.network import Network, sha256_of

pytestmark = pytest.mark.filterwarnings("ignore")  # the converters and what they import warn about themselves
SIZE = (32, 24)
MISSING = {name: FORMATS[name].why_unavailable() for name in ("onnx", "openvino", "ncnn", "tflite", "ethos-u")}
EVERY = [
    pytest.param(name, marks=pytest.mark.skipif(MISSING[name] is not None, reason=str(MISSING[name])))
    for name in ("onnx", "openvino", "ncnn", "tflite")
]
needs_tflite = pytest.mark.skipif(MISSING["tflite"] is not None, reason=str(MISSING["tflite"]))
needs_vela = pytest.mark.skipif(MISSING["ethos-u"] is not None, reason=str(MISSING["ethos-u"]))


def written(
    made: Network, name: str, folder: Path, precision: str = "fp32", size: Size = SIZE, delegate: str | None = None
) -> NetworkRequest:
    row = FORMATS[name]
    files = {size: folder / f"{made.name}{row.suffix}"}
    calibration = [night_frame(made, size)]
    request = NetworkRequest(made, name, precision, files, row.dynamic, delegate=delegate, calibration=calibration)
    row.writer()(request)
    return request


def run(request: NetworkRequest, frame: np.ndarray) -> np.ndarray:
    [path] = request.files.values()
    return open_artifact(path)[0](frame)


@pytest.mark.parametrize("align_corners", [False, True])
@pytest.mark.parametrize("name", EVERY)
def test_bilinear_resizing_keeps_its_grid(name: str, align_corners: bool, tmp_path: Path) -> None:
    """The comparison would fail with the other rule, and with TensorFlow 1's, which picks every second pixel."""
    torch.manual_seed(0)
    save_file(resized(align_corners).state_dict(), weights := tmp_path / "weights.safetensors")
    arguments = {"align_corners": align_corners}
    factory, digest = "support.resizing:resized", sha256_of(weights)
    made = Network(
        "resized", factory, weights, digest, "MIT", arguments, output_channels=6, scale=2, alignment=2, minimum=8
    )
    frame = np.random.default_rng(0).random((1, 3, 24, 32), np.float32)
    module = load_module(made)
    found, own = run(written(made, name, tmp_path), frame), run_module(module, frame)
    module.align_corners = not align_corners  # type: ignore[assignment]  # torch types attributes as tensors
    other = run_module(module, frame)
    picked = run_module(module.mixed, frame)[:, :, ::2, ::2].repeat(4, 2).repeat(4, 3)  # type: ignore[arg-type]  # as above
    assert found.shape == (1, 6, 48, 64)
    for channels in (slice(0, 3), slice(3, 6)):
        assert np.abs(found[:, channels] - own[:, channels]).max() <= 1e-5
        assert np.abs(found[:, channels] - other[:, channels]).max() > 0.05
    assert np.abs(found[:, 3:] - picked).max() > 0.05


@pytest.mark.parametrize("name", EVERY)
def test_shuffle_dilation_in_groups_and_resizing_survive(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = packaged_light("inpainting")
    frame, module = night_frame(made, SIZE), load_module(made)
    found = run(written(made, name, tmp_path), frame)
    assert np.abs(found - run_module(module, frame)).max() <= 1e-4
    monkeypatch.setattr(modules, "shuffle_channels", lambda x, groups: x)
    assert np.abs(found - run_module(module, frame)).max() > 1e-3


@pytest.mark.parametrize("name", EVERY)
def test_the_smooth_guess_survives(name: str, tmp_path: Path) -> None:
    made, size = packaged_light("inpainting", shortcut="smooth"), (64, 32)
    frame, module = night_frame(made, size), load_module(made)
    found = run(written(made, name, tmp_path, size=size), frame)
    assert np.abs(found - run_module(module, frame)).max() <= 1e-4


@pytest.mark.slow
@pytest.mark.parametrize("convolutions", ["light", "full"])
@pytest.mark.parametrize("task", ["denoising", "super-resolution", "inpainting"])
@pytest.mark.parametrize("name", EVERY)
def test_light_networks_and_their_baselines_are_what_they_were(
    name: str, task: str, convolutions: str, tmp_path: Path
) -> None:
    made = packaged_light(task, convolutions)
    frame = night_frame(made, SIZE)
    found = run(written(made, name, tmp_path), frame)
    assert found.shape == (1, made.output_channels, SIZE[1] * made.scale, SIZE[0] * made.scale)
    assert np.abs(found - run_module(load_module(made), frame)).max() <= 1e-4


@needs_tflite
@pytest.mark.parametrize("task", ["denoising", "super-resolution", "inpainting"])
def test_delegates_take_the_form_that_is_made_for_them(task: str, tmp_path: Path) -> None:
    request = written(packaged_light(task, delegate=True), "tflite", tmp_path, "int8", delegate="nnapi")
    assert held_to_delegate(request)[0] is None
    assert held_to_delegate(replace(request, delegate="hexagon"))[0] is None
    if MISSING["ethos-u"] is None:
        [path] = request.files.values()
        assert 0 < compile_whole(NPUS[0], path, "32x24").sram_bytes <= NPUS[0].sram_limit_bytes


@needs_tflite
def test_what_they_lack_of_the_published_form_is_named_with_its_layer(tmp_path: Path) -> None:
    request = written(packaged_light("inpainting"), "tflite", tmp_path, "int8", delegate="nnapi")
    for delegate in ("nnapi", "hexagon"):
        failed, _ = held_to_delegate(replace(request, delegate=delegate))
        assert failed is not None
        assert "GATHER is not in" in failed
        assert "(in GATHER of " in failed
    # Of the convolutions those in groups, whose version no list has, and no other one.
    failed, _ = held_to_delegate(request)
    assert failed is not None
    grouped = next(part for part in failed.split("; ") if "version 6 of the operator" in part)
    named = re.findall(r"CONV_2D of (\S+?)[,)]", grouped)
    assert named
    assert all("Gsat_conv" in layer for layer in named)
    if MISSING["ethos-u"] is None:
        [path] = request.files.values()
        with pytest.raises(ArllieError, match=r"cannot execute .*GATHER of .*: Vela leaves it"):
            compile_whole(NPUS[0], path, "32x24")
