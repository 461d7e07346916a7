"""A library that `arllie-export --target native-x86-64` wrote, loaded with the model that is inside it."""

from __future__ import annotations

import ctypes
import os
import platform
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.errors import ArllieError
from arllie_deploy.native.library import MOST_THREADS, IntegerStruct, Library
from arllie_deploy.runtimes.artifact import check_metadata
from arllie_deploy.runtimes.base import Layout, Runtime, Source

_MACHINE = ("Linux", "x86_64")


@dataclass(frozen=True)
class _Opened:
    library: Library
    model: IntegerStruct
    threads: int
    executed_by: str
    layout: Layout = "NHWC"
    frame_dtypes: frozenset[np.dtype[Any]] = frozenset({np.dtype(np.uint8)})
    size: None = None
    integer_tensors: Literal[True] = True

    def infer(self, tensor: NDArray[Any]) -> NDArray[Any]:
        return self.run(tensor[0])[None]

    def run(self, frame: NDArray[Any]) -> NDArray[Any]:
        return self.library.enhance(self.model, frame, threads=self.threads)


def _open(source: Source, threads: int | None) -> _Opened:
    if not isinstance(source, Path):
        raise ArllieError("runtime native-library opens .so files; make one with arllie-export --target native-x86-64")
    path = source.resolve()
    try:
        library = Library(path)
        # The same library again: the system loads a file once.
        calls = ctypes.CDLL(str(path))
        calls.arllie_artifact_description.restype = ctypes.c_char_p
        calls.arllie_artifact_model.restype = ctypes.POINTER(IntegerStruct)
    except AttributeError:
        raise ArllieError(f"{path}: not a library of arllie-export --target native-x86-64") from None
    check_metadata(calls.arllie_artifact_description().decode(), path, layout="NHWC")
    cores = min(threads or len(os.sched_getaffinity(0)), MOST_THREADS)
    executed_by = f"the exported library, {library.instruction_set}, integers"
    return _Opened(library, calls.arllie_artifact_model().contents, cores, executed_by)


def _absence() -> str | None:
    if (platform.system(), platform.machine()) == _MACHINE:
        return None
    return "the exported libraries are for Linux on x86-64; use such a machine"


ROW = Runtime(
    name="native-library",
    distribution="arllie-deploy",
    module="arllie_deploy",
    extra=None,
    opens=".so",
    opens_enhancer=False,
    open=_open,
    absence=_absence,
)
