from dataclasses import replace
from pathlib import Path

import pytest
from support.enhancers import random_adaptive, random_enhancer

from arllie_deploy import ArllieError
from arllie_deploy.export.job import Job, require_form
from arllie_deploy.export.parity import EMULATED_SIZE, ODD_SIZE
from arllie_deploy.export.targets import TARGETS

SIZE = (640, 360)


def job(target: str, form: str = "plain", precision: str = "int8", size: tuple[int, int] = SIZE) -> Job:
    return Job(TARGETS[target], random_enhancer(form), precision, size)


def test_a_fixed_size_is_proven_at_an_odd_one_too(tmp_path: Path) -> None:
    places = job("tflite-cpu").places(tmp_path)
    assert list(places) == [ODD_SIZE, SIZE]
    assert [path.name for path in places.values()] == [
        "random-tflite-cpu-int8-251x67.tflite",
        "random-tflite-cpu-int8-640x360.tflite",
    ]
    assert [check.size for check in job("tflite-cpu").checks(places)] == [ODD_SIZE, SIZE]


def test_one_file_of_any_size_is_run_at_two(tmp_path: Path) -> None:
    places = job("onnx-cpu").places(tmp_path)
    assert list(places) == [SIZE]
    checks = job("onnx-cpu").checks(places)
    assert [(check.path, check.size) for check in checks] == [(places[SIZE], SIZE), (places[SIZE], ODD_SIZE)]


def test_an_emulator_sees_every_frame_at_a_small_size_and_one_at_the_size_asked_for(tmp_path: Path) -> None:
    places = job("ethos-u").places(tmp_path)
    checks = job("ethos-u").checks(places)
    assert [(check.size, check.one_frame) for check in checks] == [(EMULATED_SIZE, False), (SIZE, True)]


def test_an_emulator_of_any_size_is_given_one_file_and_sees_an_odd_size_too(tmp_path: Path) -> None:
    emulated = job("native-arm64-linux", precision="int8x16")
    places = emulated.places(tmp_path)
    assert list(places) == [SIZE]
    checks = emulated.checks(places)
    assert {check.path for check in checks} == {places[SIZE]}
    assert [(check.size, check.one_frame) for check in checks] == [
        (EMULATED_SIZE, False),
        (ODD_SIZE, False),
        (SIZE, True),
    ]


def test_the_small_size_itself_is_written_once(tmp_path: Path) -> None:
    small = job("ethos-u", size=EMULATED_SIZE)
    places = small.places(tmp_path)
    assert list(places) == [EMULATED_SIZE]
    assert [check.one_frame for check in small.checks(places)] == [False]


@pytest.mark.parametrize(
    ("target", "form", "precision", "fits"),
    [
        ("tflite-nnapi", "plain", "int8", True),
        ("tflite-nnapi", "direct", "int8", False),
        ("tflite-nnapi", "residual", "fp16", True),
        ("tflite-hexagon", "direct", "int8", False),
        ("tflite-cpu", "direct", "int8", True),
        ("tflite-cpu", "residual", "int16x8", False),
        ("ncnn-cpu", "residual", "int8", True),
        ("onnx-cpu", "curve", "fp32", True),
    ],
)
def test_forms_are_those_of_the_target_and_precision(target: str, form: str, precision: str, fits: bool) -> None:
    made = job(target, form, precision)
    if fits:
        assert require_form(made) is made
    else:
        with pytest.raises(ArllieError, match="use --model arllie-plain-lol"):
            require_form(made)


def test_a_member_of_another_name_gives_another_file() -> None:
    other = replace(job("onnx-cpu"), model=random_enhancer(name="other"))
    assert other.file_name == "other-onnx-cpu-int8.onnx"


@pytest.mark.parametrize(
    ("target", "form", "precision", "problem"),
    [
        ("onnx-cpu", "curve", "fp32", None),
        ("tflite-nnapi", "basis", "int8", None),
        ("onnx-cpu", "curve", "int8", "carries no adaptive model in int8; export it in fp32"),
        ("openvino", "curve", "fp32", "carries no adaptive model in fp32; give a fixed one"),
        ("tflite-cpu", "curve", "fp32", "needs constant filters"),
        ("native-x86-64", "curve", "int8x16", None),
        ("native-arm64-android", "curve", "int8x16", None),
        ("native-arm64-linux", "basis", "int8x16", "carries no adaptive model that is plain; use one that is curve"),
        ("native-hexagon", "curve", "int8x16", "carries no adaptive model in int8x16; give a fixed one"),
    ],
)
def test_models_that_look_at_the_frame_need_a_target_for_that(
    target: str, form: str, precision: str, problem: str | None
) -> None:
    found = Job(TARGETS[target], random_adaptive(form), precision, SIZE).form_problem()
    if problem is None:
        assert found is None
    else:
        assert problem in str(found)
