"""The artifact of x86-64: its library, its example built by CMake as a user would, the same bytes again."""

import platform
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from support.enhancers import random_enhancer

from arllie_deploy.epilogues import EPILOGUES
from arllie_deploy.errors import ArllieError
from arllie_deploy.export.native.artifact import write
from arllie_deploy.export.native.build import kernel_objects
from arllie_deploy.export.request import Request, Written
from arllie_deploy.export.targets.native_x86_64 import ROW
from arllie_deploy.native import oracle
from arllie_deploy.native.integer import quantize
from arllie_deploy.runtimes import RUNTIMES

_FOUND = ROW.availability()
pytestmark = pytest.mark.skipif(not _FOUND.ok, reason=str(_FOUND.reason))
RNG = np.random.default_rng(0)
SIZES = [(1, 1), (1, 7), (7, 1), (67, 251), (180, 321)]
STEM = "random-native-x86-64-int8x16"


def request_for(folder: Path, epilogue: str = "residual", name: str = "random") -> Request:
    enhancer = random_enhancer(epilogue, name=name)
    return Request(enhancer, ROW.name, "int8x16", (32, 24), folder / ROW.file_name(name, "int8x16", (32, 24)))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Request, Written]:
    request = request_for(tmp_path_factory.mktemp("made"))
    return request, write(request)


def write_ppm(path: Path, frame: np.ndarray) -> None:
    height, width, _ = frame.shape
    path.write_bytes(f"P6\n{width} {height}\n255\n".encode() + frame.tobytes())


def read_ppm(path: Path) -> np.ndarray:
    data = path.read_bytes()
    found = re.match(rb"P6\n(\d+) (\d+)\n255\n", data)
    assert found is not None
    return np.frombuffer(data[found.end() :], np.uint8).reshape(int(found[2]), int(found[1]), 3)


def test_everything_is_listed_and_nothing_else_is_there(made: tuple[Request, Written]) -> None:
    request, written = made
    names = {f"{STEM}.a", f"{STEM}.h", f"{STEM}-example.c", "arllie.h", "CMakeLists.txt"}
    assert set(written.sidecars) == names
    assert {path.name for path in request.path.parent.iterdir()} == {request.path.name, *names}
    assert written.facts["error_bound_levels"] <= 1
    assert written.tools["gcc"]
    example = request.path.with_name(f"{STEM}-example.c").read_text()
    assert "@" not in example
    assert len(example.splitlines()) <= 45


@pytest.mark.parametrize("epilogue", EPILOGUES)
def test_its_library_gives_the_oracles_bytes(epilogue: str, tmp_path: Path) -> None:
    request = request_for(tmp_path, epilogue)
    write(request)
    opened = RUNTIMES[ROW.runtime].open(request.path, 2)
    assert opened.executed_by.startswith("the exported library, ")
    for height, width in SIZES:
        frame = RNG.integers(0, 256, (height, width, 3), np.uint8)
        np.testing.assert_array_equal(opened.run(frame), oracle.enhance(quantize(request.enhancer), frame))


@pytest.mark.parametrize("epilogue", EPILOGUES)
def test_the_scales_give_the_convolution_back(epilogue: str, tmp_path: Path) -> None:
    request = request_for(tmp_path, epilogue)
    scale = write(request).scales["kernel"]["scale"]
    integers = quantize(request.enhancer).kernel.transpose(0, 3, 1, 2)
    assert np.abs(scale * integers - request.enhancer.kernel).max() <= 0.51 * scale


@pytest.mark.skipif(shutil.which("cmake") is None, reason="no cmake here: apt-get install cmake")
def test_cmake_builds_the_example_which_enhances_a_picture(made: tuple[Request, Written], tmp_path: Path) -> None:
    request, _ = made
    artifact = tmp_path / "artifact with spaces"
    shutil.copytree(request.path.parent, artifact)
    # A second model beside it, and one for another machine, are no trouble.
    write(request_for(artifact, "curve", "second.one"))
    (artifact / "random-native-arm64-linux-int8x16-example.c").write_text("#error for another machine\n")
    for line in (["-S", str(artifact), "-B", "build", "-DCMAKE_C_FLAGS=-Wall -Wextra -Werror"], ["--build", "build"]):
        done = subprocess.run(["cmake", *line], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120)
        assert done.returncode == 0, done.stdout + done.stderr
    frame = RNG.integers(0, 90, (67, 251, 3), np.uint8)
    write_ppm(tmp_path / "dark.ppm", frame)
    for name, enhancer in (("random", request.enhancer), ("second.one", random_enhancer("curve"))):
        program = tmp_path / "build" / f"{name}-native-x86-64-int8x16-example"
        subprocess.run([str(program), "dark.ppm", "bright.ppm"], cwd=tmp_path, check=True, timeout=60)
        np.testing.assert_array_equal(read_ppm(tmp_path / "bright.ppm"), oracle.enhance(quantize(enhancer), frame))


def test_the_example_refuses_what_is_no_picture(made: tuple[Request, Written], tmp_path: Path) -> None:
    request, _ = made
    folder = request.path.parent
    line = ["gcc", "-o", str(tmp_path / "example"), str(folder / f"{STEM}-example.c"), str(folder / f"{STEM}.a")]
    subprocess.run([*line, "-pthread"], check=True, timeout=60)
    for data in (
        b"",
        b"P5\n2 2\n255\n0000",
        b"P6\n2 2\n65535\n" + bytes(24),
        b"P6\n2 2\n255\nshort",
        b"P6\n-1 2\n255\n",
        b"P6\n0 2\n255\n",
    ):
        (tmp_path / "dark.ppm").write_bytes(data)
        done = subprocess.run(
            ["./example", "dark.ppm", "bright.ppm"],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert done.returncode == 1
        assert done.stderr.startswith("example: ")
        assert not (tmp_path / "bright.ppm").exists()


def test_the_same_request_gives_the_same_bytes_in_another_folder(made: tuple[Request, Written], tmp_path: Path) -> None:
    request, _ = made
    kernel_objects.cache_clear()
    write(request_for(tmp_path))
    for path in sorted(request.path.parent.iterdir()):
        assert (tmp_path / path.name).read_bytes() == path.read_bytes(), path.name
        assert str(tmp_path).encode() not in path.read_bytes()
        assert b"/arllie_deploy/" not in path.read_bytes()


def test_a_library_without_the_model_is_refused(tmp_path: Path) -> None:
    (tmp_path / "other.c").write_text("int arllie_abi_version(void) { return 1; }\n")
    subprocess.run(["gcc", "-shared", "-fPIC", "-o", "other.so", "other.c"], cwd=tmp_path, check=True, timeout=60)
    (tmp_path / "text.so").write_text("no library\n")
    with pytest.raises(ArllieError, match="not a library of arllie-export"):
        RUNTIMES[ROW.runtime].open(tmp_path / "other.so", 1)
    with pytest.raises(ArllieError, match="cannot be loaded"):
        RUNTIMES[ROW.runtime].open(tmp_path / "text.so", 1)
    with pytest.raises(ArllieError, match="--target native-x86-64"):
        RUNTIMES[ROW.runtime].open(random_enhancer(), 1)


def test_the_library_needs_nothing_but_the_c_library(made: tuple[Request, Written]) -> None:
    assert platform.machine() == "x86_64"
    listed = subprocess.run(
        ["readelf", "-d", str(made[0].path)], capture_output=True, text=True, check=True, timeout=60
    )
    assert set(re.findall(r"NEEDED.*\[(.*?)\]", listed.stdout)) <= {"libc.so.6", "libm.so.6", "libpthread.so.0"}
    assert f"[{STEM}.so]" in listed.stdout
