"""The artifact of x86-64: its library, its example built by CMake as a user would, the same bytes again."""

import platform
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from support.enhancers import random_enhancer
from support.native_artifacts import built_by_cmake, written
from support.ppm import read_ppm, write_ppm

from arllie_deploy.epilogues import EPILOGUES
from arllie_deploy.errors import ArllieError
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


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Request, Written]:
    return written(ROW.name, tmp_path_factory.mktemp("made"))


def test_everything_is_listed_and_nothing_else_is_there(made: tuple[Request, Written]) -> None:
    request, said = made
    names = {f"{STEM}{ending}" for ending in (".a", ".h", "-arllie.h", "-example.c", ".cmake")}
    assert set(said.sidecars) == names
    assert {path.name for path in request.path.parent.iterdir()} == {request.path.name, *names}
    assert said.facts["error_bound_levels"] <= 1
    assert said.tools["gcc"]
    example = request.path.with_name(f"{STEM}-example.c").read_text()
    assert "@" not in example
    assert len(example.splitlines()) <= 45


@pytest.mark.parametrize("epilogue", EPILOGUES)
def test_its_library_gives_the_oracles_bytes(epilogue: str, tmp_path: Path) -> None:
    request, _ = written(ROW.name, tmp_path, random_enhancer(epilogue))
    opened = RUNTIMES[ROW.runtime].open(request.path, 2)
    assert opened.executed_by.startswith("the exported library, ")
    for height, width in SIZES:
        frame = RNG.integers(0, 256, (height, width, 3), np.uint8)
        np.testing.assert_array_equal(opened.run(frame), oracle.enhance(quantize(request.enhancer), frame))


@pytest.mark.parametrize("epilogue", EPILOGUES)
def test_the_scales_give_the_convolution_back(epilogue: str, tmp_path: Path) -> None:
    request, said = written(ROW.name, tmp_path, random_enhancer(epilogue))
    scale = said.scales["kernel"]["scale"]
    integers = quantize(request.enhancer).kernel.transpose(0, 3, 1, 2)
    assert np.abs(scale * integers - request.enhancer.kernel).max() <= 0.51 * scale


@pytest.mark.skipif(shutil.which("cmake") is None, reason="no cmake here: apt-get install cmake")
def test_cmake_gives_a_project_the_libraries_and_builds_their_examples(
    made: tuple[Request, Written], tmp_path: Path
) -> None:
    artifacts = tmp_path / "artifacts with spaces"
    shutil.copytree(made[0].path.parent, artifacts)
    second, _ = written(ROW.name, artifacts, random_enhancer("curve", name="second.one"))
    stems = [STEM, second.path.stem]
    lines = [f'include("{artifacts}/{stem}.cmake")' for stem in stems]
    lines += ["add_executable(user user.c)", *(f"target_link_libraries(user arllie::{stem})" for stem in stems)]
    (tmp_path / "user.c").write_text(
        "".join(f'#include "{stem}.h"\n' for stem in stems)
        + "int main(void) { return arllie_random_int8x16.epilogue * 16 + arllie_second_one_int8x16.epilogue; }\n"
    )
    programs = built_by_cmake(tmp_path, lines, ["user", *(f"{stem}-example" for stem in stems)])
    assert subprocess.run([programs / "user"], check=False, timeout=60).returncode == 16 + 3
    frame = RNG.integers(0, 90, (67, 251, 3), np.uint8)
    write_ppm(tmp_path / "dark.ppm", frame)
    for stem, enhancer in zip(stems, (made[0].enhancer, second.enhancer), strict=True):
        subprocess.run([programs / f"{stem}-example", "dark.ppm", "bright.ppm"], cwd=tmp_path, check=True, timeout=60)
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
    written(ROW.name, tmp_path)
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
