"""An engine that does nothing: what is left of its calls is the harness's own time."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.runtimes.base import Layout, Runtime, Source


class _Opened:
    layout: Layout = "NHWC"
    threads = 1
    frame_dtypes = frozenset([np.dtype(np.uint8)])
    size = None
    executed_by = "nothing"

    def infer(self, tensor: NDArray[np.float32]) -> NDArray[np.float32]:
        return tensor

    def run(self, frame: NDArray[Any]) -> NDArray[Any]:
        return frame


def _open(source: Source, threads: int | None) -> _Opened:
    return _Opened()


ROW = Runtime(
    name="no-op", distribution="numpy", module="numpy", extra=None, opens=None, opens_enhancer=True, open=_open
)
