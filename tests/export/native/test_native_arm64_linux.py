"""The artifact of 64-bit Arm: its library inside the runner, executed by qemu, gives the oracle's bytes."""

import shutil
import struct
import subprocess
from pathlib import Path

import numpy as np
import pytest
from support.enhancers import random_enhancer
from support.native_artifacts import written
from support.runner_requests import DAMAGES, EPILOGUE, KIND, Damage, execute, with_number

from arllie_deploy.bench.runner.protocol import parse_report, read_output
from arllie_deploy.bench.runner.protocol import request as runner_request
from arllie_deploy.enhancer import Enhancer
from arllie_deploy.epilogues import EPILOGUES
from arllie_deploy.errors import ArllieError
from arllie_deploy.export.native.build import kernel_objects
from arllie_deploy.export.parity import mirrored
from arllie_deploy.export.request import Request, Written
from arllie_deploy.export.targets.native_arm64_linux import ROW
from arllie_deploy.models import find_fixed_model
from arllie_deploy.native import oracle
from arllie_deploy.native.integer import quantize
from arllie_deploy.pictures.dark_set import dark_pictures
from arllie_deploy.runtimes import RUNTIMES

_FOUND = ROW.availability()
pytestmark = pytest.mark.skipif(not _FOUND.ok, reason=str(_FOUND.reason))
RNG = np.random.default_rng(0)
FRAME = RNG.integers(0, 256, (67, 93, 3), np.uint8)
SIZES = [(1, 1), (1, 17), (17, 1), (67, 251), (33, 64)]
# Without and with the dot products of Armv8.2.
PROCESSORS = {"cortex-a53": "neon", "max": "neon-dotprod"}


def runner_of(request: Request) -> Path:
    return request.path.with_name(f"{request.path.stem}-runner")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Request, Written]:
    return written(ROW.name, tmp_path_factory.mktemp("made"))


def test_everything_is_listed_and_nothing_else_is_there(made: tuple[Request, Written]) -> None:
    request, said = made
    stem = request.path.stem
    names = {f"{stem}{ending}" for ending in ("-runner", ".h", "-arllie.h", "-example.c", ".cmake")}
    assert set(said.sidecars) == names
    assert {path.name for path in request.path.parent.iterdir()} == {f"{stem}.a", *names}


@pytest.mark.parametrize("epilogue", EPILOGUES)
def test_each_instruction_set_gives_the_oracles_bytes(
    epilogue: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    request, _ = written(ROW.name, tmp_path, random_enhancer(epilogue))
    for processor, instruction_set in PROCESSORS.items():
        monkeypatch.setenv("QEMU_CPU", processor)
        opened = RUNTIMES[ROW.runtime].open(request.path, None)
        assert opened.executed_by == f"qemu-aarch64, never a device: the native kernel, {instruction_set}, integers"
        for height, width in SIZES:
            frame = RNG.integers(0, 256, (height, width, 3), np.uint8)
            np.testing.assert_array_equal(opened.run(frame), oracle.enhance(quantize(request.enhancer), frame))


@pytest.mark.parametrize("processor", PROCESSORS)
def test_a_whole_1080p_frame_gives_the_oracles_bytes(
    processor: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QEMU_CPU", processor)
    request, _ = written(ROW.name, tmp_path, find_fixed_model("arllie-lol"))
    frame = mirrored(next(iter(dark_pictures().values())), 1920, 1080)
    made = RUNTIMES[ROW.runtime].open(request.path, None).run(frame)
    np.testing.assert_array_equal(made, oracle.enhance(quantize(request.enhancer), frame))


def test_the_runner_follows_the_benchs_protocol(made: tuple[Request, Written], tmp_path: Path) -> None:
    request, _ = made
    done = execute(runner_of(request), runner_request(request.enhancer, FRAME), tmp_path, 1, 2)
    assert done.returncode == 0, done.stderr
    report = parse_report(done.stdout)
    assert (report.threads, len(report.runs_ms), len(report.copies_hot_ms), report.copy_pairs) == (1, 2, 2, 8)
    assert report.peak_memory_bytes > FRAME.nbytes
    output = read_output((tmp_path / "output").read_bytes(), FRAME)
    np.testing.assert_array_equal(output, oracle.enhance(quantize(request.enhancer), FRAME))


def test_a_request_of_another_model_is_refused(made: tuple[Request, Written], tmp_path: Path) -> None:
    request, _ = made
    kernel = request.enhancer.kernel.copy()
    kernel[2, 2, 2, 2] = np.nextafter(kernel[2, 2, 2, 2], np.float32(9))
    others = [
        Enhancer("other", kernel, request.enhancer.bias, "residual"),
        Enhancer("other", request.enhancer.kernel, request.enhancer.bias, "direct"),
        Enhancer("other", request.enhancer.kernel, request.enhancer.bias, "residual", {"epsilon": 0.01}),
    ]
    for other in others:
        done = execute(runner_of(request), runner_request(other, FRAME), tmp_path, 0, 1)
        assert (done.returncode, done.stdout) == (2, "")
        assert "another model than the one inside" in done.stderr
        assert not (tmp_path / "output").exists()


@pytest.mark.parametrize(
    ("change", "said"),
    [*DAMAGES, (with_number(KIND, 1), "it computes on bytes"), (with_number(EPILOGUE, 4), "an epilogue")],
)
def test_a_damaged_request_is_refused(made: tuple[Request, Written], tmp_path: Path, change: Damage, said: str) -> None:
    done = execute(runner_of(made[0]), change(runner_request(made[0].enhancer, FRAME)), tmp_path, 0, 1)
    assert done.returncode == 2
    assert said in done.stderr
    assert not (tmp_path / "output").exists()


@pytest.mark.parametrize("counts", [(0,), (0, 0), (-1, 1)])
def test_wrong_use_of_the_runner_is_refused(made: tuple[Request, Written], tmp_path: Path, counts: tuple[int]) -> None:
    assert execute(runner_of(made[0]), runner_request(made[0].enhancer, FRAME), tmp_path, *counts).returncode == 2


def test_the_runner_needs_no_library_of_the_device(made: tuple[Request, Written]) -> None:
    data = runner_of(made[0]).read_bytes()
    assert data[:4] == b"\x7fELF"
    assert struct.unpack_from("<H", data, 18) == (183,)  # EM_AARCH64
    assert b"/lib/ld-linux" not in data


def test_the_example_is_built_for_the_device_and_enhances(made: tuple[Request, Written], tmp_path: Path) -> None:
    request, _ = made
    folder, stem = request.path.parent, request.path.stem
    line = ["aarch64-linux-gnu-gcc", "-static", "-o", str(tmp_path / "example"), str(folder / f"{stem}-example.c")]
    subprocess.run([*line, str(request.path), "-pthread"], check=True, timeout=60)
    (tmp_path / "dark.ppm").write_bytes(b"P6\n93 67\n255\n" + FRAME.tobytes())
    subprocess.run(["qemu-aarch64-static", "./example", "dark.ppm", "b.ppm"], cwd=tmp_path, check=True, timeout=60)
    expected = oracle.enhance(quantize(request.enhancer), FRAME)
    assert (tmp_path / "b.ppm").read_bytes() == b"P6\n93 67\n255\n" + expected.tobytes()


def test_the_same_request_gives_the_same_bytes_in_another_folder(made: tuple[Request, Written], tmp_path: Path) -> None:
    kernel_objects.cache_clear()
    written(ROW.name, tmp_path)
    for path in sorted(made[0].path.parent.iterdir()):
        assert (tmp_path / path.name).read_bytes() == path.read_bytes(), path.name


def test_a_library_without_its_runner_is_refused(made: tuple[Request, Written], tmp_path: Path) -> None:
    shutil.copy(made[0].path, tmp_path / "alone.a")
    with pytest.raises(
        ArllieError, match=r"alone\.a: alone-runner is missing beside it; keep the files of an artifact together"
    ):
        RUNTIMES[ROW.runtime].open(tmp_path / "alone.a", None)
    (tmp_path / "alone-runner").write_text("no program\n")
    with pytest.raises(ArllieError, match="alone-runner: ended with status"):
        RUNTIMES[ROW.runtime].open(tmp_path / "alone.a", None)
    with pytest.raises(ArllieError, match="--target native-arm64-linux"):
        RUNTIMES[ROW.runtime].open(random_enhancer(), None)
