"""The kinds of machine that the native kernel is compiled for, and what compiles for them here."""

from __future__ import annotations

import platform
import shutil
from dataclasses import dataclass


@dataclass(frozen=True)
class Machine:
    """One kind.

    Attributes:
        compiler: the program that compiles and links.
        archiver: the program that makes static libraries.
        packages: of Debian, that bring them and the C library.
        kernels: files of the kernel's source folder that are for this kind only.
        definitions: of the preprocessor, for all files.
    """

    compiler: str
    archiver: str
    packages: str
    kernels: tuple[str, ...]
    definitions: tuple[str, ...] = ()

    def problem(self) -> str | None:
        """Why nothing can be compiled for it here, naming the package that mends it; None if it can."""
        missing = [name for name in (self.compiler, self.archiver) if shutil.which(name) is None]
        return f"no {' and no '.join(missing)} here: apt-get install {self.packages}" if missing else None


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
MACHINES = {"native-x86-64": X86_64, "native-arm64-linux": ARM64_LINUX}


def x86_64_problem() -> str | None:
    """Why the x86-64 artifact cannot be made and executed here, None if it can."""
    if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        return "it is compiled and executed on Linux on x86-64 only; export on such a machine"
    return X86_64.problem()
