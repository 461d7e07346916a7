"""The table of metrics: one row each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from numpy.typing import NDArray

from arllie_deploy.errors import ArllieError
from arllie_deploy.quality.psnr import psnr
from arllie_deploy.quality.ssim import ssim


@dataclass(frozen=True)
class Metric:
    """A full-reference metric; higher is better.

    Attributes:
        name: the id.
        unit: for people, "" where it has none.
        digits: after the point, for people.
        score: (output, reference), frames of one shape and dtype -> the score.
    """

    name: str
    unit: str
    digits: int
    score: Callable[[NDArray[Any], NDArray[Any]], float]


METRICS = {
    row.name: row
    for row in (
        Metric("psnr", "dB", 3, psnr),
        Metric("ssim", "", 4, ssim),
    )
}


def find_metrics(names: str) -> tuple[Metric, ...]:
    """The rows of comma-separated names, each once, in their order.

    Raises:
        ArllieError: on an unknown name, with the nearest known one, or on none at all.
    """
    wanted = dict.fromkeys(name.strip() for name in names.split(",") if name.strip())
    if not wanted:
        raise ArllieError(f"no metric named; known: {', '.join(METRICS)}")
    for name in wanted:
        if name not in METRICS:
            close = get_close_matches(name, METRICS, 1)
            hint = f"did you mean {close[0]!r}?" if close else f"known: {', '.join(METRICS)}"
            raise ArllieError(f"unknown metric {name!r}; {hint}")
    return tuple(METRICS[name] for name in wanted)
