"""What looking at a frame costs an adaptive model, beside the convolution that it then makes."""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median
from typing import Any

import numpy as np

from arllie_deploy.adaptive import AdaptiveEnhancer
from arllie_deploy.models import find_model
from arllie_deploy.runtimes.choose import open_model
from arllie_deploy.runtimes.layout import to_tensor
from arllie_deploy.statistics import frame_statistics

_SIZE = (1080, 1920)
_ROUNDS = 15


def share_of_a_frame() -> float:
    """Time of statistics and head over that of one 1920×1080 frame in onnxruntime, tensor to tensor.

    Both are measured by turns in one process, medians of 15.
    """
    model = find_model("arllie-adaptive")
    assert isinstance(model, AdaptiveEnhancer)
    frame = np.random.default_rng(0).integers(0, 60, (*_SIZE, 3), np.uint8)
    opened = open_model(model.for_frame(frame), "onnxruntime", None, frame.dtype)
    tensor = to_tensor(frame, opened.layout)
    looking, convolving = [], []
    for _ in range(_ROUNDS):
        looking.append(_seconds(lambda: model.condition(frame_statistics(frame))))
        convolving.append(_seconds(lambda: opened.infer(tensor)))
    return median(looking) / median(convolving)


def _seconds(work: Callable[[], Any]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start
