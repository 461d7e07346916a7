"""RAW to RGB: pictures made raw again, developed by LW-ISP and by classical pipelines under one rendering."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from statistics import fmean
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.media.raw_file import develop_with_network
from arllie_deploy.networks.network import Network
from arllie_deploy.quality.psnr import psnr
from arllie_deploy.quality.sensor import NOISELESS
from arllie_deploy.quality.srgb import to_encoded
from arllie_deploy.quality.ssim import ssim
from arllie_deploy.raw.develop import Rendering, develop
from arllie_deploy.raw.dng import write_dng
from arllie_deploy.raw.frame import RawFrame
from arllie_deploy.raw.network_planes import rendered
from arllie_deploy.raw.packing import mirrored
from arllie_deploy.raw.unprocess import draw_camera, unprocess
from arllie_deploy.results.page import table
from arllie_deploy.runtimes.network import OpenedPlanes

Frame = NDArray[Any]
# A mosaic of RGGB -> (height, width, 3) uint8.
Pipeline = Callable[[RawFrame, Rendering], Frame]

NETWORKS = ("lw-isp-raw", "lw-isp-raw-delegate")
LIBRAW = "LibRaw, AHD"
_SEED = 8


@dataclass(frozen=True)
class Shot:
    """A picture and what a camera records of it, with and without noise."""

    picture: Frame
    rendering: Rendering
    clean: RawFrame
    noisy: RawFrame


@dataclass(frozen=True)
class RawScore:
    """Means over pictures: PSNR in dB and SSIM; and the least processor seconds a megapixel of any noisy picture."""

    clean_psnr: float
    clean_ssim: float
    noisy_psnr: float
    noisy_ssim: float
    seconds: float


def take(pictures: Iterable[Frame]) -> list[Shot]:
    """Each picture by a camera of its own, drawn as in training but from other seeds; sides are cut to even ones."""
    shots = []
    for index, picture in enumerate(pictures):
        camera = draw_camera(np.random.default_rng([_SEED, index]))
        height, width = (side // 2 * 2 for side in picture.shape[:2])
        cut = np.ascontiguousarray(picture[:height, :width])
        clean = unprocess(cut, replace(camera, sensor=NOISELESS), 0)
        shots.append(Shot(cut, camera.rendering, clean, unprocess(cut, camera, [_SEED, index, 1])))
    return shots


def classical() -> dict[str, Pipeline | None]:
    """By name; None where rawpy is not installed."""
    own: dict[str, Pipeline | None] = {name: partial(_develop, demosaic=name) for name in ("bilinear", "malvar")}
    return {**own, LIBRAW: develop_by_libraw if find_spec("rawpy") else None}


def pipeline_of(network: Network) -> Pipeline:
    """A network in place of the demosaicing, on one thread."""
    return partial(develop_with_network, OpenedPlanes(network, 1))


def develop_by_libraw(frame: RawFrame, rendering: Rendering) -> Frame:
    """LibRaw as far as the camera's colors, demosaiced by AHD; matrix, exposure and curves are those of all others."""
    import rawpy

    with TemporaryDirectory() as folder:
        write_dng(path := Path(folder) / "frame.dng", frame)
        with rawpy.imread(str(path)) as raw:
            light = raw.postprocess(
                use_camera_wb=True,
                no_auto_bright=True,
                adjust_maximum_thr=0.0,
                gamma=(1.0, 1.0),
                output_bps=16,
                output_color=rawpy.ColorSpace.raw,
            )
    encoded = to_encoded(mirrored(light, frame.pattern) / 65535.0)
    made = rendered(np.moveaxis(encoded, 2, 0).astype(np.float32), frame, rendering)
    return np.ascontiguousarray(mirrored(made, frame.pattern))


def score(shots: Sequence[Shot], pipeline: Pipeline) -> RawScore:
    """Of a pipeline over the pictures, as users get them: rounded to 8 bits."""
    scores, seconds = [], []
    for shot in shots:
        clean = pipeline(shot.clean, shot.rendering)
        started = time.process_time()
        noisy = pipeline(shot.noisy, shot.rendering)
        seconds.append((time.process_time() - started) * 1e6 / shot.noisy.mosaic.size)
        scores.append([figure(made, shot.picture) for made in (clean, noisy) for figure in (psnr, ssim)])
    means = [fmean(column) for column in zip(*scores, strict=True)]
    return RawScore(means[0], means[1], means[2], means[3], min(seconds))


def raw_table(scores: Mapping[str, RawScore | None]) -> str:
    """The table of one set of pictures; who has no score is named with the reason."""
    header = ["", "noise: PSNR (dB)", "SSIM", "no noise: PSNR (dB)", "SSIM", "s per megapixel"]
    rows = [[name, *(_absent(name) if score is None else _cells(score))] for name, score in scores.items()]
    return table(header, rows)


def _develop(frame: RawFrame, rendering: Rendering, demosaic: str) -> Frame:
    return develop(frame, replace(rendering, demosaic=demosaic))


def _cells(score: RawScore) -> list[str]:
    noisy = [f"{score.noisy_psnr:.2f}", f"{score.noisy_ssim:.3f}"]
    return [*noisy, f"{score.clean_psnr:.2f}", f"{score.clean_ssim:.3f}", f"{score.seconds:.2f}"]


def _absent(name: str) -> list[str]:
    return ["rawpy is not installed" if name == LIBRAW else "no network file", "", "", "", ""]
