import json
from collections import Counter
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from support.networks import frames, network

from arllie_deploy.export.networks.engines import open_artifact
from arllie_deploy.export.networks.formats import FORMATS
from arllie_deploy.export.networks.module import load_module, run_module
from arllie_deploy.export.networks.request import NetworkRequest
from arllie_deploy.export.networks.tflite import write
from arllie_deploy.export.networks.tflite_graph import TfliteGraph
from arllie_deploy.export.request import Written
from arllie_deploy.runtimes import RUNTIMES

pytestmark = [
    pytest.mark.skipif(
        FORMATS["tflite"].why_unavailable() is not None, reason=str(FORMATS["tflite"].why_unavailable())
    ),
    pytest.mark.filterwarnings("ignore"),  # litert-torch and what it imports warn about themselves
]
LEAST_DB = {"fp32": 120.0, "fp16": 60.0, "int8": 35.0}
Artifact = Callable[[str, str], tuple[Path, Written]]
MOVES = {"TRANSPOSE", "RESHAPE", "GATHER"}


@pytest.fixture(scope="module")
def artifact(tmp_path_factory: pytest.TempPathFactory) -> Artifact:
    """Writes each kind in each precision once, in 32x32."""

    @cache
    def written(kind: str, precision: str) -> tuple[Path, Written]:
        folder = tmp_path_factory.mktemp(kind)
        result = write_to(folder, kind, precision, ((32, 32),))
        return folder / f"{kind}-{precision}-32.tflite", result

    return written


def write_to(folder: Path, kind: str, precision: str, sizes: tuple[tuple[int, int], ...]) -> Written:
    made = network(kind, folder)
    files = {size: folder / f"{kind}-{precision}-{size[0]}.tflite" for size in sizes}
    return write(NetworkRequest(made, "tflite-cpu", precision, files, False, calibration=frames(made.channels)))


def psnr(path: Path, kind: str, height: int = 32, width: int = 32) -> float:
    made = network(kind, path.parent)
    frame = np.ascontiguousarray(frames(made.channels, 1)[0][:, :, :height, :width])
    difference = open_artifact(path)[0](frame) - run_module(load_module(made), frame)
    return float(-10 * np.log10(np.mean(difference**2) + 1e-30))


@pytest.mark.parametrize("precision", ["fp32", "fp16", "int8"])
@pytest.mark.parametrize("kind", ["unet", "raw_to_rgb"])
def test_nothing_is_moved_about_and_the_numbers_are_the_networks(artifact: Artifact, kind: str, precision: str) -> None:
    path, written = artifact(kind, precision)
    assert not MOVES & set(written.operators)
    assert psnr(path, kind) >= LEAST_DB[precision]
    if kind == "raw_to_rgb":
        found = Counter(written.operators)
        assert (found["DEPTH_TO_SPACE"], found["SPACE_TO_DEPTH"], found["CONV_2D"]) == (2, 1, 3)


def test_int8_is_integers_throughout_with_the_scales_of_frames_at_both_ends(artifact: Artifact) -> None:
    for kind in ("unet", "raw_to_rgb"):
        path, written = artifact(kind, "int8")
        assert written.facts == {"float_operators": []}
        assert "DEQUANTIZE" not in written.operators
        graph = TfliteGraph(path.read_bytes())
        for tensor in (*graph.inputs, *graph.outputs):
            quantization = graph.tensors[tensor].quantization
            assert quantization.scale[0] == pytest.approx(1 / 255, rel=1e-6)
            assert int(quantization.zeroPoint[0]) == -128


def test_sizes_share_their_scales_and_the_same_input_gives_the_same_bytes(tmp_path: Path) -> None:
    sizes = ((32, 32), (24, 16))
    folders = tmp_path / "a", tmp_path / "b"
    for folder in folders:
        folder.mkdir()
        write_to(folder, "shuffled", "int8", sizes)
    for size in sizes:
        name = f"shuffled-int8-{size[0]}.tflite"
        assert (folders[0] / name).read_bytes() == (folders[1] / name).read_bytes()
    graphs = [TfliteGraph((folders[0] / f"shuffled-int8-{size[0]}.tflite").read_bytes()) for size in sizes]
    scales = [[graph.tensors[int(one.outputs[0])].quantization.scale[0] for one in graph.operators] for graph in graphs]
    assert scales[0] == scales[1]
    assert psnr(folders[0] / "shuffled-int8-24.tflite", "shuffled", 16, 24) >= LEAST_DB["int8"]


def test_a_channel_shuffle_is_one_operator(artifact: Artifact) -> None:
    for precision in ("fp32", "int8"):
        path, written = artifact("shuffled", precision)
        assert [kind for kind in written.operators if kind in MOVES] == ["GATHER"]
        assert psnr(path, "shuffled") >= LEAST_DB[precision]


def test_clamps_are_operators_that_delegates_know(artifact: Artifact) -> None:
    assert artifact("unet", "fp32")[1].operators[-2:] == ["MINIMUM", "RELU"]


def test_the_file_describes_itself_to_the_runtime(artifact: Artifact) -> None:
    path, _ = artifact("unet", "fp32")
    assert RUNTIMES["litert"].open(path, 1).size == (32, 32)
    metadata = json.loads(open_artifact(path)[1] or "")
    assert (metadata["model"], metadata["layout"], metadata["size"]) == ("unet", "NHWC", [32, 32])
    assert {"litert-torch", "ai-edge-quantizer"} <= set(metadata["tools"])


def test_a_layer_that_is_silent_on_every_frame_keeps_a_scale(artifact: Artifact) -> None:
    path, _ = artifact("silent", "int8")
    assert psnr(path, "silent") >= LEAST_DB["int8"]
