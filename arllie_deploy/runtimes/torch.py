"""PyTorch on the CPU: opens the model itself, eager (a row of the table) or compiled (for the benchmark only).

Frames lie in memory as height, width, channels, which is torch's channels_last: nothing is copied to reorder them.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.enhancer import Enhancer
from arllie_deploy.errors import ArllieError, UnavailableError
from arllie_deploy.frames import FRAME_DTYPES
from arllie_deploy.runtimes.base import Layout, Runtime, Source
from arllie_deploy.runtimes.layout import to_integers, to_tensor

if TYPE_CHECKING:
    from torch import Tensor

# One float32 or uint8 tensor (1, height, width, 3) to another of the same shape and type.
Program = Callable[["Tensor"], "Tensor"]


class _Opened:
    layout: Layout = "NHWC"
    frame_dtypes = frozenset(FRAME_DTYPES)
    size = None

    def __init__(self, program: Program, threads: int | None, executed_by: str) -> None:
        import torch

        torch.set_num_threads(threads or len(os.sched_getaffinity(0)))
        self.threads = torch.get_num_threads()
        self.executed_by = executed_by
        self._program = program

    def infer(self, tensor: NDArray[np.float32]) -> NDArray[np.float32]:
        result: NDArray[np.float32] = self._run(tensor)
        return result

    def run(self, frame: NDArray[Any]) -> NDArray[Any]:
        if frame.dtype == np.uint8:
            result: NDArray[Any] = self._run(frame[None])[0]
            return result
        return to_integers(self.infer(to_tensor(frame, self.layout)), self.layout, frame.dtype)

    def _run(self, values: NDArray[Any]) -> Any:
        import torch

        # torch reads an array in place and warns where it must not be written to; nothing here writes to it.
        readable = values if values.flags.writeable and values.flags.c_contiguous else values.copy()
        with torch.inference_mode():
            return self._program(torch.from_numpy(readable)).numpy()


def program(enhancer: Enhancer, device: str = "cpu") -> Program:
    """The model as torch operators.

    Args:
        enhancer: the model.
        device: that holds its weights.
    """
    import torch
    from torch.nn.functional import conv2d

    kernel, bias = (
        torch.tensor(values, dtype=torch.float32, device=device) for values in (enhancer.kernel, enhancer.bias)
    )
    row, constants = enhancer.row, enhancer.constants

    def enhance(values: Tensor) -> Tensor:
        y = values.permute(0, 3, 1, 2)
        if values.dtype == torch.uint8:
            y = y.float() / 255.0
        z = row.torch_form(y, conv2d(y, kernel, bias, padding=1), constants).permute(0, 2, 3, 1)
        return z if values.dtype != torch.uint8 else (z * 255.0 + 0.5).to(torch.uint8)

    return enhance


def compiled(enhancer: Enhancer, device: str = "cpu") -> Program:
    """The same through torch.compile; each size and type is compiled when it first comes.

    Raises:
        UnavailableError: if there is no C++ compiler, which torch needs for a processor.
    """
    import torch
    from torch._inductor import config

    if device == "cpu" and (problem := compiler_problem()) is not None:
        raise UnavailableError(problem)
    config.compile_threads = 1  # else a pool of processes stays behind
    program_: Program = torch.compile(program(enhancer, device), dynamic=False)
    return program_


def compiler_problem() -> str | None:
    """Why torch cannot compile for this processor; None if it can."""
    name = os.environ.get("CXX", "g++")
    return (
        None if shutil.which(name) else f"torch.compile needs a C++ compiler, there is no {name}: apt-get install g++"
    )


def _enhancer(source: Source) -> Enhancer:
    if isinstance(source, Path):
        raise ArllieError(f"runtime torch opens model files (.safetensors), not {source.name}")
    return source


def _open(source: Source, threads: int | None) -> _Opened:
    return _Opened(program(_enhancer(source)), threads, "torch on the CPU, eager")


def _open_compiled(source: Source, threads: int | None) -> _Opened:
    return _Opened(compiled(_enhancer(source)), threads, "torch on the CPU, compiled by Inductor")


ROW = Runtime(
    name="torch", distribution="torch", module="torch", extra="train", opens=None, opens_enhancer=True, open=_open
)
# Not in the table of runtimes: compiling takes longer than enhancing any picture.
COMPILED = Runtime(
    name="torch-compiled",
    distribution="torch",
    module="torch",
    extra="train",
    opens=None,
    opens_enhancer=True,
    open=_open_compiled,
)
