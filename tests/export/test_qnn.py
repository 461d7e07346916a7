import json
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from arllie_deploy import ArllieError
from arllie_deploy.export.parity import LIMITS, mirrored
from arllie_deploy.export.qnn import HTP_ARCHS, compile_context, context_path, write
from arllie_deploy.export.request import Request, Written
from arllie_deploy.export.targets.qnn_htp import ROW as TARGET
from arllie_deploy.frames import to_unit
from arllie_deploy.models import find_fixed_model
from arllie_deploy.pictures.dark_set import dark_pictures
from arllie_deploy.quality.parity import compare
from arllie_deploy.runtimes.layout import from_tensor, to_tensor
from arllie_deploy.runtimes.qnn import ROW, problem

onnx = pytest.importorskip("onnx", reason="onnx is not installed")
reason = problem() or ROW.availability().reason
pytestmark = pytest.mark.skipif(reason is not None, reason=str(reason))

WIDTH, HEIGHT = 96, 64
ENHANCER = find_fixed_model("arllie-plain-lol")


def written(folder: Path, precision: str) -> tuple[Path, Written]:
    path = folder / f"m-{precision}.onnx"
    frames = list(dark_pictures().values())
    return path, write(Request(ENHANCER, "qnn-htp", precision, (WIDTH, HEIGHT), path, frames))


@pytest.fixture(scope="module", params=TARGET.precisions)
def exported(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Written]:
    return written(tmp_path_factory.mktemp(request.param), request.param)


def output(path: Path, frame: NDArray[np.uint8]) -> NDArray[np.float32]:
    opened = ROW.open(path, 1)
    return from_tensor(opened.infer(to_tensor(frame, opened.layout)), opened.layout)


def test_the_emulator_keeps_the_dark_pictures(exported: tuple[Path, Written]) -> None:
    path, _ = exported
    limit = LIMITS[path.stem.removeprefix("m-")].dark_psnr_db
    assert limit is not None
    opened = ROW.open(path, 1)
    for name, picture in dark_pictures().items():
        frame = mirrored(picture, WIDTH, HEIGHT)
        made = from_tensor(opened.infer(to_tensor(frame, opened.layout)), opened.layout)
        assert compare(made, ENHANCER.reference(to_unit(frame))).psnr_db >= limit, name


def test_there_is_a_context_for_every_generation(exported: tuple[Path, Written]) -> None:
    path, made = exported
    assert len(made.sidecars) == 2 * len(HTP_ARCHS)
    assert {path.name, *made.sidecars} == {file.name for file in path.parent.iterdir()}
    assert all(name.startswith(path.stem) for name in made.sidecars)
    assert made.facts == {"htp_archs": list(HTP_ARCHS)}


@pytest.mark.parametrize("arch", HTP_ARCHS)
def test_every_context_runs_in_the_emulator(arch: int, exported: tuple[Path, Written]) -> None:
    """v68 and v69 compute what the main file does, bit for bit; later generations round more finely."""
    path, _ = exported
    frame = mirrored(dark_pictures()["page"], WIDTH, HEIGHT)
    main, compiled = output(path, frame), output(context_path(path, arch), frame)
    assert main.max() > 0.5
    assert np.abs(main - compiled).max() * 255 <= (0 if arch < 73 else 1.001)


def test_the_same_model_gives_the_same_bytes_elsewhere(exported: tuple[Path, Written], tmp_path: Path) -> None:
    path, made = exported
    again, _ = written(tmp_path, path.stem.removeprefix("m-"))
    for name in (path.name, *made.sidecars):
        assert again.with_name(name).read_bytes() == path.with_name(name).read_bytes(), name


def test_main_file_and_contexts_describe_themselves(exported: tuple[Path, Written]) -> None:
    path, made = exported
    models = [name for name in (path.name, *made.sidecars) if name.endswith(".onnx")]
    assert len(models) == 1 + len(HTP_ARCHS)
    for name in models:
        model = onnx.load(path.with_name(name), load_external_data=False)
        metadata = json.loads({entry.key: entry.value for entry in model.metadata_props}["arllie"])
        assert metadata["model_sha256"] == ENHANCER.sha256
        assert (metadata["layout"], metadata["size"], metadata["form"]) == ("NCHW", [WIDTH, HEIGHT], "plain")
        assert set(metadata["tools"]) == {"arllie-deploy", "onnx", "onnxruntime", "onnxruntime-qnn"}


def test_weights_are_bytes_and_activations_unsigned(exported: tuple[Path, Written]) -> None:
    path, made = exported
    wide = path.stem.endswith("16x8")
    assert made.scales["kernel"]["dtype"] == "int8"
    assert {made.scales[name]["dtype"] for name in ("y", "z")} == {"uint16" if wide else "uint8"}
    assert made.operators.count("Conv") == 1
    assert "Clip" not in made.operators


def test_a_damaged_or_missing_context_is_refused_in_one_line(tmp_path: Path, exported: tuple[Path, Written]) -> None:
    path, made = exported
    for name in made.sidecars:
        (tmp_path / name).write_bytes(path.with_name(name).read_bytes())
    context = context_path(tmp_path / path.name, 75)
    binary = context.with_suffix(".bin")
    whole = binary.read_bytes()
    for length in (0, 100, len(whole) // 2, len(whole) - 1):
        binary.write_bytes(whole[:length])
        assert_refused(context)
    binary.unlink()
    assert_refused(context)


def assert_refused(path: Path) -> None:
    with pytest.raises(ArllieError, match="QNN cannot open it") as caught:
        ROW.open(path, 1)
    assert len(str(caught.value).splitlines()) == 1


def test_what_qnn_cannot_compile_is_named(tmp_path: Path) -> None:
    (tmp_path / "m.onnx").write_bytes(b"no model")
    with pytest.raises(ArllieError, match=r"QNN cannot compile m\.onnx for v68: .*protobuf parsing failed") as caught:
        compile_context(tmp_path / "m.onnx", 68, "")
    assert len(str(caught.value).splitlines()) == 1
    assert [file.name for file in tmp_path.iterdir()] == ["m.onnx"]
