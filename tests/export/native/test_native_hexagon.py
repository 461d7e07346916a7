"""The artifact of Hexagon: its objects, linked and executed by qemu, give the oracle's bytes; its example and CMake."""

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
from arllie_deploy.export.native import hexagon as writer
from arllie_deploy.export.native.build import compile_files, kernel_objects
from arllie_deploy.export.native.machine import X86_64
from arllie_deploy.export.parity import mirrored
from arllie_deploy.export.request import Request, Written
from arllie_deploy.export.targets.native_hexagon import ROW
from arllie_deploy.models import find_fixed_model
from arllie_deploy.native import hexagon, oracle
from arllie_deploy.native.hexagon import ARCHITECTURES
from arllie_deploy.native.integer import quantize
from arllie_deploy.pictures.dark_set import dark_pictures
from arllie_deploy.runtimes import RUNTIMES

_FOUND = ROW.availability()
pytestmark = pytest.mark.skipif(not _FOUND.ok, reason=str(_FOUND.reason))
RNG = np.random.default_rng(0)
SIZES = [(1, 1), (1, 33), (33, 1), (67, 251)]
STEM = "random-native-hexagon-int8x16"
# Stands in for the object where the example is compiled for this machine.
STAND_IN = f"""
#include "{STEM}-hvx.h"

int arllie_hvx_enhance(const struct arllie_model *model, int32_t width, int32_t height, const uint8_t *from,
                       ptrdiff_t from_stride, uint8_t *to, ptrdiff_t to_stride) {{
    struct arllie_picture a = {{ARLLIE_RGBX32, width, height, 0, {{(void *)from, NULL}}, {{from_stride, 0}}}};
    struct arllie_picture b = {{ARLLIE_RGBX32, width, height, 0, {{to, NULL}}, {{to_stride, 0}}}};
    return arllie_enhance(model, &a, &b, 1);
}}
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Request, Written]:
    return written(ROW.name, tmp_path_factory.mktemp("made"))


def test_everything_is_listed_and_nothing_else_is_there(made: tuple[Request, Written]) -> None:
    request, said = made
    endings = ["-v66.o", "-v73.o", ".h", "-arllie.h", "-hvx.h", "-example.c", ".cmake"]
    assert request.path.name == f"{STEM}-v68.o"
    assert set(said.sidecars) == {f"{STEM}{ending}" for ending in endings}
    assert {path.name for path in request.path.parent.iterdir()} == {request.path.name, *said.sidecars}
    assert said.tools["clang"] == str(hexagon.find_toolchain().version)
    example = request.path.with_name(f"{STEM}-example.c").read_text()
    assert "@" not in example
    assert len(example.splitlines()) <= 45


def test_the_manifest_has_what_each_object_executes_for_a_pixel(made: tuple[Request, Written]) -> None:
    counts = made[1].facts["hvx"]
    assert list(counts) == list(ARCHITECTURES)
    for architecture, counted in counts.items():
        assert counted["file"] == f"{STEM}-{architecture}.o"
        assert counted["packets_per_pixel"] == round(counted["packets"] / (1920 * 1080), 3)
        # The regression gate of the kernel itself is in tests/native/test_hexagon.py.
        assert 1 < counted["packets_per_pixel"] <= 2.2
        assert counted["hvx_instructions"] < counted["instructions"] < 4 * counted["packets"]
        assert not any("ms" in key or "_s" in key for key in counted if key != "hvx_instructions")


@pytest.mark.parametrize("epilogue", EPILOGUES)
def test_the_objects_give_the_oracles_bytes(epilogue: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("arllie_deploy.export.native.hexagon._COUNTED_SIZE", (64, 64))
    request, _ = written(ROW.name, tmp_path, random_enhancer(epilogue))
    opened = RUNTIMES[ROW.runtime].open(request.path, None)
    assert opened.executed_by.startswith("qemu-hexagon ")
    assert opened.executed_by.endswith(", never a device: the HVX kernel for v66, v68, v73")
    for height, width in SIZES:
        frame = RNG.integers(0, 256, (height, width, 3), np.uint8)
        np.testing.assert_array_equal(opened.run(frame), oracle.enhance(quantize(request.enhancer), frame))


def test_a_whole_1080p_frame_gives_the_oracles_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("arllie_deploy.export.native.hexagon._COUNTED_SIZE", (64, 64))
    request, _ = written(ROW.name, tmp_path, find_fixed_model("arllie-lol"))
    frame = mirrored(next(iter(dark_pictures().values())), 1920, 1080)
    made = RUNTIMES[ROW.runtime].open(request.path, None).run(frame)
    np.testing.assert_array_equal(made, oracle.enhance(quantize(request.enhancer), frame))


def test_an_object_needs_no_other_symbol(made: tuple[Request, Written], tmp_path: Path) -> None:
    linker = hexagon.find_toolchain().linker
    for path in made[0].path.parent.glob("*.o"):
        line = [linker, "-static", "-e", "arllie_hvx_enhance", path, "-o", tmp_path / "linked"]
        done = subprocess.run(line, capture_output=True, text=True, check=False, timeout=60)
        assert (done.returncode, done.stderr) == (0, ""), path.name


@pytest.mark.skipif(shutil.which("cmake") is None, reason="no cmake here: apt-get install cmake")
@pytest.mark.skipif(X86_64.problem() is not None, reason=str(X86_64.problem()))
def test_the_example_enhances_a_picture(made: tuple[Request, Written], tmp_path: Path) -> None:
    """Hexagon's C library is Qualcomm's: here it is compiled for this machine, with the same kernel's C behind it."""
    folder = tmp_path / "artifact"
    shutil.copytree(made[0].path.parent, folder)
    objects = tmp_path / "objects"
    objects.mkdir()
    for name, data in kernel_objects(X86_64).items():
        (objects / name).write_bytes(data)
    (folder / "stand_in.c").write_text(STAND_IN)
    compile_files(X86_64, folder, ["stand_in.c"], objects)
    merged = [str(path) for path in sorted(objects.glob("*.o"))]
    subprocess.run(["ld", "-r", *merged, "-o", str(folder / f"{STEM}-v73.o")], check=True, timeout=60)
    lines = ["set(ARLLIE_HEXAGON v73)", f'include("{folder}/{STEM}.cmake")']
    programs = built_by_cmake(tmp_path, lines, [f"{STEM}-example"])
    frame = RNG.integers(0, 90, (67, 251, 3), np.uint8)
    write_ppm(tmp_path / "dark.ppm", frame)
    subprocess.run([programs / f"{STEM}-example", "dark.ppm", "bright.ppm"], cwd=tmp_path, check=True, timeout=60)
    expected = oracle.enhance(quantize(made[0].enhancer), frame)
    np.testing.assert_array_equal(read_ppm(tmp_path / "bright.ppm"), expected)


def test_the_same_request_gives_the_same_bytes_in_another_folder(made: tuple[Request, Written], tmp_path: Path) -> None:
    writer._kernel.cache_clear()
    written(ROW.name, tmp_path)
    for path in sorted(made[0].path.parent.iterdir()):
        assert (tmp_path / path.name).read_bytes() == path.read_bytes(), path.name
        assert str(tmp_path).encode() not in path.read_bytes()


def test_objects_that_are_not_whole_are_refused(made: tuple[Request, Written], tmp_path: Path) -> None:
    runtime = RUNTIMES[ROW.runtime]
    main = tmp_path / made[0].path.name
    shutil.copy(made[0].path, main)
    with pytest.raises(ArllieError, match=r"-v66\.o is missing beside it; keep the files"):
        runtime.open(main, None)
    for architecture in ("v66", "v73"):
        (tmp_path / f"{STEM}-{architecture}.o").write_bytes(b"text")
    with pytest.raises(ArllieError, match=r"-v66\.o: not an object of arllie-export.*: not a 32-bit ELF file"):
        runtime.open(main, None)
    with pytest.raises(ArllieError, match=r"name ends in -v68\.o"):
        runtime.open(tmp_path / "other.o", None)
    with pytest.raises(ArllieError, match="--target native-hexagon"):
        runtime.open(random_enhancer(), None)


def test_objects_that_disagree_are_refused(made: tuple[Request, Written], tmp_path: Path) -> None:
    folder, other = tmp_path / "artifact", tmp_path / "other"
    other.mkdir()
    shutil.copytree(made[0].path.parent, folder)
    written(ROW.name, other, random_enhancer(seed=1))
    shutil.copy(other / f"{STEM}-v73.o", folder)
    opened = RUNTIMES[ROW.runtime].open(folder / made[0].path.name, None)
    with pytest.raises(ArllieError, match="v73 makes other bytes than that for v68"):
        opened.run(RNG.integers(0, 256, (4, 40, 3), np.uint8))
