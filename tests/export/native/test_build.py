from dataclasses import replace
from pathlib import Path

import pytest

from arllie_deploy.errors import ArllieError, UnavailableError
from arllie_deploy.export.native.build import SOURCES, compile_files, kernel_sources
from arllie_deploy.export.native.machine import ARM64_LINUX, MACHINES, X86_64
from arllie_deploy.export.targets import TARGETS

needs_gcc = pytest.mark.skipif(X86_64.problem() is not None, reason=str(X86_64.problem()))


def test_every_file_of_the_kernel_is_compiled_for_some_machine() -> None:
    compiled = {name for machine in MACHINES.values() for name in kernel_sources(machine)}
    assert compiled == {path.name for path in SOURCES.glob("*.c")}
    assert "kernel_avx2.c" not in kernel_sources(ARM64_LINUX)
    assert "kernel_neon.c" not in kernel_sources(X86_64)
    assert "kernel_portable.c" in set(kernel_sources(X86_64)) & set(kernel_sources(ARM64_LINUX))


@pytest.mark.parametrize(
    ("target", "package"),
    [("native-x86-64", "apt-get install gcc libc6-dev"), ("native-arm64-linux", "gcc-aarch64-linux-gnu")],
)
def test_without_the_compiler_the_target_names_the_package(
    target: str, package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    found = TARGETS[target].availability()
    assert not found.ok
    assert package in str(found.reason)
    assert len(str(found.reason).splitlines()) == 1


def test_without_the_emulator_the_target_names_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (ARM64_LINUX.compiler, ARM64_LINUX.archiver):
        (tmp_path / name).write_text("#!/bin/sh\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "apt-get install qemu-user-static" in str(TARGETS["native-arm64-linux"].availability().reason)


@needs_gcc
def test_what_the_compiler_says_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "bad.c").write_text("int main(void) { return missing; }\n")
    with pytest.raises(ArllieError, match=r"gcc failed: bad\.c:1:.*missing") as caught:
        compile_files(X86_64, tmp_path, ["bad.c"], tmp_path)
    assert len(str(caught.value).splitlines()) == 1


@needs_gcc
def test_a_missing_header_names_the_package(tmp_path: Path) -> None:
    (tmp_path / "bad.c").write_text("#include <no_such.h>\n")
    with pytest.raises(UnavailableError, match="apt-get install gcc libc6-dev"):
        compile_files(X86_64, tmp_path, ["bad.c"], tmp_path)


def test_a_compiler_that_vanished_names_the_package(tmp_path: Path) -> None:
    (tmp_path / "good.c").write_text("int one;\n")
    with pytest.raises(UnavailableError, match="apt-get install gcc"):
        compile_files(replace(X86_64, compiler="no-such-compiler"), tmp_path, ["good.c"], tmp_path)
