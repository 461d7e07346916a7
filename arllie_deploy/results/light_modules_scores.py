"""Denoising, super-resolution and inpainting by light networks, by their baselines and by what needs no training."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.networks.network import Network
from arllie_deploy.pictures import read_picture
from arllie_deploy.pictures.folder import picture_files
from arllie_deploy.quality.luma import gray
from arllie_deploy.quality.masked import masked_psnr, masked_ssim
from arllie_deploy.quality.psnr import psnr
from arllie_deploy.quality.ssim import ssim
from arllie_deploy.quality.super_resolution import luma_psnr, luma_ssim
from arllie_deploy.results.lw_isp_pictures import as_frame
from arllie_deploy.runtimes.network import OpenedPlanes

Frame = NDArray[Any]
Planes = NDArray[np.float32]
# (channels, height, width) -> (output channels, scale · height, scale · width).
Restore = Callable[[Planes], Planes]

DENOISERS = ("dncnn", "light-dncnn-stage-1", "light-dncnn")
RESOLVERS = ("srresnet", "light-srresnet", "light-srresnet-delegate")
FILLERS = ("inpaint", "light-inpaint", "light-inpaint-delegate")
SIGMA = 25.0
FACTOR = 4
_SEED = 9


@dataclass(frozen=True)
class Score:
    """Means over pictures, rounded to 8 bits as users get them: PSNR in dB and SSIM as the task takes them."""

    psnr_db: float
    ssim: float


@dataclass(frozen=True)
class Case:
    """A picture, what a network is given of it, and where it is scored.

    Attributes:
        seen: (channels, height / scale, width / scale).
        wanted: (height, width, 1 or 3) uint8.
        hole: of inpainting, (height, width).
    """

    seen: Planes
    wanted: Frame
    hole: NDArray[np.bool_] | None = None


def noisy_case(picture: Frame, index: int) -> Case:
    """The brightness of a picture (height, width, 3), with the noise that belongs to its place in its set."""
    from arllie_deploy.training.noisy_pictures import gray_noisy_planes

    seen, _ = gray_noisy_planes(picture, np.random.default_rng([_SEED, index]), sigmas=(SIGMA, SIGMA))
    return Case(seen, gray(picture))


def small_case(large: Frame, small: Frame) -> Case:
    """A reduction and as much of the picture as it shows."""
    height, width = (FACTOR * side for side in small.shape[:2])
    return Case(planes_of(small), np.ascontiguousarray(large[:height, :width]))


def holed_case(picture: Frame, index: int) -> Case:
    """A picture with the hole that belongs to its place in its set."""
    from arllie_deploy.training.holed_pictures import draw_hole, with_hole

    hole = draw_hole(picture.shape[:2], np.random.default_rng([_SEED, index]))
    return Case(with_hole(planes_of(picture), hole), picture, hole)


def read_small(folder: Path) -> list[Case]:
    """The cases of a folder with hr/ and lr/, where pictures have the same names."""
    files = picture_files(folder / "lr")
    return [small_case(read_picture(folder / "hr" / low.name).pixels, read_picture(low).pixels) for low in files]


def planes_of(picture: Frame) -> Planes:
    """(height, width, 3) integers as (3, height, width) in [0, 1]."""
    from arllie_deploy.training.data import to_planes

    return np.asarray(to_planes([picture])[0])


def restorer_of(network: Network) -> Restore:
    """A network in onnxruntime on one thread."""
    opened = OpenedPlanes(network, 1)
    return lambda seen: np.asarray(opened.infer(seen[None])[0])


def restored(case: Case, restore: Restore) -> Frame:
    """What a user would get: (height, width, channels) uint8."""
    return as_frame(np.moveaxis(restore(case.seen), 0, 2))


def score_denoising(cases: Sequence[Case], restore: Restore) -> Score:
    """On the gray picture."""
    return _means([(psnr(made, case.wanted), ssim(made, case.wanted)) for case, made in _all(cases, restore)])


def score_resolution(cases: Sequence[Case], restore: Restore) -> Score:
    """On brightness, without a border of 4 pixels."""
    border = FACTOR
    pairs = [(made, case.wanted) for case, made in _all(cases, restore)]
    return _means([(luma_psnr(*pair, border), luma_ssim(*pair, border)) for pair in pairs])


def score_inpainting(cases: Sequence[Case], restore: Restore) -> Score:
    """Within the hole."""
    figures = []
    for case, made in _all(cases, restore):
        assert case.hole is not None
        figures.append((masked_psnr(made, case.wanted, case.hole), masked_ssim(made, case.wanted, case.hole)))
    return _means(figures)


def bicubic(seen: Planes) -> Planes:
    """Four times the sides by cubic interpolation."""
    from arllie_deploy.training.network_data import resized

    frame = as_frame(np.moveaxis(seen, 0, 2))
    return np.moveaxis(resized(frame, (FACTOR * frame.shape[0], FACTOR * frame.shape[1])), 2, 0)


def biharmonic(seen: Planes) -> Planes:
    """The hole filled as smoothly as its rim allows (scikit-image's `inpaint_biharmonic`)."""
    from skimage.restoration import inpaint_biharmonic

    filled = inpaint_biharmonic(np.moveaxis(seen[:3], 0, 2), seen[3] > 0.5, channel_axis=2)
    return np.moveaxis(np.asarray(filled, np.float32), 2, 0)


def mean_color(seen: Planes) -> Planes:
    """The hole filled with the mean of what is known."""
    hole = seen[3] > 0.5
    return np.where(hole, seen[:3, ~hole].mean(1)[:, None, None], seen[:3])


def smooth_guess(seen: Planes) -> Planes:
    """The hole filled with what the networks of inpainting begin with, which is not trained."""
    import torch

    from arllie_deploy.models.light_modules.config import LEVELS
    from arllie_deploy.models.light_modules.fill import SmoothFill

    height, width = seen.shape[1:]
    below, beside = (-side % 2**LEVELS for side in (height, width))
    frame = torch.from_numpy(np.pad(seen, ((0, 0), (0, below), (0, beside)), mode="reflect"))[None]
    weight = 1.0 - frame[:, 3:]
    filled: Planes = SmoothFill()(frame[:, :3] * weight, weight)[0, :, :height, :width].numpy()
    return np.where(seen[3:] > 0.5, filled, seen[:3])


def non_local(seen: Planes) -> Planes:
    """Non-local means with the parameters of LW-ISP's page."""
    from arllie_deploy.results.lw_isp_denoising import baselines

    denoise = baselines()["non-local means"]
    return np.moveaxis(denoise(np.repeat(np.moveaxis(seen, 0, 2), 3, 2)), 2, 0)[:1]


#: Task -> what needs no training, by name.
UNTRAINED: Mapping[str, Mapping[str, Restore]] = {
    "denoising": {"the noisy picture": lambda seen: seen, "non-local means": non_local},
    "super-resolution": {"bicubic": bicubic},
    "inpainting": {"mean color": mean_color, "smooth guess": smooth_guess, "biharmonic": biharmonic},
}


def _all(cases: Sequence[Case], restore: Restore) -> list[tuple[Case, Frame]]:
    return [(case, restored(case, restore)) for case in cases]


def _means(figures: Sequence[tuple[float, float]]) -> Score:
    ratios, similarities = zip(*figures, strict=True)
    return Score(fmean(ratios), fmean(similarities))
