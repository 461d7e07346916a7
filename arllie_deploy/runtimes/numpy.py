"""The float64 reference as a runtime: slow, always there, and what the others are judged by."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.enhancer import Enhancer
from arllie_deploy.errors import ArllieError
from arllie_deploy.frames import FRAME_DTYPES
from arllie_deploy.runtimes.base import Layout, Runtime, Source


class _Opened:
    layout: Layout = "NHWC"
    threads = 1
    frame_dtypes = frozenset(FRAME_DTYPES)
    size = None
    executed_by = "numpy in float64"

    def __init__(self, enhancer: Enhancer) -> None:
        self._enhancer = enhancer

    def infer(self, tensor: NDArray[np.float32]) -> NDArray[np.float32]:
        return self._enhancer.reference(tensor[0].astype(np.float64))[None].astype(np.float32)

    def run(self, frame: NDArray[Any]) -> NDArray[Any]:
        return self._enhancer.enhance(frame)


def _open(source: Source, threads: int | None) -> _Opened:
    if isinstance(source, Path):
        raise ArllieError(f"runtime numpy opens model files (.safetensors), not {source.name}")
    return _Opened(source)


ROW = Runtime(
    name="numpy", distribution="numpy", module="numpy", extra=None, opens=None, opens_enhancer=True, open=_open
)
