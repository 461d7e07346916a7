"""The table of metrics that compare an output with its reference: one row and one file each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from arllie_deploy.quality.color_difference import delta_e2000
from arllie_deploy.quality.figure import Figure, find_rows
from arllie_deploy.quality.gt_mean import gt_mean_psnr
from arllie_deploy.quality.lpips import lpips, why_unavailable
from arllie_deploy.quality.psnr import psnr
from arllie_deploy.quality.ssim import ssim


def _always_there() -> None:
    return None


@dataclass(frozen=True)
class Metric(Figure):
    """A full-reference metric.

    Attributes:
        score: (output, reference), frames of one shape and dtype -> the score.
        why_unavailable: None, or why it cannot be computed on this machine, with what mends it.
    """

    score: Callable[[NDArray[Any], NDArray[Any]], float]
    why_unavailable: Callable[[], str | None] = _always_there


METRICS = {
    row.name: row
    for row in (
        Metric("psnr", "dB", 3, "higher", psnr),
        Metric("ssim", "", 4, "higher", ssim),
        Metric("gt-mean-psnr", "dB", 3, "higher", gt_mean_psnr),
        Metric("delta-e2000", "", 3, "lower", delta_e2000),
        Metric("lpips", "", 4, "lower", lpips, why_unavailable),
    )
}


def find_metrics(names: str) -> tuple[Metric, ...]:
    """The rows of comma-separated names, each once, in their order.

    Raises:
        ArllieError: on an unknown name, with the nearest known one, or on none at all.
    """
    return find_rows(names, METRICS)
