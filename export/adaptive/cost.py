"""What an adaptive artifact costs in quality: decibels on pairs of dark and well-lit pictures."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from statistics import fmean
from typing import Any

from numpy.typing import NDArray

from arllie_deploy.adaptive import AdaptiveEnhancer
from arllie_deploy.errors import ArllieError
from arllie_deploy.export.adaptive.measured_cost import Cost
from arllie_deploy.export.adaptive.opened import OpenedAdaptive
from arllie_deploy.quality.psnr import psnr

Pairs = Iterable[tuple[NDArray[Any], NDArray[Any]]]


def cost_on_pairs(
    model: AdaptiveEnhancer,
    opener: Callable[[int, int], OpenedAdaptive],
    pairs: Pairs,
    other: AdaptiveEnhancer | None = None,
) -> Cost:
    """Score an artifact, its model's reference and another model on the same pairs.

    Args:
        model: of the artifact.
        opener: (width, height) -> the artifact for frames of that size; asked once per size.
        pairs: (low, high), both (height, width, 3) uint8.
        other: the model that `model` stands in for.

    Raises:
        ArllieError: if there is no pair.
    """
    opened = cache(opener)
    own, exact, better = [], [], []
    for low, high in pairs:
        own.append(psnr(opened(low.shape[1], low.shape[0]).run(low), high))
        exact.append(psnr(model.enhance(low), high))
        if other is not None:
            better.append(psnr(other.enhance(low), high))
    if not own:
        raise ArllieError("no pairs of pictures to measure the cost on; give a folder with low/ and high/")
    lost_to_other = fmean(better) - fmean(own) if better else None
    return Cost(len(own), fmean(own), fmean(exact) - fmean(own), lost_to_other)
