"""The table of enhancers that are compared."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from numpy.typing import NDArray

from arllie_deploy.errors import ArllieError
from arllie_deploy.media.opener import opener_for_pictures
from arllie_deploy.media.strips import enhance_in_strips
from arllie_deploy.models import find_model
from arllie_deploy.quality.automatic import gain_to_mean, gamma_to_mean
from arllie_deploy.runtimes.choose import AUTO

Enhance = Callable[[NDArray[Any]], NDArray[Any]]

# The frame as it was recorded, which the others are measured against.
BASELINE = "none"


@dataclass(frozen=True)
class Contestant:
    """One row.

    Attributes:
        name: the id; for a model, its name in the table of models.
        title: for people.
        is_model: whether `name` is a shipped model.
    """

    name: str
    title: str
    is_model: bool = False


CONTESTANTS = {
    row.name: row
    for row in (
        Contestant(BASELINE, "none"),
        Contestant("gain", "automatic gain"),
        Contestant("gamma", "automatic gamma"),
        Contestant("arllie-adaptive", "arllie-adaptive", is_model=True),
        Contestant("arllie-lol", "arllie-lol", is_model=True),
        Contestant("arllie-plain-lol", "arllie-plain-lol", is_model=True),
    )
}

_AUTOMATIC: dict[str, Enhance] = {BASELINE: lambda frame: frame, "gain": gain_to_mean, "gamma": gamma_to_mean}


@cache
def enhancer_of(name: str) -> Enhance:
    """What the contestant `name` does to a frame (height, width, 3) uint8; shape and dtype stay.

    An adaptive model is conditioned on each frame by itself.

    Raises:
        ArllieError: if there is no such contestant.
    """
    if name not in CONTESTANTS:
        raise ArllieError(f"unknown contestant {name!r}; known: {', '.join(CONTESTANTS)}")
    if not CONTESTANTS[name].is_model:
        return _AUTOMATIC[name]
    # One thread: the study runs a scene per core, and sums in one order are the same on every machine.
    opener = opener_for_pictures(find_model(name), AUTO, 1)
    return lambda frame: enhance_in_strips(opener(frame), frame)


def model_hashes() -> dict[str, str]:
    """The shipped models among the contestants -> the hash of each one's function."""
    return {row.name: find_model(row.name).sha256 for row in CONTESTANTS.values() if row.is_model}
