from pathlib import Path

import numpy as np
import pytest
from support.bench_runtimes import MODULE
from support.enhancers import random_enhancer
from support.foreign_files import halving_onnx, passing_tflite
from support.pictures import darkened, scene

from arllie_deploy import ArllieError
from arllie_deploy.bench.candidate import Candidate, Subject
from arllie_deploy.bench.contestant import Settings
from arllie_deploy.bench.peers import PEERS
from arllie_deploy.bench.peers.entries import (
    NO_REFERENCE,
    foreign_entries,
    foreign_entry,
    peer_entries,
    too_much,
    write_graph,
)
from arllie_deploy.bench.protocol import measure
from arllie_deploy.bench.row import Row
from arllie_deploy.bench.status import Status
from arllie_deploy.export.parity import LIMITS

SUBJECT = Subject(random_enhancer(), [darkened(scene(seed), seed) for seed in range(2)], 1)
HEIGHT, WIDTH = SUBJECT.frames[0].shape[:2]
QUICK = Settings(rounds=2, calls=1, warm_up_s=0.02, timeout_s=60.0)

GIGABYTE = 1_000_000_000


def test_a_brought_file_is_measured_and_its_parity_not_judged(tmp_path: Path) -> None:
    entries = foreign_entries(halving_onnx(tmp_path / "theirs.onnx"), SUBJECT)
    baseline, row = measure(SUBJECT, entries, limits=LIMITS, settings=QUICK).rows
    assert row.status is Status.MEASURED
    assert (row.model, row.runtime, row.precision, row.threads) == ("theirs.onnx", "onnxruntime", "fp32", 1)
    assert (row.parity, row.unjudged) == (None, NO_REFERENCE)
    assert row.artifact_bytes == (tmp_path / "theirs.onnx").stat().st_size
    assert (baseline.x_ort_fp32, baseline.unjudged) == (1.0, None)
    assert row.end_to_end_ms is not None
    assert baseline.end_to_end_ms is not None
    assert row.x_ort_fp32 == pytest.approx(row.end_to_end_ms.p50 / baseline.end_to_end_ms.p50)


def test_a_brought_file_is_never_what_the_others_are_compared_with(tmp_path: Path) -> None:
    entry = foreign_entry(halving_onnx(tmp_path / "theirs.onnx"), SUBJECT)
    [row] = measure(SUBJECT, [entry], limits=LIMITS, settings=QUICK).rows
    assert row.status is Status.MEASURED
    assert row.x_ort_fp32 is None


@pytest.mark.parametrize(
    ("path", "size"),
    [("fixed.onnx", "64x32"), ("fixed.tflite", "64x32")],
)
def test_a_file_of_another_size_is_unavailable_and_says_which(path: str, size: str, tmp_path: Path) -> None:
    write = halving_onnx if path.endswith("onnx") else lambda to, shape: passing_tflite(to, "FLOAT32", shape)
    shape = (1, 3, 32, 64) if path.endswith("onnx") else (1, 32, 64, 3)
    row = foreign_entry(write(tmp_path / path, shape), SUBJECT)
    assert isinstance(row, Row)
    assert row.status is Status.UNAVAILABLE
    assert row.reason == f"{path} holds {size}, the frames are {WIDTH}x{HEIGHT}; give that --size"


def test_a_file_of_this_size_is_timed(tmp_path: Path) -> None:
    path = passing_tflite(tmp_path / "fits.tflite", "INT8", (1, HEIGHT, WIDTH, 3), 1 / 255, -128)
    [row] = measure(SUBJECT, [foreign_entry(path, SUBJECT)], limits=LIMITS, settings=QUICK).rows
    assert (row.status, row.runtime, row.precision) == (Status.MEASURED, "litert", "int8")


def test_an_output_of_another_shape_is_wrong_also_without_a_reference() -> None:
    opener = f"{MODULE}:OTHER_SHAPE"
    odd = Candidate(backend="cpu", runtime="onnxruntime", opener=opener, unjudged=NO_REFERENCE, size=SUBJECT.size_text)
    [row] = measure(SUBJECT, [odd], limits=LIMITS, settings=QUICK).rows
    assert row.status is Status.WRONG
    assert row.reason is not None
    assert "shape" in row.reason


def test_every_peer_is_timed_and_labeled(tmp_path: Path) -> None:
    rows = measure(SUBJECT, peer_entries(SUBJECT, tmp_path / "peers"), limits=LIMITS, settings=QUICK).rows
    assert [row.model for row in rows] == [peer.label for peer in PEERS.values()]
    for row in rows:
        assert (row.status, row.backend, row.runtime) == (Status.MEASURED, "cpu", "onnxruntime"), row
        assert row.unjudged == f"random weights, {NO_REFERENCE}"


def test_what_needs_too_much_memory_is_unavailable(tmp_path: Path) -> None:
    large = Subject(SUBJECT.enhancer, [np.zeros((1080, 1920, 3), np.uint8)], 1)
    entries = dict(zip(PEERS, peer_entries(large, tmp_path, available_bytes=6 * GIGABYTE), strict=True))
    row = entries["zero-ig"]
    assert isinstance(row, Row)
    assert row.status is Status.UNAVAILABLE
    assert row.reason == (
        "needs about 3.6 GB of memory beside the other engines, 6.0 GB are free; choose a smaller --size"
    )
    assert isinstance(entries["sci"], Candidate)
    assert not (tmp_path / PEERS["zero-ig"].file_name).exists()


def test_what_would_take_minutes_a_frame_is_unavailable() -> None:
    assert too_much(PEERS["zero-ig"], (1920, 1080), None) is None
    assert too_much(PEERS["zero-ig"], (3840, 2160), None) == (
        "1326 GMAC a frame would take minutes; choose a smaller --size"
    )
    assert too_much(PEERS["sci"], (3840, 2160), None) is None


def test_a_graph_is_written_once_and_never_over_another_file(tmp_path: Path) -> None:
    peer = PEERS["sci"]
    path = write_graph(peer, tmp_path / "peers")
    before = path.stat().st_mtime_ns
    assert write_graph(peer, tmp_path / "peers") == path
    assert path.stat().st_mtime_ns == before
    path.write_bytes(b"mine")
    with pytest.raises(ArllieError, match=r"peer-sci.onnx: holds something else"):
        write_graph(peer, tmp_path / "peers")
    assert path.read_bytes() == b"mine"
