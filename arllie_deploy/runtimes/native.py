"""Our own kernel: one fused pass from uint8 to uint8, in integers where the model fits them, else in float32."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.enhancer import Enhancer
from arllie_deploy.errors import ArllieError
from arllie_deploy.native.kernel import float_struct, integer_struct
from arllie_deploy.native.library import MISSING, MOST_THREADS, FloatStruct, IntegerStruct, library, library_path
from arllie_deploy.runtimes.base import Layout, Runtime, Source


@dataclass(frozen=True)
class _Opened:
    """A model in the library's form; its tensors are frames, because it computes on nothing else."""

    model: IntegerStruct | FloatStruct
    threads: int
    executed_by: str
    layout: Layout = "NHWC"
    frame_dtypes: frozenset[np.dtype[Any]] = frozenset({np.dtype(np.uint8)})
    size: None = None
    integer_tensors: Literal[True] = True

    def infer(self, tensor: NDArray[Any]) -> NDArray[Any]:
        return self.run(tensor[0])[None]

    def run(self, frame: NDArray[Any]) -> NDArray[Any]:
        return library().enhance(self.model, frame, threads=self.threads)


def _open_integer(source: Source, threads: int | None) -> _Opened:
    return _opened(integer_struct(_enhancer(source)), threads, "integers")


def _open_float(source: Source, threads: int | None) -> _Opened:
    return _opened(float_struct(_enhancer(source)), threads, "float32")


def _open(source: Source, threads: int | None) -> _Opened:
    """In integers, which are faster and the same on every processor, unless the model does not fit them."""
    try:
        return _open_integer(source, threads)
    except ArllieError as error:
        opened = _open_float(source, threads)
        return _opened(opened.model, threads, f"float32, because {error}")


def _opened(model: IntegerStruct | FloatStruct, threads: int | None, kind: str) -> _Opened:
    cores = min(threads or len(os.sched_getaffinity(0)), MOST_THREADS)
    return _Opened(model, cores, f"the native kernel, {library().instruction_set}, {kind}")


def _enhancer(source: Source) -> Enhancer:
    if isinstance(source, Path):
        raise ArllieError(f"runtime native opens model files (.safetensors), not {source.name}")
    return source


def _absence() -> str | None:
    return MISSING if library_path() is None else None


_row = partial(
    Runtime,
    distribution="arllie-deploy",
    module="arllie_deploy",
    extra=None,
    opens=None,
    opens_enhancer=True,
    absence=_absence,
)
ROW = _row(name="native", open=_open)
# For the benchmark, whose rows say in which precision they compute.
INTEGER = _row(name="native", open=_open_integer)
FLOAT = _row(name="native", open=_open_float)
