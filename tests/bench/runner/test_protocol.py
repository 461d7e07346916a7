import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.enhancers import random_enhancer

from arllie_deploy.bench.runner.protocol import parse_report, read_output, request
from arllie_deploy.errors import ArllieError

FRAME = np.random.default_rng(0).integers(0, 256, (4, 5, 3), np.uint8)
HEAD = json.dumps({"protocol": 1, "engine": "test", "copy_pairs": 8, "threads": 2})
TAIL = json.dumps({"done": True, "peak_memory_bytes": 4096})


def test_a_request_holds_header_numbers_and_frame() -> None:
    data = request(random_enhancer("curve"), FRAME)
    assert data[:4] == b"ARLR"
    assert np.frombuffer(data[4:24], "<u4").tolist() == [1, 0, 3, 5, 4]
    numbers = np.frombuffer(data[24 : 24 + 86 * 4], "<f4")
    assert numbers[:81].tolist() == random_enhancer("curve").kernel.ravel().tolist()
    assert numbers[84:].tolist() == [1.5, 0.5]
    assert data[24 + 86 * 4 :] == FRAME.tobytes()
    assert len(request(random_enhancer(), FRAME.astype(np.float32))) == 24 + 86 * 4 + 4 * FRAME.size


@pytest.mark.parametrize("frame", [FRAME.astype(np.uint16), FRAME.astype(np.float64), FRAME[:, :, :2]])
def test_another_kind_of_frame_is_refused(frame: np.ndarray) -> None:
    with pytest.raises(ArllieError):
        request(random_enhancer(), frame)


def test_an_output_of_another_size_is_refused() -> None:
    assert (read_output(FRAME.tobytes(), FRAME) == FRAME).all()
    with pytest.raises(ArllieError, match="wrote 59 bytes for a frame of 60"):
        read_output(FRAME.tobytes()[1:], FRAME)


def test_a_report_among_other_lines() -> None:
    middle = ['{"warm_up_ns": 9}', '{"run_ns": 2000000}', "WARNING: linker: x", '{"run_ns": 3000000}']
    report = parse_report("\n".join([HEAD, *middle, '{"copy_hot_ns": 5}', '{"copy_cold_ns": 7}', TAIL]))
    assert (report.engine, report.threads, report.peak_memory_bytes) == ("test", 2, 4096)
    assert report.runs_ms == (2.0, 3.0)
    assert (report.copies_hot_ms, report.copies_cold_ms) == ((5e-6,), (7e-6,))


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([], "protocol 1; it printed nothing"),
        (["sh: not executable: 64-bit ELF file"], "protocol 1: sh: not executable"),
        ([HEAD.replace('"protocol": 1', '"protocol": 2'), '{"run_ns": 1}', TAIL], "protocol 1"),
        ([HEAD, '{"run_ns": 1}', "Segmentation fault"], "before it was done: Segmentation fault"),
        ([HEAD, TAIL], "before it was done"),
        ([HEAD, '{"run_ns": -1}', TAIL], "the time -1"),
        ([HEAD, '{"run_ns": 1.5}', TAIL], "the time 1.5"),
        ([HEAD, '{"run_ns": true}', TAIL], "the time True"),
        ([HEAD.replace("2}", "0}"), '{"run_ns": 1}', TAIL], "threads 0"),
        ([HEAD, '{"run_ns": 1}', '{"done": true}'], "peak_memory_bytes None"),
    ],
)
def test_a_report_that_is_not_one_is_refused_with_its_last_words(lines: list[str], said: str) -> None:
    with pytest.raises(ArllieError) as caught:
        parse_report("\n".join(lines))
    assert said in str(caught.value)


@given(st.text())
def test_any_text_is_a_report_or_an_error_of_one_line(text: str) -> None:
    with pytest.raises(ArllieError):
        parse_report(text)
