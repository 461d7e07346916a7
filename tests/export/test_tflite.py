import json
from pathlib import Path

import numpy as np
import pytest
from support import tflite_reference
from support.enhancers import random_enhancer

from arllie_deploy import ArllieError
from arllie_deploy.epilogues import EPILOGUES
from arllie_deploy.export.calibration import Calibration
from arllie_deploy.export.job import Job
from arllie_deploy.export.manifest import Entry
from arllie_deploy.export.pipeline import export
from arllie_deploy.export.request import Request
from arllie_deploy.export.targets import INTEGER_PRECISIONS, TARGETS
from arllie_deploy.export.tflite import operator_names, write
from arllie_deploy.frames import to_unit
from arllie_deploy.models import find_fixed_model
from arllie_deploy.pictures.dark_set import dark_pictures
from arllie_deploy.quality.parity import compare
from arllie_deploy.runtimes import RUNTIMES
from arllie_deploy.runtimes.litert import read_metadata

pytestmark = pytest.mark.skipif(not TARGETS["tflite-cpu"].availability().ok, reason="LiteRT is missing")

MEMBERS = {"plain": "arllie-plain-lol", "direct": "arllie-direct-lol"}
FRAMES = list(dark_pictures().values())
SIZE = FRAMES[0].shape[1], FRAMES[0].shape[0]
OPERATORS = {
    ("plain", "int8"): ["CONV_2D"],
    ("plain", "int16x8"): ["CONV_2D"],
    ("direct", "int8"): ["CONV_2D", "EXP", "MUL", "ADD"],
    ("direct", "int16x8"): ["CONV_2D", "EXP", "MUL", "ADD"],
}


@pytest.fixture(scope="module", params=EPILOGUES)
def exported(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Entry]:
    out = tmp_path_factory.mktemp("out")
    job = Job(TARGETS["tflite-cpu"], random_enhancer(request.param), "fp32", (64, 48))
    return out / job.file_name, export(job, out, timeout_s=300, force=False)


def written(form: str, precision: str, folder: Path) -> Path:
    """A shipped member for frames of the size of the dark set, calibrated on it."""
    path, percentile = folder / f"{form}-{precision}.tflite", Calibration().percentile_for(precision)
    write(Request(find_fixed_model(MEMBERS[form]), "tflite-cpu", precision, SIZE, path, FRAMES, percentile))
    return path


def test_it_is_verified_at_its_own_and_at_an_odd_size(exported: tuple[Path, Entry]) -> None:
    path, entry = exported
    assert entry["status"] == "ok", entry["reason"]
    assert path.exists()
    assert entry["parity"]["max_abs"] <= 1e-5
    assert entry["parity"]["sizes"] == ["251x67", "64x48"]
    assert entry["executed_by"] == "LiteRT with XNNPACK"


def test_nothing_is_transposed_or_padded(exported: tuple[Path, Entry]) -> None:
    operators = exported[1]["operators"]
    assert operators[0] == "CONV_2D"
    assert not {"TRANSPOSE", "PAD", "PADV2", "MIRROR_PAD", "RESHAPE", "QUANTIZE", "DEQUANTIZE"} & set(operators)


def test_the_artifact_describes_itself(exported: tuple[Path, Entry]) -> None:
    path, entry = exported
    text = read_metadata(path)
    assert text is not None
    metadata = json.loads(text)
    assert metadata["model_sha256"] == entry["model_sha256"]
    assert (metadata["layout"], metadata["size"], metadata["form"]) == ("NHWC", [64, 48], entry["form"])


def test_a_frame_of_another_size_is_refused(exported: tuple[Path, Entry]) -> None:
    opened = RUNTIMES["litert"].open(exported[0], 1)
    with pytest.raises(ArllieError, match="the artifact holds 64x48, the frame is 48x64"):
        opened.run(np.zeros((64, 48, 3), np.uint8))


def test_a_truncated_artifact_is_refused(exported: tuple[Path, Entry], tmp_path: Path) -> None:
    whole = exported[0].read_bytes()
    for length in (0, 4, 8, 100, len(whole) // 2):
        (tmp_path / "m.tflite").write_bytes(whole[:length])
        with pytest.raises(ArllieError, match="TFLite"):
            RUNTIMES["litert"].open(tmp_path / "m.tflite", 1)


@pytest.mark.parametrize(("form", "precision"), OPERATORS)
def test_integers_are_only_integers_and_keep_their_limits(form: str, precision: str, tmp_path: Path) -> None:
    path = written(form, precision, tmp_path)
    assert operator_names(path.read_bytes()) == OPERATORS[form, precision]
    opened = RUNTIMES["litert"].open(path, 1)
    model = find_fixed_model(MEMBERS[form])
    least = 45.0 if precision == "int8" else 55.0
    for frame in FRAMES:
        output = opened.infer(to_unit(frame).astype(np.float32)[None])[0]
        assert compare(output, model.reference(to_unit(frame))).psnr_db >= least


@pytest.mark.parametrize(("form", "precision"), OPERATORS)
def test_no_worse_than_tensorflows_own_converter(form: str, precision: str, tmp_path: Path) -> None:
    """Both are judged by the reference; and our operators are a part of theirs."""
    pytest.importorskip("tensorflow", reason="tensorflow is not installed")
    model = find_fixed_model(MEMBERS[form])
    theirs = tflite_reference.convert(model, FRAMES, precision)
    path = written(form, precision, tmp_path)
    assert set(operator_names(path.read_bytes())) <= set(operator_names(theirs))
    opened = RUNTIMES["litert"].open(path, 1)
    for frame in FRAMES[::3]:
        reference = model.reference(to_unit(frame))
        ours_db = compare(opened.infer(to_unit(frame).astype(np.float32)[None])[0], reference).psnr_db
        theirs_db = compare(tflite_reference.run(theirs, frame), reference).psnr_db
        assert ours_db >= theirs_db - 0.5


@pytest.mark.parametrize("form", MEMBERS)
def test_floats_agree_with_tensorflows_own_converter(form: str, tmp_path: Path) -> None:
    pytest.importorskip("tensorflow", reason="tensorflow is not installed")
    theirs = tflite_reference.convert(find_fixed_model(MEMBERS[form]), FRAMES, "fp32")
    ours = written(form, "fp32", tmp_path).read_bytes()
    assert compare(tflite_reference.run(ours, FRAMES[0]), tflite_reference.run(theirs, FRAMES[0])).max_abs <= 2e-6


@pytest.mark.parametrize("precision", ["fp32", "fp16", *INTEGER_PRECISIONS])
def test_the_same_request_gives_the_same_bytes(precision: str, tmp_path: Path) -> None:
    first = written("direct", precision, tmp_path).read_bytes()
    assert written("direct", precision, tmp_path).read_bytes() == first


def test_bytes_go_in_and_come_out_without_a_conversion(tmp_path: Path) -> None:
    """The frame as bytes gives what the frame as floats gives, rounded."""
    opened = RUNTIMES["litert"].open(written("plain", "int8", tmp_path), 1)
    frame = FRAMES[0]
    through_floats = opened.infer(to_unit(frame).astype(np.float32)[None])[0]
    assert (opened.run(frame) == np.rint(through_floats * 255)).all()


def test_constants_begin_where_the_schema_wants_them(tmp_path: Path) -> None:
    """At multiples of 16 bytes from the file's beginning (force_align in schema.fbs)."""
    data = written("plain", "fp32", tmp_path).read_bytes()
    kernel = find_fixed_model("arllie-plain-lol").kernel.transpose(0, 2, 3, 1).tobytes()
    assert data.count(kernel) == 1
    assert data.index(kernel) % 16 == 0


@pytest.mark.parametrize("precision", ["fp32", "int8", "int16x8"])
def test_eval15_loses_little(precision: str, tmp_path: Path, shared_data: Path) -> None:
    """int8 costs at most 0.15 dB of the score of the same model in floats."""
    from arllie_deploy.pictures.codecs import read_picture

    folder, model = shared_data / "lol" / "eval15", find_fixed_model("arllie-plain-lol")
    path = tmp_path / "m.tflite"
    write(Request(model, "tflite-cpu", precision, (600, 400), path, list(dark_pictures().values()), 99.95))
    opened = RUNTIMES["litert"].open(path, 1)
    scores: dict[str, list[float]] = {"artifact": [], "reference": []}
    for low in sorted((folder / "low").iterdir()):
        frame = read_picture(low).pixels
        truth = to_unit(read_picture(folder / "high" / low.name).pixels)
        scores["artifact"].append(compare(opened.run(frame) / 255, truth).psnr_db)
        scores["reference"].append(compare(model.enhance(frame) / 255, truth).psnr_db)
    assert np.mean(scores["artifact"]) >= np.mean(scores["reference"]) - 0.15
