"""The HVX objects that `arllie-export --target native-hexagon` wrote, each linked into a program that QEMU executes.

It proves what the objects compute, never how fast a device is.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.errors import ArllieError
from arllie_deploy.native import elf, hexagon
from arllie_deploy.native.hexagon import ARCHITECTURES, Emulator
from arllie_deploy.native.library import IntegerStruct
from arllie_deploy.runtimes.artifact import check_metadata
from arllie_deploy.runtimes.base import Source
from arllie_deploy.runtimes.native_frames import OpenedOnFrames, native_row

#: The main file is that of the architecture in the middle; those of the others lie beside it.
MAIN_ARCHITECTURE = "v68"
SUFFIX = f"-{MAIN_ARCHITECTURE}.o"
#: Where an object holds what it was verified with.
MODEL_SECTION, DESCRIPTION_SECTION = ".arllie.model", ".arllie.description"

Counted = tuple[NDArray[Any], Mapping[str, int]]


@dataclass(frozen=True, kw_only=True)
class OpenedCounting(OpenedOnFrames):
    """See `OpenedOnFrames`.

    Attributes:
        run_counted: one frame (height, width, 3) uint8 to one of the same shape, and what was executed for it.
    """

    run_counted: Callable[[NDArray[Any]], Counted]


def objects_of(main: Path) -> dict[str, Path]:
    """Architecture -> the object of an artifact; the main one is the first.

    Raises:
        ArllieError: if it is not the name of a main one, or another one is missing.
    """
    if not main.name.endswith(SUFFIX):
        raise ArllieError(f"{main}: not the main object of an artifact, whose name ends in {SUFFIX}")
    start = main.name.removesuffix(SUFFIX)
    others = {name: main.with_name(f"{start}-{name}.o") for name in ARCHITECTURES if name != MAIN_ARCHITECTURE}
    missing = [path.name for path in others.values() if not path.is_file()]
    if missing:
        raise ArllieError(f"{main}: {missing[0]} is missing beside it; keep the files of an artifact together")
    return {MAIN_ARCHITECTURE: main, **others}


def _open(source: Source, threads: int | None) -> OpenedCounting:
    if not isinstance(source, Path):
        raise ArllieError(
            f"runtime native-hexagon opens {SUFFIX} files; make one with arllie-export --target native-hexagon"
        )
    objects, emulator, toolchain = objects_of(source.resolve()), hexagon.find_emulator(), hexagon.find_toolchain()
    programs = {}
    for architecture, path in objects.items():
        model = _model_of(path)
        with tempfile.TemporaryDirectory(prefix="arllie-") as folder:
            program = hexagon.link_runner(path, Path(folder), architecture, toolchain).read_bytes()
        programs[architecture] = (program, model)

    def run_counted(frame: NDArray[Any]) -> Counted:
        return run_programs(emulator, programs, frame)

    executed_by = f"qemu-hexagon {emulator.version}, never a device: the HVX kernel for {', '.join(sorted(objects))}"
    return OpenedCounting(lambda frame: run_counted(frame)[0], 1, executed_by, run_counted=run_counted)


def _model_of(path: Path) -> IntegerStruct:
    data = path.read_bytes()
    try:
        text, model = elf.section(data, DESCRIPTION_SECTION), elf.section(data, MODEL_SECTION)
    except ArllieError as error:
        raise ArllieError(f"{path}: not an object of arllie-export --target native-hexagon: {error}") from None
    check_metadata(text.rstrip(b"\0").decode(errors="replace"), path, layout="NHWC")
    return IntegerStruct.from_buffer_copy(model)


def run_programs(
    emulator: Emulator, programs: Mapping[str, tuple[bytes, IntegerStruct]], frame: NDArray[Any]
) -> Counted:
    """What all programs make of a frame, each with its own model, and what the main one executed.

    Raises:
        ArllieError: if one makes other bytes than the main one.
    """
    results = {}
    for architecture, (program, model) in programs.items():
        with tempfile.TemporaryDirectory(prefix="arllie-") as folder:
            runner = Path(folder) / "runner"
            runner.write_bytes(program)
            runner.chmod(0o755)
            results[architecture] = hexagon.enhance(emulator, runner, model, frame)
    pixels, counters = results[MAIN_ARCHITECTURE]
    for architecture, (others, _) in results.items():
        if not np.array_equal(others, pixels):
            raise ArllieError(f"the object for {architecture} makes other bytes than that for {MAIN_ARCHITECTURE}")
    return pixels, asdict(counters)


ROW = native_row(name="native-hexagon", opens=SUFFIX, opens_enhancer=False, open=_open, absence=hexagon.missing_tools)
