"""Means over pairs of pictures, the same for every enhancer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

from numpy.typing import NDArray

from arllie_deploy.pictures.pairs import find_pairs, read_pairs
from arllie_deploy.quality.color_difference import delta_e2000
from arllie_deploy.quality.gt_mean import gt_mean_psnr
from arllie_deploy.quality.psnr import psnr
from arllie_deploy.quality.ssim import ssim
from arllie_deploy.results.quality.entries import Enhance

Frame = NDArray[Any]


@dataclass(frozen=True)
class Score:
    """Means over the pictures: PSNR in dB, SSIM, PSNR with the reference's mean in dB, CIEDE2000."""

    psnr: float
    ssim: float
    gt_mean_psnr: float
    delta_e: float


def score(pairs: Iterable[tuple[Frame, Frame]], enhance: Enhance) -> Score:
    """Of `enhance(low)` against high."""
    rows = []
    for low, high in pairs:
        output = enhance(low)
        rows.append((psnr(output, high), ssim(output, high), gt_mean_psnr(output, high), delta_e2000(output, high)))
    return Score(*(fmean(column) for column in zip(*rows, strict=True)))


def load_pairs(folder: Path) -> list[tuple[Frame, Frame]]:
    """All pairs of `low/` and `high/`; raises `ArllieError` as `find_pairs` does."""
    return [(low, high) for _, low, high in read_pairs(find_pairs(folder))]


def pair_files(folder: Path) -> Sequence[Path]:
    """The files of the pairs, for the page's fingerprint."""
    return [path for pair in find_pairs(folder) for path in (pair.low, pair.high)]
