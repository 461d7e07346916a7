"""The HVX kernel for Qualcomm's Hexagon: built with Debian's clang and lld, and executed by QEMU's user emulation.

An emulator has no clock of the processor: what it gives are the executed packets (up to four instructions that issue
together), which do not depend on the machine that emulates.
"""

from __future__ import annotations

import re
import shutil
import struct
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.errors import ArllieError, UnavailableError
from arllie_deploy.native.library import IntegerStruct

ARCHITECTURES: Final = ("v66", "v68", "v73")
_SOURCE = Path(__file__).parent / "source"
_KERNEL_FILES = ("hvx/kernel_hvx.c", "hvx/plan.c", "model.c")
_RUNNER_FILE = "hvx/runner.c"
_VERSIONS = (22, 21, 20, 19)
_FLAGS = (
    *("--target=hexagon-unknown-none-elf", "-mhvx", "-mhvx-length=128B", "-std=gnu11", "-O3", "-ffreestanding"),
    *("-fno-builtin", "-ffunction-sections", "-fdata-sections", "-Wall", "-Wextra", "-Werror"),
    # Lets the scheduler use all 32 vectors; without it the kernel takes 3 % more packets.
    *("-mllvm", "-vliw-misched-reg-pressure=100"),
)
_MAGIC = 0x58564841
_HEADER = struct.Struct("<4I")
_REPORT = struct.Struct("<Ii3I")
_PIXEL_BYTES = 4
# Of arllie_deploy/native/source/hvx/runner.c.
_MOST_BYTES = 48 << 20
_CHOOSES_PROCESSOR = 8


@dataclass(frozen=True)
class Toolchain:
    """A compiler and a linker of the same version that know Hexagon.

    Attributes:
        version: their major version.
        compiler: clang.
        linker: ld.lld.
    """

    version: int
    compiler: Path
    linker: Path


@dataclass(frozen=True)
class Emulator:
    """QEMU's user emulation of Hexagon.

    Attributes:
        path: its program.
        version: its major version.
    """

    path: Path
    version: int

    @property
    def command(self) -> list[str]:
        """The start of a command line that takes programs of every architecture."""
        # Version 7 knows one processor and does not find it by itself; later ones choose it by the program's header.
        return [str(self.path), *(("-cpu", "v67") if self.version < _CHOOSES_PROCESSOR else ())]


@dataclass(frozen=True)
class Counters:
    """What the kernel executed for one frame.

    Attributes:
        packets: groups of instructions that issue together.
        instructions: all of them.
        hvx_instructions: those of the vector unit.
    """

    packets: int
    instructions: int
    hvx_instructions: int


def find_toolchain() -> Toolchain:
    """The newest clang with its lld.

    Raises:
        UnavailableError: if there is none.
    """
    for version in _VERSIONS:
        compiler, linker = shutil.which(f"clang-{version}"), shutil.which(f"ld.lld-{version}")
        if compiler and linker:
            return Toolchain(version, Path(compiler), Path(linker))
    raise UnavailableError(
        "no compiler for Hexagon (clang 19 or later with its lld): apt-get install clang-22 lld-22, or clang-19 lld-19"
    )


def find_emulator() -> Emulator:
    """QEMU for Hexagon.

    Raises:
        UnavailableError: if there is none.
    """
    for name in ("qemu-hexagon", "qemu-hexagon-static"):
        path = shutil.which(name)
        if path:
            return emulator_at(Path(path))
    raise UnavailableError("no emulator for Hexagon: apt-get install qemu-user-static, or qemu-user")


def emulator_at(path: Path) -> Emulator:
    """The emulator in a file; raises `UnavailableError` if it does not say its version."""
    said = _run([path, "--version"]).stdout.decode(errors="replace")
    version = re.search(r"version (\d+)\.", said)
    if version is None:
        raise UnavailableError(f"{path} does not say its version; apt-get install qemu-user-static")
    return Emulator(path, int(version[1]))


def missing_tools() -> str | None:
    """Why the kernel cannot be built and executed here, naming the packages that mend it; None if it can."""
    reasons = []
    for find in (find_toolchain, find_emulator):
        try:
            find()
        except UnavailableError as error:
            reasons.append(str(error))
    return "; ".join(reasons) or None


def build_object(folder: Path, architecture: str, toolchain: Toolchain) -> Path:
    """Build the kernel for linking into a program: `arllie_hvx_enhance` of source/hvx/arllie_hvx.h.

    Args:
        folder: exists; gets the objects.
        architecture: of `ARCHITECTURES`.
        toolchain: of `find_toolchain`.

    Returns:
        The object file.

    Raises:
        ArllieError: on another architecture, or if the compiler fails.
    """
    objects = _compile(_KERNEL_FILES, folder, architecture, toolchain)
    return _link(["-r", *objects], folder / "arllie_hvx.o", toolchain)


def add_to_object(kernel: Path, source: Path, architecture: str, toolchain: Toolchain, target: Path) -> None:
    """Make a C file part of an object.

    Args:
        kernel: of `build_object` for that architecture.
        source: the C file; its own object lies beside it.
        architecture: of `ARCHITECTURES`.
        toolchain: of `find_toolchain`.
        target: the file to write.
    """
    _link(["-r", kernel, *_compile([source], source.parent, architecture, toolchain)], target, toolchain)


def build_runner(folder: Path, architecture: str, toolchain: Toolchain) -> Path:
    """Build the program that `execute` takes; arguments and errors of `build_object`."""
    return link_runner(build_object(folder, architecture, toolchain), folder, architecture, toolchain)


def link_runner(kernel: Path, folder: Path, architecture: str, toolchain: Toolchain) -> Path:
    """The same from an object of `build_object` for that architecture."""
    objects = _compile([_RUNNER_FILE], folder, architecture, toolchain)
    return _link(["-static", "--gc-sections", "-e", "_start", kernel, *objects], folder / "arllie_hvx", toolchain)


def enhance(
    emulator: Emulator, runner: Path, model: IntegerStruct, frame: NDArray[Any]
) -> tuple[NDArray[np.uint8], Counters]:
    """The same as `execute` for a frame (height, width, 3): it gets a fourth byte, as a camera's have, and loses it."""
    height, width, _ = frame.shape
    pixels = np.full((height, width, _PIXEL_BYTES), 255, np.uint8)
    pixels[..., :3] = frame
    enhanced, counters = execute(emulator, runner, model, pixels)
    return np.ascontiguousarray(enhanced[..., :3]), counters


def execute(
    emulator: Emulator, runner: Path, model: IntegerStruct, frame: NDArray[Any], *, padding: int = 0
) -> tuple[NDArray[np.uint8], Counters]:
    """Enhance one frame in the emulator.

    Args:
        emulator: of `find_emulator`.
        runner: of `build_runner`.
        model: the integers of a model.
        frame: (height, width, 4) uint8, RGB and a fourth byte that is copied; at most 48 MiB.
        padding: bytes of 255 after each row of both pictures, which must come back as they were.

    Returns:
        The enhanced frame, and what was executed.

    Raises:
        ArllieError: on another frame, a model that the kernel refuses, or if the program fails.
    """
    if frame.ndim != 3 or frame.shape[2] != _PIXEL_BYTES or 0 in frame.shape or frame.dtype != np.uint8:
        raise ArllieError(f"a frame for Hexagon is uint8[height, width, 4], got {frame.dtype}{list(frame.shape)}")
    height, width, _ = frame.shape
    stride = _PIXEL_BYTES * width + padding
    if stride * height > _MOST_BYTES:
        raise ArllieError(f"a frame for Hexagon takes {_MOST_BYTES} bytes at most, got {stride * height}")
    rows = np.full((height, stride), 255, np.uint8)
    rows[:, : _PIXEL_BYTES * width] = frame.reshape(height, -1)
    header = _HEADER.pack(_MAGIC, width, height, stride)
    done = _run([*emulator.command, runner], header + bytes(model) + rows.tobytes()).stdout
    if len(done) != _REPORT.size + rows.nbytes:
        raise ArllieError(f"{runner}: got {len(done)} bytes, expected {_REPORT.size + rows.nbytes}; build it again")
    magic, error, packets, instructions, hvx_instructions = _REPORT.unpack_from(done)
    if magic != _MAGIC or error:
        raise ArllieError(f"{runner}: the kernel refused the model or the frame (error {error} of arllie.h)")
    enhanced = np.frombuffer(done, np.uint8, offset=_REPORT.size).reshape(rows.shape)
    if not (enhanced[:, _PIXEL_BYTES * width :] == 255).all():
        raise ArllieError(f"{runner}: the kernel wrote between the rows")
    pixels = enhanced[:, : _PIXEL_BYTES * width].reshape(frame.shape).copy()
    return pixels, Counters(packets, instructions, hvx_instructions)


def _compile(files: Sequence[str | Path], folder: Path, architecture: str, toolchain: Toolchain) -> list[Path]:
    if architecture not in ARCHITECTURES:
        raise ArllieError(f"unknown Hexagon architecture {architecture!r}; known: {', '.join(ARCHITECTURES)}")
    objects = []
    for file in files:
        target = folder / f"{Path(file).stem}.o"
        include = _SOURCE / "hvx" / "freestanding"
        options: list[str | Path] = [
            *_FLAGS,
            f"-mcpu=hexagon{architecture}",
            "-I",
            include,
            "-c",
            _SOURCE / file,
            "-o",
            target,
        ]
        _run([toolchain.compiler, *options])
        objects.append(target)
    return objects


def _link(arguments: Sequence[str | Path], target: Path, toolchain: Toolchain) -> Path:
    _run([toolchain.linker, *arguments, "-o", target])
    return target


def _run(command: Sequence[str | Path], data: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    try:
        done = subprocess.run(command, input=data, capture_output=True, check=False)
    except OSError as error:
        raise UnavailableError(f"{command[0]} cannot be run: {error.strerror}") from None
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        reason = next((line for line in said if "error" in line), said[-1] if said else "it said nothing")
        raise ArllieError(f"{command[0]} ended with status {done.returncode}: {reason}")
    return done
