"""The C program itself: made for AArch64, executed by qemu-aarch64, compared with the reference byte by byte."""

import struct
from pathlib import Path

import numpy as np
import pytest
from support.enhancers import random_enhancer
from support.runner_requests import DAMAGES, EPILOGUE, KIND, Damage, execute, with_number

from arllie_deploy.bench.runner.build import build
from arllie_deploy.bench.runner.protocol import Report, parse_report, read_output, request
from arllie_deploy.enhancer import Enhancer
from arllie_deploy.epilogues import EPILOGUES
from arllie_deploy.errors import UnavailableError
from arllie_deploy.frames import to_unit
from arllie_deploy.models import find_fixed_model

RNG = np.random.default_rng(0)
DARK = RNG.integers(0, 60, (67, 93, 3), np.uint8)
BRIGHT = RNG.integers(0, 256, (67, 93, 3), np.uint8)


def enhanced(runner: Path, model: Enhancer, frame: np.ndarray, folder: Path) -> tuple[Report, np.ndarray]:
    done = execute(runner, request(model, frame), folder, 1, 2)
    assert done.returncode == 0, done.stderr
    return parse_report(done.stdout), read_output((folder / "output").read_bytes(), frame)


@pytest.mark.parametrize("epilogue", EPILOGUES)
def test_its_bytes_and_floats_agree_with_the_reference(
    runner: Path, tmp_path: Path, epilogue: str, record_property: "pytest.RecordProperty"
) -> None:
    model = random_enhancer(epilogue)
    for frame in (DARK, BRIGHT):
        report, output = enhanced(runner, model, frame, tmp_path)
        assert (report.threads, len(report.runs_ms), len(report.copies_hot_ms)) == (1, 2, 2)
        levels = np.abs(output.astype(int) - model.enhance(frame))
        assert levels.max() <= 1
        assert (levels == 0).mean() >= 0.999
        tensor = (frame / np.float32(255)).astype(np.float32)
        difference = np.abs(enhanced(runner, model, tensor, tmp_path)[1] - model.reference(to_unit(frame)))
        assert difference.max() <= 1e-5
    record_property(f"C runner, {epilogue}", f"{levels.max()} levels, {difference.max():.1e} in floats")


@pytest.mark.parametrize("size", [(1, 1), (1, 7), (7, 1), (2, 3)])
def test_the_border_of_the_smallest_frames(runner: Path, tmp_path: Path, size: tuple[int, int]) -> None:
    model, frame = find_fixed_model("arllie-lol"), RNG.integers(0, 256, (*size, 3), np.uint8)
    assert np.abs(enhanced(runner, model, frame, tmp_path)[1].astype(int) - model.enhance(frame)).max() <= 1


@pytest.mark.parametrize(
    ("change", "said"),
    [*DAMAGES, (with_number(KIND, 2), "a kind or an epilogue"), (with_number(EPILOGUE, 4), "a kind or an epilogue")],
)
def test_a_damaged_request_is_refused(runner: Path, tmp_path: Path, change: Damage, said: str) -> None:
    done = execute(runner, change(request(random_enhancer(), DARK)), tmp_path, 0, 1)
    assert done.returncode == 2
    assert said in done.stderr
    assert not (tmp_path / "output").exists()


@pytest.mark.parametrize("counts", [(0,), (0, 0), (-1, 1)])
def test_wrong_use_is_refused(runner: Path, tmp_path: Path, counts: tuple[int, ...]) -> None:
    assert execute(runner, request(random_enhancer(), DARK), tmp_path, *counts).returncode == 2


def test_it_needs_no_library_of_the_phone(runner: Path) -> None:
    data = runner.read_bytes()
    assert data[:4] == b"\x7fELF"
    assert struct.unpack_from("<H", data, 18) == (183,)  # EM_AARCH64
    assert b"/lib/ld-linux" not in data


def test_without_the_compiler_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(UnavailableError, match="apt-get install gcc-aarch64-linux-gnu"):
        build(tmp_path / "runner")
    assert list(tmp_path.iterdir()) == []
