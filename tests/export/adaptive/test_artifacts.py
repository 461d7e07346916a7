import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from support.adaptive_exports import shipped
from support.enhancers import random_adaptive

from arllie_deploy import ArllieError
from arllie_deploy.adaptive import AdaptiveEnhancer
from arllie_deploy.export.adaptive.artifacts import AdaptiveRequest, write_adaptive
from arllie_deploy.export.adaptive.cost import cost_on_pairs
from arllie_deploy.export.adaptive.mixing import mixed_enhancer
from arllie_deploy.export.adaptive.opened import OpenedAdaptive
from arllie_deploy.export.adaptive.statistics_graph import statistics_model
from arllie_deploy.export.adaptive.verification import verify_adaptive
from arllie_deploy.export.parity import LIMITS, Check, Limit
from arllie_deploy.export.request import Written
from arllie_deploy.pictures.dark_set import DARK_PICTURES, dark_pictures
from arllie_deploy.pictures.pairs import find_pairs, read_pairs
from arllie_deploy.runtimes.litert import read_metadata
from arllie_deploy.statistics import frame_statistics

onnx = pytest.importorskip("onnx", reason="onnx is not installed")
pytest.importorskip("ai_edge_litert", reason="LiteRT is not installed")

FRAMES = [picture[::2, ::2].copy() for picture in dark_pictures().values()]
SIZE = (160, 107)
KINDS = {
    "onnx fp32": ("arllie-adaptive", "onnx", "fp32"),
    "onnx fp32 of a basis": ("arllie-adaptive-int", "onnx", "fp32"),
    "tflite fp32": ("arllie-adaptive-int", "tflite", "fp32"),
    "tflite int8": ("arllie-adaptive-int", "tflite", "int8"),
    "tflite int16x8": ("arllie-adaptive-int", "tflite", "int16x8"),
}


def request(kind: str, folder: Path, size: tuple[int, int] = SIZE) -> AdaptiveRequest:
    name, format_, precision = KINDS[kind]
    path = folder / f"{name}-{precision}.{format_}"
    return AdaptiveRequest(shipped(name), f"{format_}-cpu", format_, precision, size, path, FRAMES)


@pytest.fixture(scope="module", params=KINDS)
def exported(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[AdaptiveRequest, Written]:
    asked = globals()["request"](request.param, tmp_path_factory.mktemp("out"))
    return asked, write_adaptive(asked)


def test_it_passes_its_gate(exported: tuple[AdaptiveRequest, Written]) -> None:
    asked, _ = exported
    verdict = verify_adaptive(asked.model, [Check(asked.path, SIZE)], LIMITS[asked.precision])
    assert verdict.failed is None
    assert verdict.statistics_max_abs <= 1e-6
    if asked.precision == "fp32":
        assert verdict.end_to_end_max_levels <= 1
    assert json.loads(json.dumps(verdict.to_json()))["sizes"] == ["160x107"]


def test_the_same_model_gives_the_same_bytes(exported: tuple[AdaptiveRequest, Written], tmp_path: Path) -> None:
    asked, written = exported
    again = replace(asked, path=tmp_path / asked.path.name)
    assert write_adaptive(again) == written
    for name in (asked.path.name, *written.sidecars):
        assert (tmp_path / name).read_bytes() == asked.path.with_name(name).read_bytes()


def test_every_file_says_what_it_is_and_where_the_others_are(exported: tuple[AdaptiveRequest, Written]) -> None:
    asked, written = exported
    roles = written.facts["adaptive"]["roles"]
    assert set(roles.values()) == {asked.path.name, *written.sidecars}
    assert {path.name for path in asked.path.parent.iterdir()} == set(roles.values())
    for role, name in roles.items():
        assert name.startswith(asked.path.stem)
        path = asked.path.with_name(name)
        if path.suffix == ".tflite":
            text = read_metadata(path)
        else:
            text = {entry.key: entry.value for entry in onnx.load(path).metadata_props}["arllie"]
        metadata = json.loads(text or "")
        assert metadata["adaptive"]["role"] == role
        assert metadata["adaptive"]["files"] == roles
        assert metadata["model_sha256"] == asked.model.sha256
        assert metadata["precision"] == (asked.precision if role == "frame graph" else "fp32")


def test_constant_filters_need_five_integer_operators_and_no_island(
    exported: tuple[AdaptiveRequest, Written],
) -> None:
    asked, written = exported
    clamp = ["MINIMUM"] if asked.precision == "fp32" else []
    wanted = {
        "onnx": ["Conv", "Relu", "Add", "Div", "Mul", "Min"],
        "tflite": ["MUL", "CONV_2D", "MUL", "CONV_2D", "ADD", *clamp],
    }
    plain = asked.format == "onnx" and asked.model.epilogue == "plain"
    assert written.operators == (["Conv", "Clip"] if plain else wanted[asked.format])
    if asked.precision == "int8":
        assert {reading["dtype"] for reading in written.scales.values()} == {"int8"}
        assert written.scales["y"] == {"scale": pytest.approx(1 / 255), "zero_point": -128, "dtype": "int8"}


def test_a_clip_may_smooth_the_statistics_in_between(exported: tuple[AdaptiveRequest, Written]) -> None:
    """The head takes statistics that no frame has."""
    asked, _ = exported
    opened = OpenedAdaptive(asked.path, 1)
    one, two = (opened.statistics(frame) for frame in FRAMES[:2])
    given = opened.condition((one + two) / 2)
    assert not any(np.array_equal(given[name], opened.condition(one)[name]) for name in given if name != "exposure")


@pytest.mark.parametrize("kind", ["onnx fp32", "tflite int8"])
def test_the_gate_stops_another_model(kind: str, tmp_path: Path) -> None:
    asked = request(kind, tmp_path)
    write_adaptive(asked)
    head = asked.model.head
    other = AdaptiveEnhancer("other", replace(head, output_bias=head.output_bias * np.float32(1.5)))
    verdict = verify_adaptive(other, [Check(asked.path, SIZE, one_frame=True)], LIMITS[asked.precision])
    assert verdict.failed is not None
    assert verdict.failed.startswith(f"frame {DARK_PICTURES[0]} at 160x107: ")


def test_the_gate_wants_the_right_statistics(tmp_path: Path) -> None:
    asked = request("onnx fp32", tmp_path)
    written = write_adaptive(asked)
    stranger = statistics_model("uint8")
    for tensor in stranger.graph.initializer:
        if tensor.dims == [3]:
            tensor.CopyFrom(onnx.numpy_helper.from_array(np.array([0.2126, 0.7152, 0.0722]), tensor.name))
    name = written.facts["adaptive"]["roles"]["statistics"]
    asked.path.with_name(name).write_bytes(stranger.SerializeToString())
    verdict = verify_adaptive(asked.model, [Check(asked.path, SIZE, one_frame=True)], Limit(dark_psnr_db=0.0))
    assert verdict.failed is not None
    assert "statistics differ by" in verdict.failed


@pytest.mark.parametrize(
    ("format_", "precision", "message"),
    [
        ("onnx", "int8", "exported as onnx in fp32, not in int8"),
        ("tflite", "fp16", "exported as tflite in fp32 and int8 and int16x8, not in fp16"),
        ("ncnn", "fp32", "cannot be exported as ncnn; give a fixed one"),
    ],
)
def test_what_a_format_cannot_carry_is_refused(format_: str, precision: str, message: str, tmp_path: Path) -> None:
    asked = replace(request("onnx fp32", tmp_path), format=format_, precision=precision)
    with pytest.raises(ArllieError, match=message):
        write_adaptive(asked)
    assert list(tmp_path.iterdir()) == []


def test_a_missing_companion_is_named(tmp_path: Path) -> None:
    asked = request("tflite int8", tmp_path)
    write_adaptive(asked)
    (tmp_path / "arllie-adaptive-int-int8-head.onnx").unlink()
    with pytest.raises(ArllieError, match=r"int8-head\.onnx: the head that belongs to .*int8\.tflite is not there"):
        OpenedAdaptive(asked.path, 1)


def test_a_companion_cannot_stand_for_the_whole(tmp_path: Path) -> None:
    asked = request("onnx fp32", tmp_path)
    write_adaptive(asked)
    with pytest.raises(ArllieError, match="not the frame graph of an adaptive model"):
        OpenedAdaptive(tmp_path / "arllie-adaptive-fp32-head.onnx", 1)


def test_a_model_without_a_basis_has_no_tflite(tmp_path: Path) -> None:
    asked = replace(request("tflite int8", tmp_path), model=random_adaptive("curve"))
    with pytest.raises(ArllieError, match="give one with a basis, for example arllie-adaptive-int"):
        write_adaptive(asked)


def test_the_cost_is_counted_in_decibels(tmp_path: Path) -> None:
    asked = request("onnx fp32", tmp_path)
    write_adaptive(asked)
    opened = OpenedAdaptive(asked.path, 1)
    pairs = [(frame, asked.model.enhance(frame) // 2) for frame in FRAMES[:2]]
    cost = cost_on_pairs(asked.model, lambda width, height: opened, pairs, shipped("arllie-adaptive-int"))
    assert cost.pictures == 2
    assert abs(cost.lost_to_reference_db) < 0.01
    assert cost.lost_to_other_db is not None
    assert abs(cost.lost_to_other_db) > 0.01
    with pytest.raises(ArllieError, match="no pairs of pictures"):
        cost_on_pairs(asked.model, lambda width, height: opened, [])


def test_integers_lose_little_on_the_test_pairs(
    shared_data: Path, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    asked = request("tflite int8", tmp_path, (600, 400))
    write_adaptive(asked)
    pairs = [(low, high) for _, low, high in read_pairs(find_pairs(shared_data / "lol" / "eval15")[:5])]
    cost = cost_on_pairs(asked.model, lambda width, height: OpenedAdaptive(asked.path, 1), pairs)
    record_property("arllie-adaptive-int int8 loses", f"{cost.lost_to_reference_db:.3f} dB on 5 test pairs")
    assert abs(cost.lost_to_reference_db) <= 0.15


def test_the_reference_of_mixed_filters_differs_only_where_the_bounds_bind() -> None:
    model = shipped("arllie-adaptive-int")
    white = frame_statistics(np.full((64, 64, 3), 255, np.uint8))
    assert np.abs(mixed_enhancer(model, white).kernel - model.condition(white).kernel).max() > 0.01
