"""The commands with a network of many layers in place of a one-layer model."""

import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from support.commands import Finished, assert_refused, run_here
from support.light_networks import packaged_light
from support.networks import FACTORIES, packaged_ladder
from support.picture_files import random_pixels

from arllie_deploy.export.networks.formats import FORMATS
from arllie_deploy.networks import network_file
from arllie_deploy.networks.limits import Limits
from arllie_deploy.pictures import Picture, read_picture, write_picture
from arllie_deploy.runtimes.network import OpenedNetwork

NETWORK = packaged_ladder().weights


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    monkeypatch.setattr(network_file, "FACTORIES", FACTORIES)
    places = [str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH", "")]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, places)))  # for the steps of an export

    def command(name: str, *arguments: object, model: Path = NETWORK) -> Finished:
        return run_here(name, [*arguments, "--model", model], monkeypatch, capsys)

    return command


def picture(path: Path, height: int = 21, width: int = 34, dtype: type = np.uint8) -> Path:
    path.parent.mkdir(exist_ok=True)
    write_picture(path, Picture(random_pixels(height, width, dtype)))
    return path


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_a_picture_is_enhanced_in_its_own_depth(run, tmp_path: Path, dtype: type) -> None:
    source = picture(tmp_path / "in.png", dtype=dtype)
    done = run("enhance", source, tmp_path / "out.png", "--json")
    assert done.status == 0, done.err
    assert json.loads(done.out)["bits"] == 8 * np.dtype(dtype).itemsize
    expected = OpenedNetwork(packaged_ladder(), 1).run(read_picture(source).pixels)
    assert np.abs(read_picture(tmp_path / "out.png").pixels.astype(int) - expected).max() <= 1


def test_a_folder_goes_on_after_a_picture_that_is_too_small(run, tmp_path: Path) -> None:
    for name, side in (("a.png", 21), ("b.png", 7), ("c.png", 9)):
        picture(tmp_path / "in" / name, side)
    done = run("enhance", tmp_path / "in", tmp_path / "out", "--clip")
    assert done.status == 2
    assert "b.png: the picture is 34×7 and this network takes sides of at least 8 pixels" in done.err
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["a.png", "c.png"]


def test_another_runtime_is_refused(run, tmp_path: Path) -> None:
    source = picture(tmp_path / "in.png")
    refused = run("enhance", source, tmp_path / "out.png", "--runtime", "numpy")
    assert_refused(refused, "runtime numpy opens no network of many layers; use --runtime onnxruntime")
    assert not (tmp_path / "out.png").exists()


def test_it_is_scored_like_any_model(run, tmp_path: Path) -> None:
    for side in ("low", "high"):
        picture(tmp_path / side / "a.png")
    done = run("eval", "--data", tmp_path, "--metrics", "psnr,interior-error", "--json")
    assert done.status == 0, done.err
    means = json.loads(done.out)["means"]
    assert 5 < means["psnr"] < 60
    assert means["interior-error"] < 0.1


def test_pairs_and_frames_that_are_too_small_are_refused(run, tmp_path: Path) -> None:
    for side in ("low", "high"):
        picture(tmp_path / side / "a.png", height=7)
    says = "34×7 and this network takes sides of at least 8 pixels"
    assert_refused(run("eval", "--data", tmp_path), f"picture a: the picture is {says}")
    assert_refused(run("bench", "--size", "34x7", "--out", tmp_path / "out"), f"the picture is {says}")
    assert not (tmp_path / "out").exists()


def test_a_file_whose_arguments_are_of_other_weights_is_no_artifact(run, tmp_path: Path) -> None:
    """As a checkpoint of another width: what it computes is in the file, how it is built is not believed."""
    graph, weights = network_file.load_graph(packaged_ladder())
    wider = replace(packaged_ladder(), arguments={"width": 8})
    made = network_file.save(wider, weights, graph, tmp_path / "wider.safetensors")
    done = run("export", "--target", "onnx-cpu", "--out", tmp_path / "out", "--json", model=made.weights)
    assert done.status == 1
    [entry] = json.loads(done.out)["artifacts"].values()
    assert entry["status"] == "failed"
    assert "wider.safetensors: the weights do not fit support.networks:ladder: size mismatch for " in entry["reason"]
    assert not list((tmp_path / "out").glob("*.onnx"))


def test_our_own_kernel_carries_no_network(run, tmp_path: Path) -> None:
    refused = run("export", "--target", "native-x86-64", "--out", tmp_path / "out")
    assert_refused(refused, "target native-x86-64 carries one-layer models only")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--precision", "int16x8"), "target onnx-cpu has no precision 'int16x8'; it has fp32, fp16, int8"),
        (("--size", "7x64"), "multiples of 4 and at least 8"),
        (("--percentile", "99"), "--percentile is for int8 and int16x8, and only floats are exported"),
    ],
)
def test_wrong_use_is_refused_before_any_work(run, tmp_path: Path, options: tuple[str, ...], says: str) -> None:
    assert_refused(run("export", "--target", "onnx-cpu", *options, "--out", tmp_path / "out"), says)
    assert not (tmp_path / "out").exists()


@pytest.mark.filterwarnings("ignore")  # torch's exporter warns about itself
def test_an_artifact_is_made_entered_and_verified_again(run, tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = run("export", "--target", "onnx-cpu", "--size", "250x131", "--out", out, "--json")
    assert done.status == 0, done.err
    [entry] = json.loads((out / "manifest.json").read_text())["artifacts"].values()
    assert (entry["status"], entry["form"], entry["size"]) == ("ok", "network", None)
    assert entry["model_sha256"] == packaged_ladder().sha256
    assert entry["parity"]["max_abs"] <= 1e-5
    assert "252x132" in entry["parity"]["sizes"]
    assert (out / entry["file"]).is_file()
    assert "network" in (out / "export.html").read_text()
    again = run("export", "--verify", out / "manifest.json")
    assert again.status == 0, again.err
    (out / entry["file"]).write_bytes(b"other")
    assert run("export", "--verify", out / "manifest.json").status == 1


@pytest.mark.filterwarnings("ignore")  # torch's exporter warns about itself
def test_integers_are_verified_again_at_the_sizes_that_they_were_made_for(run, tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = run("export", "--target", "onnx-cpu", "--precision", "int8", "--size", "250x131", "--out", out)
    assert done.status == 0, done.err
    [entry] = json.loads((out / "manifest.json").read_text())["artifacts"].values()
    assert entry["parity"]["judged"] == ["256x256", "252x132"]
    again = run("export", "--verify", out / "manifest.json", "--json")
    assert again.status == 0, again.err
    [finding] = json.loads(again.out)["artifacts"]
    assert finding["parity"] == entry["parity"]


@pytest.mark.filterwarnings("ignore")  # torch's exporter warns about itself
def test_the_share_that_integers_keep_decides_their_scales(run, tmp_path: Path) -> None:
    for percentile in ("100", "80"):
        options = ("--target", "onnx-cpu", "--precision", "int8", "--size", "64x64", "--percentile", percentile)
        run("export", *options, "--out", tmp_path / percentile)
    scales = [scales_of(next((tmp_path / percentile).glob("*.onnx*"))) for percentile in ("100", "80")]
    assert len(scales[0]) == len(scales[1])
    assert sum(narrow < 0.9 * wide for wide, narrow in zip(*scales, strict=True)) >= len(scales[0]) / 3


def scales_of(path: Path) -> list[float]:
    import onnx

    graph = onnx.load(path).graph
    constants = {one.name: onnx.numpy_helper.to_array(one) for one in graph.initializer}
    return [float(constants[node.input[1]]) for node in graph.node if node.op_type == "QuantizeLinear"]


@pytest.mark.skipif(FORMATS["tflite"].why_unavailable() is not None, reason=str(FORMATS["tflite"].why_unavailable()))
def test_what_a_delegate_lacks_is_named_even_where_the_engine_stops_at_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """LiteRT's own kernel gives up at the division of the smooth guess, and says so as an operator's number."""
    made = packaged_light("inpainting", shortcut="smooth")
    options = ["--target", "tflite-nnapi", "--precision", "int8", "--size", "32x32", "--out", tmp_path / "out"]
    done = run_here("export", [*options, "--model", made.weights], monkeypatch, capsys)
    assert done.status == 1
    assert "tflite-nnapi: rejected: " in done.err
    assert "listed: FLOAT32 (in DIV of " in done.err
    assert "GATHER is not in NNAPI's list (in GATHER of " in done.err
    [entry] = json.loads((tmp_path / "out" / "manifest.json").read_text())["artifacts"].values()
    assert (entry["status"], entry["parity"], entry["executed_by"]) == ("rejected", None, None)


@pytest.mark.filterwarnings("ignore")  # torch's exporter warns about itself
def test_lost_accuracy_is_a_rejection_that_names_its_layers(run, tmp_path: Path) -> None:
    strict = replace(packaged_ladder(), limits=Limits(int8_db=90.0))
    graph, weights = network_file.load_graph(strict)
    made = network_file.save(strict, weights, graph, tmp_path / "strict.safetensors")
    done = run("export", "--target", "onnx-cpu", "--precision", "int8", "--out", tmp_path / "out", model=made.weights)
    assert done.status == 1
    [entry] = json.loads((tmp_path / "out" / "manifest.json").read_text())["artifacts"].values()
    assert entry["status"] == "rejected"
    assert "dB, limit 90; most sensitive layers: " in entry["reason"]
    assert {"stem", "last"} <= {one["layer"] for one in entry["parity"]["sensitivity"]}
    assert entry["calibration"]["percentile"] == 99.95
    assert not list((tmp_path / "out").glob("*.onnx"))
