"""Vela, Arm's compiler for Ethos-U NPUs, as a child process: from a .tflite to an NPU's commands, and its estimates."""

from __future__ import annotations

import csv
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from arllie_deploy.errors import ArllieError
from arllie_deploy.export.tflite import operator_names

# Vela's own file of configurations, which it finds in its package.
_CONFIGURATIONS = "Arm/vela.ini"
# The one operator of a compiled file that the NPU executes.
COMPILED = "CUSTOM"


@dataclass(frozen=True)
class Npu:
    """An NPU and the memory around it.

    Attributes:
        name: for file names.
        accelerator_config: Vela's name of the NPU, its multiply-accumulate units per cycle at the end.
        system_config: Vela's name of the clock and of the memories' bandwidths.
        memory_mode: Vela's name of what lies in which memory.
        sram_limit_bytes: what the inference may take of the SRAM.
    """

    name: str
    accelerator_config: str
    system_config: str
    memory_mode: str
    sram_limit_bytes: int


@dataclass(frozen=True, eq=False)
class Compiled:
    """What Vela made; its numbers are the compiler's estimates, nothing was executed.

    Attributes:
        data: the .tflite; what the NPU executes is one operator of it.
        sram_bytes: the most that is in use at once.
        cycles: of one inference.
        clock_hz: of the system configuration.
    """

    data: bytes
    sram_bytes: int
    cycles: int
    clock_hz: int


def compile_for(npu: Npu, model: bytes, scratch: Path) -> Compiled:
    """Compile for one NPU all of a model.

    Args:
        npu: what for.
        model: a .tflite in integers.
        scratch: an existing folder; nothing is left in it.

    Raises:
        ArllieError: if Vela fails, or leaves an operator to the processor beside the NPU.
    """
    compiled = run_vela(npu, model, scratch)
    left = [operator for operator in operator_names(compiled.data) if operator != COMPILED]
    if left:
        raise ArllieError(
            f"{npu.accelerator_config} cannot execute {', '.join(left)}: Vela leaves it to the processor; "
            "export a model whose form does without, plain or direct"
        )
    return compiled


def run_vela(npu: Npu, model: bytes, scratch: Path) -> Compiled:
    """As `compile_for`, whatever Vela leaves to the processor; raises `ArllieError` if it fails."""
    with tempfile.TemporaryDirectory(dir=scratch, prefix=".vela-") as name:
        folder = Path(name)
        (folder / "model.tflite").write_bytes(model)
        done = subprocess.run(
            _command(npu), cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
        )
        if done.returncode != 0:
            raise ArllieError(f"Vela for {npu.accelerator_config}: {_last_line(done.stdout)}")
        data = (folder / "model_vela.tflite").read_bytes()
        with (folder / f"model_summary_{npu.system_config}.csv").open(newline="") as file:
            [summary] = csv.DictReader(file)
    return Compiled(
        data=data,
        sram_bytes=round(float(summary["sram_memory_used"]) * 1024),
        cycles=int(summary["cycles_total"]),
        clock_hz=round(float(summary["core_clock"])),
    )


def _command(npu: Npu) -> list[str]:
    # -P: the working folder is not searched for modules.
    program = [sys.executable, "-P", "-m", "ethosu.vela", "model.tflite", "--output-dir", "."]
    options = {
        "--config": _CONFIGURATIONS,
        "--accelerator-config": npu.accelerator_config,
        "--system-config": npu.system_config,
        "--memory-mode": npu.memory_mode,
        "--optimise": "Performance",
        "--arena-cache-size": str(npu.sram_limit_bytes),
    }
    return [*program, *(word for option in options.items() for word in option)]


def _last_line(log: str) -> str:
    return next((line.strip() for line in reversed(log.splitlines()) if line.strip()), "failed without a word")
