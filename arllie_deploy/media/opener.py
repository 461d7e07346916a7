"""From a model to the opened model that a given frame goes through."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from typing import Any

from numpy.typing import NDArray

from arllie_deploy.adaptive import AdaptiveEnhancer
from arllie_deploy.errors import ArllieError
from arllie_deploy.networks.network import Network
from arllie_deploy.runtimes.base import OpenedModel
from arllie_deploy.runtimes.choose import AUTO, open_model
from arllie_deploy.runtimes.network import ROW, OpenedNetwork
from arllie_deploy.statistics import frame_statistics
from arllie_deploy.stored_model import Model
from arllie_deploy.temporal import Smoother

# A whole frame (height, width, 3) -> the opened model for it.
Opener = Callable[[NDArray[Any]], OpenedModel]


def opener_for_pictures(model: Model | Network, runtime: str, threads: int | None) -> Opener:
    """Every frame stands for itself: an adaptive model is conditioned on each one anew.

    Args:
        model: fixed or adaptive, or a network.
        runtime: as `open_model` takes it; raises what that raises, when the first frame comes.
        threads: as `open_model` takes it.

    Raises:
        ArllieError: if a network is asked for in another runtime than its own.
    """
    if isinstance(model, Network):
        return _opener_of_network(model, runtime, threads)
    if isinstance(model, AdaptiveEnhancer):
        return lambda frame: open_model(model.for_frame(frame), runtime, threads, frame.dtype)
    opened = cache(partial(open_model, model, runtime, threads))
    return lambda frame: opened(frame.dtype)


def opener_for_clip(model: Model | Network, runtime: str, threads: int | None) -> Opener:
    """Frames come in the order of time: an adaptive model is conditioned on statistics smoothed since the last cut."""
    if not isinstance(model, AdaptiveEnhancer):
        return opener_for_pictures(model, runtime, threads)
    smoother = Smoother()

    def opener(frame: NDArray[Any]) -> OpenedModel:
        enhancer = model.condition(smoother.update(frame_statistics(frame)))
        return open_model(enhancer, runtime, threads, frame.dtype)

    return opener


def refuse_other_runtime(runtime: str) -> None:
    """Raise `ArllieError` unless networks of many layers run in `runtime`."""
    if runtime not in (AUTO, ROW.name):
        raise ArllieError(f"runtime {runtime} opens no network of many layers; use --runtime {ROW.name}")


def _opener_of_network(network: Network, runtime: str, threads: int | None) -> Opener:
    refuse_other_runtime(runtime)

    @cache
    def opened() -> OpenedModel:
        return OpenedNetwork(network, threads)

    return lambda frame: opened()
