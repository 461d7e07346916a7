"""What the native runtimes share: they compute on uint8 frames and on nothing else, and this package brings them."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.native.library import MOST_THREADS
from arllie_deploy.runtimes.base import Layout, Runtime


@dataclass(frozen=True)
class OpenedOnFrames:
    """An opened model whose tensors are its frames.

    Attributes:
        enhance: one frame (height, width, 3) uint8 to one of the same shape.
        threads: see `OpenedModel`, and so are the others.
    """

    enhance: Callable[[NDArray[Any]], NDArray[Any]]
    threads: int
    executed_by: str
    layout: Layout = "NHWC"
    frame_dtypes: frozenset[np.dtype[Any]] = frozenset({np.dtype(np.uint8)})
    size: None = None
    integer_tensors: Literal[True] = True

    def infer(self, tensor: NDArray[Any]) -> NDArray[Any]:
        """The frame of a batch of one."""
        return self.run(tensor[0])[None]

    def run(self, frame: NDArray[Any]) -> NDArray[Any]:
        """The enhanced frame."""
        return self.enhance(frame)


def native_threads(wanted: int | None) -> int:
    """Threads of the library: as many as wanted, else all cores, and never more than it takes."""
    return min(wanted or len(os.sched_getaffinity(0)), MOST_THREADS)


#: A row of the table of runtimes, without what differs between them.
native_row = partial(Runtime, distribution="arllie-deploy", module="arllie_deploy", extra=None)
