"""The artifact of Android: what qemu proves of it, what it asks of bionic, and the NDK that the environment names."""

import re
import struct
import subprocess
from pathlib import Path

import numpy as np
import pytest
from support.enhancers import random_enhancer
from support.native_artifacts import written

from arllie_deploy.export.native.machine import ANDROID_API, ARM64_LINUX, machine_for
from arllie_deploy.export.parity import mirrored
from arllie_deploy.export.targets.native_arm64_android import ROW
from arllie_deploy.models import find_fixed_model
from arllie_deploy.native import oracle
from arllie_deploy.native.integer import quantize
from arllie_deploy.pictures.dark_set import dark_pictures
from arllie_deploy.runtimes import RUNTIMES

_FOUND = ROW.availability()
needs_tools = pytest.mark.skipif(not _FOUND.ok, reason=str(_FOUND.reason))
RNG = np.random.default_rng(0)
STEM = "random-native-arm64-android-int8x16"
DOCUMENT = (Path(__file__).parents[3] / "docs" / "export.md").read_text()


@pytest.fixture
def no_ndk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ANDROID_NDK_HOME", raising=False)


@pytest.fixture
def ndk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder laid out as an NDK, whose programs are Debian's."""
    folder = tmp_path / "ndk"
    programs = folder / "toolchains" / "llvm" / "prebuilt" / "linux-x86_64" / "bin"
    programs.mkdir(parents=True)
    names = {f"aarch64-linux-android{ANDROID_API}-clang": ARM64_LINUX.compiler, "llvm-ar": ARM64_LINUX.archiver}
    for name, program in names.items():
        (programs / name).write_text(f'#!/bin/sh\nexec {program} "$@"\n')
        (programs / name).chmod(0o755)
    monkeypatch.setenv("ANDROID_NDK_HOME", str(folder))
    return programs


def listed_symbols(library: Path) -> set[str]:
    """What it calls of others."""
    line = ["aarch64-linux-gnu-nm", str(library)]
    text = subprocess.run(line, capture_output=True, text=True, check=True, timeout=60).stdout
    found = re.findall(r"^(?:[0-9a-f]{16}| {16}) (\w) (\S+)$", text, flags=re.MULTILINE)
    return {name for kind, name in found if kind == "U"} - {name for kind, name in found if kind != "U"}


@needs_tools
@pytest.mark.usefixtures("no_ndk")
def test_everything_is_listed_and_the_runner_needs_only_a_kernel(tmp_path: Path) -> None:
    request, said = written(ROW.name, tmp_path)
    assert set(said.sidecars) == {f"{STEM}{end}" for end in ("-runner", ".h", "-arllie.h", "-example.c", ".cmake")}
    assert {path.name for path in tmp_path.iterdir()} == {request.path.name, *said.sidecars}
    assert said.facts["c_library_of_runner"] == "glibc"
    runner = (tmp_path / f"{STEM}-runner").read_bytes()
    assert struct.unpack_from("<H", runner, 18) == (183,)  # EM_AARCH64
    assert b"/lib/ld-linux" not in runner


@needs_tools
@pytest.mark.usefixtures("no_ndk")
def test_a_whole_1080p_frame_and_an_odd_one_have_the_oracles_bytes(tmp_path: Path) -> None:
    request, _ = written(ROW.name, tmp_path, find_fixed_model("arllie-lol"))
    opened = RUNTIMES[ROW.runtime].open(request.path, None)
    assert opened.executed_by.startswith("qemu-aarch64, never a device")
    dark = mirrored(next(iter(dark_pictures().values())), 1920, 1080)
    for frame in (dark, RNG.integers(0, 256, (67, 251, 3), np.uint8)):
        np.testing.assert_array_equal(opened.run(frame), oracle.enhance(quantize(request.enhancer), frame))


@needs_tools
@pytest.mark.usefixtures("no_ndk")
def test_the_library_calls_what_the_documentation_says_and_nothing_else(tmp_path: Path) -> None:
    request, _ = written(ROW.name, tmp_path)
    section = DOCUMENT.split("\n### Android\n")[1].split("\n## ")[0]
    documented = set(" ".join(re.findall(r"^    (.*)$", section, flags=re.MULTILINE)).split())
    assert listed_symbols(request.path) == documented


@needs_tools
def test_an_ndk_that_the_environment_names_compiles_it(ndk: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    request, said = written(ROW.name, tmp_path / "out", random_enhancer("curve"))
    assert said.facts["c_library_of_runner"] == "bionic"
    assert said.tools[f"aarch64-linux-android{ANDROID_API}-clang"]
    frame = RNG.integers(0, 256, (9, 31, 3), np.uint8)
    made = RUNTIMES[ROW.runtime].open(request.path, None).run(frame)
    np.testing.assert_array_equal(made, oracle.enhance(quantize(request.enhancer), frame))
    assert machine_for(ROW.name).compiler == str(ndk / f"aarch64-linux-android{ANDROID_API}-clang")
    assert machine_for("native-arm64-linux") == ARM64_LINUX


def test_a_folder_that_is_no_ndk_is_named_and_debian_is_not_taken_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANDROID_NDK_HOME", str(tmp_path))
    found = ROW.availability()
    assert not found.ok
    assert f"{tmp_path}/toolchains" in str(found.reason)
    assert "ANDROID_NDK_HOME must name an NDK" in str(found.reason)


@pytest.mark.usefixtures("no_ndk")
def test_without_a_compiler_the_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert "apt-get install gcc-aarch64-linux-gnu" in str(ROW.availability().reason)
