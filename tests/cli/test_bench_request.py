import shlex
from pathlib import Path

import pytest

from arllie_deploy import ArllieError
from arllie_deploy.cli.bench_request import Request
from arllie_deploy.cli.bench_run import subject_of


def test_the_command_repeats_what_was_asked_and_nothing_else() -> None:
    assert Request().command() == "arllie-bench --backends cpu --model arllie-lol --size 1920x1080"
    request = Request(full=True, peers=True, sustained=30.0, threads=2, model="a b.safetensors", device="adb:X Y")
    words = shlex.split(request.command())
    assert words[:5] == ["arllie-bench", "--backends", "cpu", "--model", "a b.safetensors"]
    assert words[7:] == ["--threads", "2", "--full", "--peers", "--sustained", "30", "--device", "adb:X Y"]
    assert Request(runner=Path("r")).options()[-2:] == ["--runner", "r"]
    assert Request(qnn_sdk=Path("q a")).options()[-2:] == ["--qnn-sdk", "q a"]
    assert Request(devices=Path("f.toml")).command().endswith(" --devices f.toml")


@pytest.mark.parametrize(
    ("model", "foreign"), [("arllie-lol", False), ("m.safetensors", False), ("m.onnx", True), ("dir/m.tflite", True)]
)
def test_a_file_of_somebody_else_is_told_by_its_suffix(model: str, foreign: bool) -> None:
    assert (Request(model=model).foreign is not None) is foreign


def test_the_serial_number_is_what_follows_adb() -> None:
    assert Request(device="adb:127.0.0.1:5555").serial == "127.0.0.1:5555"
    assert Request(device="adb:").serial is None
    with pytest.raises(ArllieError, match="write adb:SERIAL"):
        _ = Request(device="R5CT").serial


@pytest.mark.parametrize(
    ("threads", "counts"), [(1, (1,)), (2, (2, 1)), (3, (3, 1, 2)), (8, (8, 1, 2, 4)), (6, (6, 1, 2, 4))]
)
def test_the_whole_matrix_has_the_asked_number_of_threads_first(threads: int, counts: tuple[int, ...]) -> None:
    assert subject_of(Request(full=True, threads=threads, size="64x48")).thread_counts == counts
    assert subject_of(Request(threads=threads, size="64x48")).thread_counts == (threads,)


def test_the_frames_are_different_dark_pictures() -> None:
    frames = subject_of(Request(size="64x48")).frames
    assert len({frame.tobytes() for frame in frames}) == len(frames) == 8
    assert all(frame.mean() < 128 for frame in frames)
