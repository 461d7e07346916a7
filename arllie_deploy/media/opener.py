"""From a model to the opened model that a given frame goes through."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from typing import Any

from numpy.typing import NDArray

from arllie_deploy.adaptive import AdaptiveEnhancer
from arllie_deploy.media.temporal import Smoother
from arllie_deploy.runtimes.base import OpenedModel
from arllie_deploy.runtimes.choose import open_model
from arllie_deploy.statistics import frame_statistics
from arllie_deploy.stored_model import Model

# A whole frame (height, width, 3) -> the opened model for it.
Opener = Callable[[NDArray[Any]], OpenedModel]


def opener_for_pictures(model: Model, runtime: str, threads: int | None) -> Opener:
    """Every frame stands for itself: an adaptive model is conditioned on each one anew.

    Args:
        model: fixed or adaptive.
        runtime: as `open_model` takes it; raises what that raises, when the first frame comes.
        threads: as `open_model` takes it.
    """
    if isinstance(model, AdaptiveEnhancer):
        return lambda frame: open_model(model.for_frame(frame), runtime, threads, frame.dtype)
    opened = cache(partial(open_model, model, runtime, threads))
    return lambda frame: opened(frame.dtype)


def opener_for_clip(model: Model, runtime: str, threads: int | None) -> Opener:
    """Frames come in the order of time: an adaptive model is conditioned on statistics smoothed since the last cut."""
    if not isinstance(model, AdaptiveEnhancer):
        return opener_for_pictures(model, runtime, threads)
    smoother = Smoother()

    def opener(frame: NDArray[Any]) -> OpenedModel:
        enhancer = model.condition(smoother.update(frame_statistics(frame)))
        return open_model(enhancer, runtime, threads, frame.dtype)

    return opener
