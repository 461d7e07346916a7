"""The kinds of machine that the native kernel is compiled for, and what compiles for them here."""

from __future__ import annotations

import os
import platform
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Machine:
    """One kind.

    Attributes:
        compiler: the program that compiles and links.
        archiver: the program that makes static libraries.
        packages: of Debian, that bring them and the C library.
        kernels: files of the kernel's source folder that are for this kind only.
        definitions: of the preprocessor, for all files.
        options: of the compiler, for all files.
        facts: what the manifest should say.
    """

    compiler: str
    archiver: str
    packages: str
    kernels: tuple[str, ...]
    definitions: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict, compare=False)

    @property
    def name(self) -> str:
        """The compiler's own, without its folder."""
        return Path(self.compiler).name

    @property
    def remedy(self) -> str:
        """What brings the programs."""
        return f"apt-get install {self.packages}"

    def problem(self) -> str | None:
        """Why nothing can be compiled for it here, naming the package that mends it; None if it can."""
        missing = [name for name in (self.compiler, self.archiver) if shutil.which(name) is None]
        return f"no {' and no '.join(missing)} here: {self.remedy}" if missing else None


@dataclass(frozen=True)
class _Ndk(Machine):
    """Android's own compiler, which its user has installed."""

    @property
    def remedy(self) -> str:
        return f"{_NDK_VARIABLE} must name an NDK for Linux, r25 or later; without it Debian's compiler is used"


X86_64 = Machine(
    compiler="gcc",
    archiver="ar",
    packages="gcc libc6-dev",
    kernels=("kernel_sse41.c", "kernel_avx2.c", "kernel_avx512.c"),
)
ARM64_LINUX = Machine(
    compiler="aarch64-linux-gnu-gcc",
    archiver="aarch64-linux-gnu-ar",
    packages="gcc-aarch64-linux-gnu libc6-dev-arm64-cross",
    kernels=("kernel_neon.c", "kernel_neon_dotprod.c"),
    definitions=("ARLLIE_NEON",),
)
_NDK_VARIABLE = "ANDROID_NDK_HOME"
# The first version of Android whose C library has aligned_alloc.
ANDROID_API = 28
# What Debian's compiler makes for Android has no calls that only glibc or libgcc answers.
_ANDROID_BY_DEBIAN = replace(ARM64_LINUX, options=("-mno-outline-atomics",), facts={"c_library_of_runner": "glibc"})
MACHINES = {
    "native-x86-64": X86_64,
    "native-arm64-linux": ARM64_LINUX,
    "native-arm64-android": _ANDROID_BY_DEBIAN,
}


def machine_for(target: str) -> Machine:
    """What compiles a target here: for Android the NDK that the environment names, else as in `MACHINES`."""
    ndk = os.environ.get(_NDK_VARIABLE)
    if target != "native-arm64-android" or not ndk:
        return MACHINES[target]
    programs = Path(ndk) / "toolchains" / "llvm" / "prebuilt" / "linux-x86_64" / "bin"
    return _Ndk(
        compiler=str(programs / f"aarch64-linux-android{ANDROID_API}-clang"),
        archiver=str(programs / "llvm-ar"),
        packages="",
        kernels=ARM64_LINUX.kernels,
        definitions=ARM64_LINUX.definitions,
        facts={"c_library_of_runner": "bionic"},
    )


def android_problem() -> str | None:
    """Why nothing can be compiled for Android here, None if it can."""
    return machine_for("native-arm64-android").problem()


def x86_64_problem() -> str | None:
    """Why the x86-64 artifact cannot be made and executed here, None if it can."""
    if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        return "it is compiled and executed on Linux on x86-64 only; export on such a machine"
    return X86_64.problem()
