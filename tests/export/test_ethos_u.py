import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.enhancers import random_enhancer

from arllie_deploy import ArllieError
from arllie_deploy.export import ethos_u, tflite, tflite_model
from arllie_deploy.export.ethos_u import NPUS, fit, strip_model, tallest, write
from arllie_deploy.export.request import Request, Written
from arllie_deploy.export.targets.ethos_u import ROW
from arllie_deploy.export.tflite import operator_names
from arllie_deploy.export.tflite_model import ModelBuilder, Reading
from arllie_deploy.export.vela import Npu, compile_for
from arllie_deploy.runtimes import RUNTIMES
from arllie_deploy.runtimes.litert import read_metadata
from arllie_deploy.runtimes.strips import Strips

_FOUND = ROW.availability()
needs_vela = pytest.mark.skipif(not _FOUND.ok, reason=str(_FOUND.reason))
each_npu = pytest.mark.parametrize("npu", NPUS, ids=lambda npu: npu.name)
FRAME = np.random.default_rng(0).integers(0, 256, (24, 32, 3), np.uint8)


def request_for(
    folder: Path, form: str = "direct", precision: str = "int8", size: tuple[int, int] = (32, 24)
) -> Request:
    return Request(random_enhancer(form), ROW.name, precision, size, folder / "m-ethos-u.tflite", (FRAME,))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Request, Written]:
    # So wide that the U55 needs several strips, the last of them not full.
    request = request_for(tmp_path_factory.mktemp("made"), size=(1920, 100))
    return request, write(request)


@needs_vela
def test_the_strips_fit_and_fewer_would_not(made: tuple[Request, Written]) -> None:
    request, written = made
    graph = tflite.integer_form(request)
    counts = {}
    for npu in NPUS:
        facts = written.facts["npus"][npu.name]
        assert facts["sram_bytes"] <= facts["sram_limit_bytes"] == npu.sram_limit_bytes
        counts[npu.name] = facts["strips"]
        if facts["strips"] > 1:
            taller = Strips(-(-100 // (facts["strips"] - 1)), request.size)
            assert compile_for(npu, strip_model(request, graph, taller), request.path.parent).sram_bytes > (
                npu.sram_limit_bytes
            )
    assert counts == {"u55-256": 3, "u65-512": 2, "u85-256": 1}


@needs_vela
def test_the_manifest_is_told_what_was_asked_and_estimated(made: tuple[Request, Written]) -> None:
    request, written = made
    for npu in NPUS:
        facts = written.facts["npus"][npu.name]
        assert facts["estimated"] is True
        assert facts["cycles_per_frame"] == facts["strips"] * facts["cycles_per_strip"] > 1000
        assert (facts["accelerator_config"], facts["memory_mode"]) == (npu.accelerator_config, "Shared_Sram")
        assert not [name for name in facts if name.endswith("_ms")]
    assert written.facts["npus"]["u55-256"]["clock_hz"] == 500_000_000
    assert written.sidecars == [f"m-ethos-u-{npu.name}.tflite" for npu in NPUS]
    assert {path.name for path in request.path.parent.iterdir()} == {request.path.name, *written.sidecars}
    assert written.tools["ethos-u-vela"]
    json.dumps(written.facts)


@needs_vela
def test_the_main_file_in_strips_is_the_whole_frame_bit_for_bit(made: tuple[Request, Written], tmp_path: Path) -> None:
    request, written = made
    assert written.operators == ["CONV_2D", "EXP", "MUL", "ADD"]
    tflite.write(replace(request, target="tflite-cpu", path=tmp_path / "whole.tflite"))
    frame = np.random.default_rng(1).integers(0, 256, (100, 1920, 3), np.uint8)
    strips, whole = (RUNTIMES["litert"].open(path, 1) for path in (request.path, tmp_path / "whole.tflite"))
    np.testing.assert_array_equal(strips.run(frame), whole.run(frame))


@needs_vela
def test_a_compiled_file_describes_itself_and_is_not_executed_by_litert(made: tuple[Request, Written]) -> None:
    request, written = made
    for npu in NPUS:
        facts = written.facts["npus"][npu.name]
        path = request.path.with_name(facts["file"])
        text = read_metadata(path)
        assert text is not None
        assert json.loads(text)["strip"] == {"rows": facts["rows"], "halo": 1, "frame": [1920, 100]}
        with pytest.raises(ArllieError, match="LiteRT cannot open it"):
            RUNTIMES["litert"].open(path, 1)


@needs_vela
@each_npu
@pytest.mark.parametrize("precision", ROW.precisions)
@pytest.mark.parametrize("form", ROW.integer_forms)
def test_no_operator_is_left_to_the_processor(npu: Npu, form: str, precision: str, tmp_path: Path) -> None:
    request = request_for(tmp_path, form, precision)
    model = strip_model(request, tflite.integer_form(request), Strips(24, request.size))
    assert operator_names(compile_for(npu, model, tmp_path).data) == ["CUSTOM"]
    assert list(tmp_path.iterdir()) == []


@needs_vela
def test_the_sram_is_counted_in_bytes_and_holds_the_strip_before_and_after(tmp_path: Path) -> None:
    request = request_for(tmp_path, "plain", size=(1920, 32))
    model = strip_model(request, tflite.integer_form(request), Strips(32, request.size))
    both = 2 * 1920 * 34 * 3
    assert both <= compile_for(NPUS[0], model, tmp_path).sram_bytes < both + 1024


@needs_vela
@pytest.mark.parametrize("npu", NPUS[:2], ids=lambda npu: npu.name)
def test_a_division_is_refused_by_its_name(npu: Npu, tmp_path: Path) -> None:
    builder = ModelBuilder()
    reading = Reading(np.array(1 / 255), -128)
    for name in ("input", "divisor", "output"):
        builder.value(name, (1, 8, 16, 3), "int8", reading)
    builder.operator(tflite_model.MUL, ["input", "input"], "divisor")
    builder.operator(tflite_model.DIV, ["input", "divisor"], "output")
    with pytest.raises(ArllieError, match=rf"{npu.accelerator_config} cannot execute DIV: Vela leaves it"):
        compile_for(npu, builder.finish(["input"], ["output"], "{}"), tmp_path)


@needs_vela
def test_the_same_request_gives_the_same_bytes_in_another_folder(made: tuple[Request, Written], tmp_path: Path) -> None:
    request, written = made
    graph = tflite.integer_form(request)
    for npu in NPUS:
        facts = written.facts["npus"][npu.name]
        model = strip_model(request, graph, Strips(facts["rows"], request.size))
        if npu == NPUS[0]:
            assert model == request.path.read_bytes()
        assert compile_for(npu, model, tmp_path).data == request.path.with_name(facts["file"]).read_bytes()


@needs_vela
def test_a_frame_too_wide_for_the_sram_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ArllieError, match=r"40000x4 is a size that the NPU cannot hold: .* has 2097152") as caught:
        write(request_for(tmp_path, size=(40_000, 4)))
    assert len(str(caught.value).splitlines()) == 1


@needs_vela
def test_a_strip_of_one_row_is_the_lowest(tmp_path: Path) -> None:
    request = request_for(tmp_path)
    tight = replace(NPUS[0], sram_limit_bytes=2500)
    strips, compiled = fit(tight, request, tflite.integer_form(request))
    assert (strips.rows, strips.count) == (1, 24)
    assert compiled.sram_bytes <= 2500


@needs_vela
def test_what_vela_refuses_is_said_in_its_words(tmp_path: Path) -> None:
    with pytest.raises(ArllieError, match=r"Vela for ethos-u55-256: .*System_Config\.Nonsense"):
        compile_for(replace(NPUS[0], system_config="Nonsense"), b"", tmp_path)


@given(
    height=st.integers(1, 1200),
    constant=st.integers(0, 500),
    per_row=st.integers(1, 50),
    limit=st.integers(3 * 50 + 500, 40_000),
)
def test_the_tallest_strip_that_fits_is_found(height: int, constant: int, per_row: int, limit: int) -> None:
    def sram_bytes(rows: int) -> int:
        # Buffers are padded: a step function, not a line.
        return constant + per_row * (rows + 2) // 16 * 16

    rows = tallest(height, sram_bytes, limit)
    count = -(-height // rows)
    assert rows == -(-height // count)
    assert sram_bytes(rows) <= limit
    assert count == 1 or sram_bytes(-(-height // (count - 1))) > limit


@given(height=st.integers(1, 1200), limit=st.integers(4_000, 3_000_000))
def test_few_heights_are_tried_where_the_sram_grows_in_proportion(height: int, limit: int) -> None:
    asked = set()

    def sram_bytes(rows: int) -> int:
        asked.add(rows)
        return 160 + 1000 * (rows + 2)

    tallest(height, sram_bytes, limit)
    assert len(asked) <= 4


def test_listing_the_row_imports_no_compiler() -> None:
    assert ROW.writer() is ethos_u.write
    assert ROW.emulated
    assert not {"fp32", "fp16"} & set(ROW.precisions)
