"""From C to objects, static libraries, shared libraries and programs; the same sources give the same bytes."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path

from arllie_deploy import native
from arllie_deploy.errors import ArllieError, UnavailableError
from arllie_deploy.export.native.machine import MACHINES, Machine

SOURCES = Path(native.__file__).parent / "source"
_TIMEOUT_S = 240.0
# As source/CMakeLists.txt has them; position-independent, so that a user may link the static library into a shared one.
_OPTIONS = (
    *("-std=c11", "-D_POSIX_C_SOURCE=200809L", "-O3", "-ffp-contract=off", "-fno-math-errno", "-fno-trapping-math"),
    *("-fvisibility=hidden", "-fPIC", "-Wall", "-Wextra", "-Werror"),
)
# The mathematics are for the conditioning; a library without it does not come to need them.
_LINK_OPTIONS = ("-pthread", "-s", "-Wl,--build-id=none", "-Wl,--as-needed", "-lm")
# Its sleeping threads would return into nothing if the library were unloaded.
_SHARED_OPTIONS = ("-shared", "-Wl,-z,nodelete", "-Wl,--no-undefined")


#: What makes a model for each frame; beside the kernel in the libraries of adaptive models only.
ADAPTIVE_SOURCES = ("adaptive/condition.c", "adaptive/features.c", "adaptive/integers.c")


def kernel_sources(machine: Machine) -> list[str]:
    """The names of the kernel's files for a machine, sorted."""
    foreign = {name for other in MACHINES.values() for name in other.kernels} - set(machine.kernels)
    return sorted(path.name for path in SOURCES.glob("*.c") if path.name not in foreign)


@cache
def kernel_objects(machine: Machine) -> Mapping[str, bytes]:
    """File name -> the compiled kernel, without any model; made once in a process.

    Raises:
        UnavailableError: if the compiler's C library is not here.
        ArllieError: if it fails.
    """
    return _objects(machine, kernel_sources(machine))


@cache
def adaptive_objects(machine: Machine) -> Mapping[str, bytes]:
    """The same of `ADAPTIVE_SOURCES`; raises as `kernel_objects`."""
    return _objects(machine, ADAPTIVE_SOURCES)


def _objects(machine: Machine, names: Iterable[str]) -> Mapping[str, bytes]:
    with tempfile.TemporaryDirectory(prefix="arllie-") as scratch:
        folder = Path(scratch).resolve()
        return {path.name: path.read_bytes() for path in compile_files(machine, SOURCES, names, folder)}


def compile_files(machine: Machine, folder: Path, names: Iterable[str], target: Path) -> list[Path]:
    """Compile files of `folder` to objects in `target`; headers are looked for in `target` and among the kernel's.

    Raises:
        UnavailableError: if the compiler's C library is not here.
        ArllieError: if it fails.
    """
    definitions = [f"-D{name}" for name in machine.definitions]
    # Neither this machine's folders nor a temporary one get into an object.
    places = [f"-ffile-prefix-map={place}=." for place in (folder, target, SOURCES)]
    options = [*_OPTIONS, *machine.options, *definitions, *places, "-I", str(target), "-I", str(SOURCES)]
    made = []
    for name in names:
        made.append(target / f"{Path(name).stem}.o")
        _run(machine, [machine.compiler, *options, "-c", name, "-o", str(made[-1])], folder)
    return made


def archive(machine: Machine, objects: Sequence[Path], target: Path) -> None:
    """Write a static library; without times and owners."""
    _run(machine, [machine.archiver, "rcsD", str(target), *map(str, objects)], target.parent)


def link_shared(machine: Machine, objects: Sequence[Path], target: Path) -> None:
    """Write a shared library of the name that it has."""
    options = [*_SHARED_OPTIONS, *_LINK_OPTIONS, f"-Wl,-soname,{target.name}"]
    _run(machine, [machine.compiler, *map(str, objects), *options, "-o", str(target)], target.parent)


def link_program(machine: Machine, objects: Sequence[Path], target: Path) -> None:
    """Write a program that needs nothing of the machine but its Linux."""
    _run(machine, [machine.compiler, "-static", *map(str, objects), *_LINK_OPTIONS, "-o", str(target)], target.parent)


def compiler_version(machine: Machine) -> str:
    """The compiler's own."""
    # Both: clang knows the one, and GCC answers the other with its first number only unless it knows the one.
    return _run(machine, [machine.compiler, "-dumpfullversion", "-dumpversion"], SOURCES).strip()


def _run(machine: Machine, line: Sequence[str], folder: Path) -> str:
    try:
        done = subprocess.run(line, cwd=folder, capture_output=True, text=True, check=False, timeout=_TIMEOUT_S)
    except FileNotFoundError:
        raise UnavailableError(f"no {line[0]} here: {machine.remedy}") from None
    if done.returncode == 0:
        return done.stdout
    lines = [each.strip() for each in done.stderr.splitlines() if each.strip()]
    reason = next(
        (each for each in lines if "error" in each or "cannot find" in each), (lines or ["no reason given"])[-1]
    )
    if "No such file" in reason or "cannot find" in reason:
        raise UnavailableError(f"{line[0]} lacks its C library ({reason}): {machine.remedy}")
    raise ArllieError(f"{line[0]} failed: {reason}")
