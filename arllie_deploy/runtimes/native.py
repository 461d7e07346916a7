"""Our own kernel: one fused pass from uint8 to uint8, in integers where the model fits them, else in float32."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from arllie_deploy.enhancer import Enhancer
from arllie_deploy.errors import ArllieError, UnavailableError
from arllie_deploy.native.kernel import float_struct, integer_struct
from arllie_deploy.native.library import FloatStruct, IntegerStruct, library
from arllie_deploy.runtimes.base import Source
from arllie_deploy.runtimes.native_frames import OpenedOnFrames, native_row, native_threads


def _open_integer(source: Source, threads: int | None) -> OpenedOnFrames:
    return _opened(integer_struct(_enhancer(source)), threads, "integers")


def _open_float(source: Source, threads: int | None) -> OpenedOnFrames:
    return _opened(float_struct(_enhancer(source)), threads, "float32")


def _open(source: Source, threads: int | None) -> OpenedOnFrames:
    """In integers, which are faster and the same on every processor, unless the model does not fit them."""
    try:
        return _open_integer(source, threads)
    except ArllieError as error:
        return _opened(float_struct(_enhancer(source)), threads, f"float32, because {error}")


def _opened(model: IntegerStruct | FloatStruct, threads: int | None, kind: str) -> OpenedOnFrames:
    cores = native_threads(threads)
    enhance = partial(library().enhance, model, threads=cores)
    return OpenedOnFrames(enhance, cores, f"the native kernel, {library().instruction_set}, {kind}")


def _enhancer(source: Source) -> Enhancer:
    if isinstance(source, Path):
        raise ArllieError(f"runtime native opens model files (.safetensors), not {source.name}")
    return source


def _absence() -> str | None:
    try:
        library()
    except UnavailableError as error:
        return str(error)
    return None


_row = partial(native_row, name="native", opens=None, opens_enhancer=True, absence=_absence)
ROW = _row(open=_open)
# For the benchmark, whose rows say in which precision they compute.
INTEGER = _row(open=_open_integer)
FLOAT = _row(open=_open_float)
