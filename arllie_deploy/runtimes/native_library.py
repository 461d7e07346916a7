"""A library that `arllie-export --target native-x86-64` wrote, loaded with the model that is inside it.

An adaptive model is made anew for each frame, of that frame alone.
"""

from __future__ import annotations

import ctypes
import platform
from functools import partial
from pathlib import Path

from arllie_deploy.errors import ArllieError
from arllie_deploy.native.adaptive_library import AdaptiveLibrary
from arllie_deploy.native.library import IntegerStruct, Library
from arllie_deploy.runtimes.artifact import check_metadata
from arllie_deploy.runtimes.base import Source
from arllie_deploy.runtimes.native_frames import OpenedOnFrames, native_row, native_threads

_MACHINE = ("Linux", "x86_64")


def _open(source: Source, threads: int | None) -> OpenedOnFrames:
    if not isinstance(source, Path):
        raise ArllieError("runtime native-library opens .so files; make one with arllie-export --target native-x86-64")
    path = source.resolve()
    try:
        library = Library(path)
        # The same library again: the system loads a file once.
        calls = ctypes.CDLL(str(path))
        calls.arllie_artifact_description.restype = ctypes.c_char_p
        is_adaptive = hasattr(calls, "arllie_artifact_head")
        if not is_adaptive:
            calls.arllie_artifact_model.restype = ctypes.POINTER(IntegerStruct)
    except AttributeError:
        raise ArllieError(f"{path}: not a library of arllie-export --target native-x86-64") from None
    check_metadata(calls.arllie_artifact_description().decode(), path, layout="NHWC")
    cores = native_threads(threads)
    if is_adaptive:
        enhance = partial(AdaptiveLibrary(path).enhance, threads=cores)
    else:
        enhance = partial(library.enhance, calls.arllie_artifact_model().contents, threads=cores)
    return OpenedOnFrames(enhance, cores, f"the exported library, {library.instruction_set}, integers")


def _absence() -> str | None:
    if (platform.system(), platform.machine()) == _MACHINE:
        return None
    return "the exported libraries are for Linux on x86-64; use such a machine"


ROW = native_row(
    name="native-library",
    opens=".so",
    opens_enhancer=False,
    open=_open,
    absence=_absence,
)
