"""The HVX kernel as an engine of the benchmark: built for the model here, executed by QEMU, its packets counted."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from arllie_deploy.enhancer import Enhancer
from arllie_deploy.errors import ArllieError
from arllie_deploy.native.hexagon import build_runner, find_emulator, find_toolchain, missing_tools
from arllie_deploy.native.kernel import integer_struct
from arllie_deploy.runtimes.base import Source
from arllie_deploy.runtimes.native_frames import native_row
from arllie_deploy.runtimes.native_hexagon import MAIN_ARCHITECTURE, Counted, OpenedCounting, run_programs

NAME = "native-hexagon"


def _open(source: Source, threads: int | None) -> OpenedCounting:
    if not isinstance(source, Enhancer):
        raise ArllieError(f"{NAME} builds its kernel for a model file (.safetensors), not for {source.name}")
    model, emulator, toolchain = integer_struct(source), find_emulator(), find_toolchain()
    with tempfile.TemporaryDirectory(prefix="arllie-") as folder:
        program = build_runner(Path(folder), MAIN_ARCHITECTURE, toolchain).read_bytes()

    def run_counted(frame: NDArray[Any]) -> Counted:
        return run_programs(emulator, {MAIN_ARCHITECTURE: (program, model)}, frame)

    built = f"the HVX kernel for {MAIN_ARCHITECTURE} by clang {toolchain.version}"
    executed_by = f"qemu-hexagon {emulator.version}, never a device: {built}"
    return OpenedCounting(lambda frame: run_counted(frame)[0], 1, executed_by, run_counted=run_counted)


ROW = native_row(name=NAME, opens=None, opens_enhancer=True, open=_open, absence=missing_tools)
