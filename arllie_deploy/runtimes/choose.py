"""Picks the engine for a model by the user's word and the type of the frames."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Any

import numpy as np

from arllie_deploy.enhancer import Enhancer
from arllie_deploy.errors import ArllieError, UnavailableError
from arllie_deploy.runtimes import RUNTIMES, OpenedModel, Runtime

AUTO = "auto"
MOST_THREADS = 256


def open_model(enhancer: Enhancer, runtime: str, threads: int | None, dtype: np.dtype[Any]) -> OpenedModel:
    """Open a model for frames of one type.

    Args:
        enhancer: the model.
        runtime: a name in the table of runtimes, or "auto": the first row that is available, needs no exported file and
            takes `dtype`.
        threads: for engines that can be told; None means all cores.
        dtype: of the frames, uint8 or uint16.

    Raises:
        ArllieError: on an unknown runtime, one that opens exported files only, or one that does not take `dtype`.
        UnavailableError: if the runtime is not installed; the message has the command that mends it.
    """
    if threads is not None and not 1 <= threads <= MOST_THREADS:
        raise ArllieError(f"{threads} threads; give 1 to {MOST_THREADS}")
    if runtime == AUTO:
        return _first(enhancer, threads, dtype)
    row = find_runtime(runtime)
    if not row.opens_enhancer:
        raise ArllieError(f"runtime {row.name} opens exported {row.opens} files only; use --runtime {AUTO}")
    row.require()
    model = row.open(enhancer, threads)
    if dtype not in model.frame_dtypes:
        raise ArllieError(f"runtime {row.name} does not take {dtype.name} frames; use --runtime numpy, which does")
    return model


def find_runtime(name: str) -> Runtime:
    """The row of that name; `ArllieError` with the nearest name, or all names, if there is none."""
    if name in RUNTIMES:
        return RUNTIMES[name]
    close = get_close_matches(name, [AUTO, *RUNTIMES], 1)
    hint = f"did you mean {close[0]!r}?" if close else f"known: {', '.join([AUTO, *RUNTIMES])}"
    raise ArllieError(f"unknown runtime {name!r}; {hint}")


def _first(enhancer: Enhancer, threads: int | None, dtype: np.dtype[Any]) -> OpenedModel:
    for row in RUNTIMES.values():
        if row.opens_enhancer and row.availability().ok:
            model = row.open(enhancer, threads)
            if dtype in model.frame_dtypes:
                return model
    raise UnavailableError(f'no runtime here takes {dtype.name} frames: pip install "arllie-deploy"')
