from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from support.enhancers import random_enhancer
from support.ncnn_artifacts import run_apart, run_ncnn, side_file, write_ncnn

from arllie_deploy.adaptive import AdaptiveEnhancer
from arllie_deploy.enhancer import Enhancer
from arllie_deploy.epilogues import EPILOGUES
from arllie_deploy.epilogues import operators as ops
from arllie_deploy.export.graph import Graph, build_graph
from arllie_deploy.export.ncnn import to_layers
from arllie_deploy.export.ncnn_model import Layer, number, param_text, with_splits
from arllie_deploy.export.targets import ncnn_cpu, ncnn_vulkan
from arllie_deploy.frames import to_unit
from arllie_deploy.models import find_model
from arllie_deploy.pictures.codecs import read_picture
from arllie_deploy.pictures.dark_set import DARK_PICTURES, dark_pictures
from arllie_deploy.quality.parity import compare
from arllie_deploy.runtimes.ncnn import vulkan_problem
from arllie_deploy.statistics import frame_statistics

pytest.importorskip("ncnn", reason="ncnn is not installed")
rows = pytest.mark.parametrize("epilogue", EPILOGUES)
needs_vulkan = pytest.mark.skipif(vulkan_problem() is not None, reason=str(vulkan_problem()))
SIZES = [(48, 64), (67, 251), (7, 1), (1, 1)]
LAYERS = {
    "residual": ["Split", "Convolution", "BinaryOp", "Clip", "BinaryOp"],
    "direct": ["Split", "Convolution", "UnaryOp", "BinaryOp", "BinaryOp", "BinaryOp", "BinaryOp"],
    "plain": ["Convolution"],
    "curve": ["Convolution", "Split", "BinaryOp", "BinaryOp", "BinaryOp", "BinaryOp"],
}
MEMBERS = {
    "residual": "arllie-lol",
    "direct": "arllie-direct-lol",
    "plain": "arllie-plain-lol",
    "curve": "arllie-adaptive",
}


def member(epilogue: str) -> Enhancer:
    """A trained model of this form; the adaptive one as it is for a dark picture."""
    model = find_model(MEMBERS[epilogue])
    return (
        model.condition(frame_statistics(dark_pictures()[DARK_PICTURES[4]]))
        if isinstance(model, AdaptiveEnhancer)
        else model
    )


def random_frame(size: tuple[int, int]) -> NDArray[np.float64]:
    return np.random.default_rng(0).random((*size, 3))


@rows
@pytest.mark.parametrize("precision", ncnn_cpu.ROW.precisions)
def test_nothing_is_transposed_padded_or_repacked(epilogue: str, precision: str, tmp_path: Path) -> None:
    """Sigmoid, ReLU and clamp belong to the convolution; int8 has one subtraction more, before it."""
    _, written = write_ncnn(random_enhancer(epilogue), tmp_path, precision)
    expected = list(LAYERS[epilogue])
    if precision == "int8":
        expected.insert(expected.index("Convolution"), "BinaryOp")
    assert written.operators == expected


@rows
@pytest.mark.parametrize("precision", ncnn_cpu.ROW.precisions)
def test_every_blob_is_made_once_and_read_once(epilogue: str, precision: str, tmp_path: Path) -> None:
    path, _ = write_ncnn(random_enhancer(epilogue), tmp_path, precision)
    magic, counts, *lines = path.read_text().splitlines()
    made: list[str] = []
    read: list[str] = []
    for line in lines:
        _, name, inputs, outputs, *words = line.split()
        read += words[: int(inputs)]
        assert set(read) <= set(made), "in order of execution"
        made += words[int(inputs) :][: int(outputs)]
        assert name == words[int(inputs)]
    assert (magic, counts) == ("7767517", f"{len(lines)} {len(made)}")
    assert sorted([*read, "out0"]) == sorted(made)
    assert made[0] == "in0"


@rows
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(("precision", "limit"), [("fp32", 2e-6), ("fp16", 2e-3)])
def test_one_file_serves_every_size(
    epilogue: str, size: tuple[int, int], precision: str, limit: float, tmp_path: Path
) -> None:
    enhancer, y = random_enhancer(epilogue), random_frame(size)
    path, _ = write_ncnn(enhancer, tmp_path, precision)
    assert compare(run_ncnn(path, y), enhancer.reference(y)).max_abs <= limit


@rows
def test_int8_is_faithful_on_dark_pictures(epilogue: str, tmp_path: Path) -> None:
    """On those that it was not calibrated on, too."""
    enhancer = member(epilogue)
    path, _ = write_ncnn(enhancer, tmp_path, "int8")
    for name in DARK_PICTURES[::3]:
        y = to_unit(dark_pictures()[name][:101, :201])
        assert compare(run_ncnn(path, y), enhancer.reference(y)).psnr_db >= 50, name


@rows
def test_eval15_loses_little_in_int8(
    epilogue: str, tmp_path: Path, shared_data: Path, record_property: Callable[[str, object], None]
) -> None:
    """At most 0.15 dB of the score of the same model in floats."""
    folder, enhancer = shared_data / "lol" / "eval15", member(epilogue)
    integers, floats = (write_ncnn(enhancer, tmp_path, precision)[0] for precision in ("int8", "fp32"))
    lost = []
    for low in sorted((folder / "low").iterdir())[::3]:
        y = to_unit(read_picture(low).pixels)
        truth = to_unit(read_picture(folder / "high" / low.name).pixels)
        lost.append(compare(run_ncnn(floats, y), truth).psnr_db - compare(run_ncnn(integers, y), truth).psnr_db)
    record_property(f"ncnn int8 {enhancer.name}, dB lost on a third of eval15", round(float(np.mean(lost)), 4))
    assert np.mean(lost) <= 0.15


def grid_enhancer() -> Enhancer:
    """Weights that int8 holds exactly."""
    kernel = np.random.default_rng(0).integers(-40, 41, (3, 3, 3, 3))
    kernel[:, 0, 1, 1] = 127
    return Enhancer("grid", (kernel / 127).astype(np.float32), np.full(3, 0.1, np.float32), "plain")


@pytest.mark.parametrize("size", SIZES)
def test_int8_loses_nothing_of_an_8_bit_frame_below_white(size: tuple[int, int], tmp_path: Path) -> None:
    """Nor at the border, where the zeros outside of the frame are not the integer 0."""
    enhancer = grid_enhancer()
    path, written = write_ncnn(enhancer, tmp_path, "int8")
    y = to_unit(np.random.default_rng(0).integers(0, 255, (*size, 3), np.uint8))
    half_a_step_of_the_bias = 0.5 / 255 / 127
    assert compare(run_ncnn(path, y), enhancer.reference(y)).max_abs <= half_a_step_of_the_bias + 1e-6
    assert written.scales["y"] == {"scale": 1 / 255, "zero_point": -127, "dtype": "int8"}
    np.testing.assert_allclose(written.scales["kernel"]["scale"], 1 / 127, rtol=1e-6)


def test_int8_takes_white_for_the_level_below(tmp_path: Path) -> None:
    enhancer = grid_enhancer()
    path, _ = write_ncnn(enhancer, tmp_path, "int8")
    white, below = np.ones((5, 5, 3)), np.full((5, 5, 3), 254 / 255)
    np.testing.assert_array_equal(run_ncnn(path, white), run_ncnn(path, below))


@pytest.mark.parametrize("precision", ["fp32", "int8"])
def test_small_illumination_costs_little(precision: str, tmp_path: Path) -> None:
    """Dark pixels whose illumination is tiny: an inexact logistic would show here."""
    bias = np.array([-6.0, -7.0, -8.0], np.float32)
    enhancer = Enhancer("dark", np.zeros((3, 3, 3, 3), np.float32), bias, "residual")
    path, _ = write_ncnn(enhancer, tmp_path, precision)
    y = np.arange(256).reshape(16, 16, 1).repeat(3, axis=2) / 255
    assert compare(run_ncnn(path, y), enhancer.reference(y)).max_abs <= (1e-6 if precision == "fp32" else 2e-3)


@rows
@pytest.mark.parametrize("precision", ncnn_cpu.ROW.precisions)
def test_the_same_model_gives_the_same_bytes(epilogue: str, precision: str, tmp_path: Path) -> None:
    written = []
    for _ in range(2):
        path, said = write_ncnn(random_enhancer(epilogue), tmp_path, precision)
        assert said.sidecars == [path.with_suffix(".bin").name, path.with_suffix(".json").name]
        written.append([path.read_bytes(), *((tmp_path / name).read_bytes() for name in said.sidecars)])
    assert written[0] == written[1]


@pytest.mark.parametrize(("target", "accelerator"), [("ncnn-cpu", "cpu"), ("ncnn-vulkan", "vulkan")])
def test_the_side_file_describes_the_artifact(target: str, accelerator: str, tmp_path: Path) -> None:
    enhancer = random_enhancer()
    facts = side_file(write_ncnn(enhancer, tmp_path, "fp16", target)[0])
    assert facts["model_sha256"] == enhancer.sha256
    assert (facts["target"], facts["accelerator"], facts["precision"]) == (target, accelerator, "fp16")
    assert (facts["layout"], facts["size"], facts["schema"]) == ("NCHW", None, "ncnn param 7767517")


@pytest.mark.parametrize(("precision", "length"), [("fp32", 340), ("fp16", 180), ("int8", 116)])
def test_weights_are_stored_in_their_precision(precision: str, length: int, tmp_path: Path) -> None:
    path, _ = write_ncnn(random_enhancer(), tmp_path, precision)
    assert len(path.with_suffix(".bin").read_bytes()) == length


def test_what_two_operators_read_is_not_fused() -> None:
    convolution = build_graph(random_enhancer()).operators[0]
    graph = Graph((convolution, ops.Relu("u", "lit"), ops.Add("u", "lit", "z")))
    layers = with_splits(to_layers(graph))
    assert [layer.kind for layer in layers] == ["Input", "Convolution", "Split", "ReLU", "BinaryOp"]
    assert 9 not in layers[1].parameters


@given(st.floats(2.0**-100, 2.0**100, width=32), st.sampled_from([-1.0, 1.0]))
def test_ncnn_reads_every_constant_as_it_is(value: float, sign: float) -> None:
    import ncnn

    constant = sign * value
    layers = [Layer("Input", (), ("in0",)), Layer("BinaryOp", ("in0",), ("out0",), {0: 0, 1: 1, 2: constant})]
    assert len(number(constant)) <= 15
    net = ncnn.Net()
    assert net.load_param_mem(param_text(layers)) == 0
    extractor = net.create_extractor()
    extractor.input("in0", ncnn.Mat(np.zeros((1, 1, 1), np.float32)).clone())
    assert np.array(extractor.extract("out0")[1]).item() == np.float32(constant)


@needs_vulkan
def test_vulkan_gives_what_the_reference_gives(tmp_path: Path) -> None:
    """Every form at every size; planes whose size is not a multiple of 16 bytes are the ones that go wrong."""
    expected, frames = [], {}
    for index, size in enumerate(SIZES[:2]):
        (tmp_path / str(index)).mkdir()
        for epilogue in EPILOGUES:
            path, _ = write_ncnn(random_enhancer(epilogue), tmp_path / str(index), "fp32", "ncnn-vulkan")
            frames[path] = random_frame(size)
            expected.append(random_enhancer(epilogue).reference(frames[path]))
    finished, outputs = run_apart(frames)
    assert (finished.returncode, finished.stdout) == (0, ""), finished.stderr
    for path, output, reference in zip(frames, outputs, expected, strict=True):
        assert compare(output, reference).max_abs <= 1e-5, path.name


@needs_vulkan
def test_vulkan_computes_half_precision_in_half_precision(tmp_path: Path) -> None:
    """Within the limit for the default member, and coarser than rounding the weights alone would be."""
    enhancer, y = member("residual"), random_frame((67, 251))
    path, _ = write_ncnn(enhancer, tmp_path, "fp16", ncnn_vulkan.ROW.name)
    finished, [output] = run_apart({path: y})
    assert (finished.returncode, finished.stdout) == (0, ""), finished.stderr
    assert compare(output, enhancer.reference(y)).max_abs <= 2e-3
    write_ncnn(enhancer, tmp_path, "fp16")
    assert compare(output, run_ncnn(path, y)).max_abs > 1e-4
