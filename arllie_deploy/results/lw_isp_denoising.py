"""Gaussian noise of σ = 25 levels: LW-ISP's residual head beside what needs no training."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from statistics import fmean
from typing import Any

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.frames import to_unit
from arllie_deploy.networks.network import Network
from arllie_deploy.quality.psnr import psnr
from arllie_deploy.results.lw_isp_pictures import as_frame
from arllie_deploy.results.page import table
from arllie_deploy.runtimes.layout import from_tensor, to_tensor
from arllie_deploy.runtimes.network import OpenedNetwork

Frame = NDArray[Any]
Float32 = NDArray[np.float32]
# A noisy picture (height, width, 3) -> the same without noise; neither need lie in [0, 1].
Denoise = Callable[[Float32], Float32]
# A picture (height, width, 3) uint8 and the source of chance -> the noisy one.
Noise = Callable[[Frame, np.random.Generator], Float32]

NETWORKS = ("lw-isp-denoise",)
SIGMA = 25.0
_SEED = 25
# Best of a few on training crops: the standard deviation of the filter, and the strength of non-local means in σ.
_BLUR, _STRENGTH = 1.2, 0.6


@dataclass(frozen=True)
class NoisySet:
    """Pictures (height, width, 3) uint8 and the noise that they get."""

    name: str
    pictures: Sequence[Frame]
    noise: Noise


def as_trained(picture: Frame, rng: np.random.Generator) -> Float32:
    """Every channel has its own noise; clipped and rounded to 8 bits, as a file holds it."""
    from arllie_deploy.training.noisy_pictures import noisy_planes

    noisy, _ = noisy_planes(picture, rng, sigmas=(SIGMA, SIGMA))
    return np.moveaxis(noisy, 0, 2)


def gray(picture: Frame, rng: np.random.Generator) -> Float32:
    """The noise of gray benchmarks: the same in all channels, neither clipped nor rounded."""
    noise = rng.standard_normal((*picture.shape[:2], 1))
    return np.asarray(to_unit(picture) + SIGMA / 255.0 * noise, np.float32)


def baselines() -> dict[str, Denoise]:
    """By name."""
    return {"the noisy picture": lambda noisy: noisy, "Gaussian filter": _filtered, "non-local means": _non_local}


def denoiser_of(network: Network) -> Denoise:
    """A network on one thread; it is given the noisy floats as they are."""
    return partial(_through, OpenedNetwork(network, 1))


def score(sets: Sequence[NoisySet], denoise: Denoise) -> list[float]:
    """Mean PSNR in dB of each set, of results that are clipped and rounded to 8 bits; every method sees equal noise."""
    return [
        fmean(
            psnr(as_frame(denoise(each.noise(picture, np.random.default_rng([_SEED, index])))), picture)
            for index, picture in enumerate(each.pictures)
        )
        for each in sets
    ]


def denoising_table(sets: Sequence[str], scores: Mapping[str, Sequence[float] | None]) -> str:
    """PSNR of each method on each set; who has no scores is named."""
    absent = ["no network file", *[""] * (len(sets) - 1)]
    rows = [[name, *(absent if found is None else (f"{one:.2f}" for one in found))] for name, found in scores.items()]
    return table(["PSNR (dB)", *sets], rows)


def _filtered(noisy: Float32) -> Float32:
    from skimage.filters import gaussian

    return np.asarray(gaussian(noisy, sigma=_BLUR, channel_axis=2), np.float32)


def _non_local(noisy: Float32) -> Float32:
    # Buades, Coll, Morel, CVPR 2005; patches of 5×5 within 13×13, as in scikit-image's example.
    from skimage.restoration import denoise_nl_means

    sigma = SIGMA / 255.0
    found = denoise_nl_means(
        noisy, patch_size=5, patch_distance=6, h=_STRENGTH * sigma, sigma=sigma, fast_mode=True, channel_axis=2
    )
    return np.asarray(found, np.float32)


def _through(opened: OpenedNetwork, noisy: Float32) -> Float32:
    return from_tensor(opened.infer(to_tensor(noisy, opened.layout)), opened.layout)
