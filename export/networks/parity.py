"""The gate of general networks: an artifact is opened in its engine and compared with the module it was made from.

The reference is the module in float64, on frames as large as 1080p in float32.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.export.networks import frames
from arllie_deploy.export.networks.engines import Run, open_artifact
from arllie_deploy.export.networks.floats import kept_reference
from arllie_deploy.export.networks.metadata import check_is_of
from arllie_deploy.export.networks.module import find_function, load_module, module_to_write, run_module
from arllie_deploy.export.networks.precise import to_precise
from arllie_deploy.export.networks.request import NetworkRequest
from arllie_deploy.export.networks.sensitivity import describe_worst, layer_sensitivity
from arllie_deploy.networks.limits import Limits
from arllie_deploy.networks.network import Network
from arllie_deploy.quality.parity import Parity, compare

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True)
class NetworkVerdict:
    """What came of the comparison.

    Attributes:
        parity: the worst figures over all frames of all sizes.
        dark_psnr_db: the least over the dark pictures.
        sizes: (width, height) that were compared.
        judged: those of them that were on every frame.
        limits: that it was held to.
        lost_db: of the task's own metric; None where the network has none or the precision is not int8.
        failed: the first thing that went over its limit, with the frame; None if nothing did.
        sensitivity: of a failed int8 form: (layer, PSNR in dB with only it in int8), the worst first.
    """

    parity: Parity
    dark_psnr_db: float
    sizes: tuple[frames.Size, ...]
    judged: tuple[frames.Size, ...]
    limits: Limits
    lost_db: float | None
    failed: str | None
    sensitivity: list[tuple[str, float]] = field(default_factory=list)

    def to_json(self, precision: str) -> dict[str, Any]:
        """The manifest's `parity` of an artifact in this precision."""
        least = {"fp16": self.limits.fp16_db, "int8": self.limits.int8_db}.get(precision)
        return {
            **self.parity.to_json(),
            "dark_psnr_db": self.dark_psnr_db if np.isfinite(self.dark_psnr_db) else None,
            "limit_max_abs": self.limits.fp32_max_abs if least is None else None,
            "limit_dark_psnr_db": least,
            "sizes": [f"{width}x{height}" for width, height in self.sizes],
            "judged": [f"{width}x{height}" for width, height in self.judged],
            "lost_db": self.lost_db,
            "sensitivity": [{"layer": layer, "psnr_db": psnr} for layer, psnr in self.sensitivity],
        }


def verify(request: NetworkRequest) -> NetworkVerdict:
    """Run every parity frame through the artifacts of a request and compare.

    Integers are made for the range of pictures: int8 is not judged on the random, the white and the checkered frame.

    Raises:
        ArllieError: if an artifact does not describe itself as what was asked for.
    """
    network = request.network
    module = load_module(network)
    precise = to_precise(module)
    opened = {size: _open(request, path) for size, path in request.files.items()}
    worst, failed, dark_psnr_db = None, None, float("inf")
    extremes = {name for name, _ in frames.extreme_frames(network, (1, 1))}
    for name, size, frame in _frames(request):
        reference = kept_reference(request, size, name, partial(_reference, network, module, precise, size, frame))
        parity = compare(_picture(opened[size](frame)), _picture(reference))
        worst = parity if worst is None else worst.worst(parity)
        dark_psnr_db = dark_psnr_db if name in extremes else min(dark_psnr_db, parity.psnr_db)
        failed = failed or _over(network.limits, request.precision, parity, f"frame {name} at {size[0]}x{size[1]}")
    assert worst is not None
    lost = _lost_db(request, module, opened) if request.precision == "int8" else None
    if failed is None and lost is not None and not lost <= network.limits.int8_lost_db:
        failed = f"{network.metric} loses {lost:.3f} dB, limit {network.limits.int8_lost_db:g}"
    layers = _sensitivity(request) if failed and request.precision == "int8" else []
    if layers:
        failed = f"{failed}; most sensitive layers: {describe_worst(layers)}"
    sizes = tuple(request.files)
    judged = tuple(size for size in sizes if size in request.judged)
    return NetworkVerdict(worst, dark_psnr_db, sizes, judged, network.limits, lost, failed, layers)


def _reference(
    network: Network, module: nn.Module, precise: nn.Module, size: frames.Size, frame: frames.Frame
) -> NDArray[np.float64]:
    # float64 at 1080p would take gigabytes and tell nothing new.
    if frames.are_few(network, size):
        return run_module(precise, frame.astype(np.float64))
    return run_module(module, frame).astype(np.float64)


def _sensitivity(request: NetworkRequest) -> list[tuple[str, float]]:
    module = module_to_write(request.network, request.precision)
    return layer_sensitivity(module, request.calibration, request.percentile)


def _frames(request: NetworkRequest) -> Iterator[tuple[str, frames.Size, frames.Frame]]:
    """The frames of the sizes that the request has files of; integers were not calibrated on "night"."""
    network = request.network
    for size in request.files:
        pictures = frames.picture_frames(network, size) if size in request.judged else ()
        extremes = frames.extreme_frames(network, size) if pictures and request.precision != "int8" else ()
        for name, frame in chain(pictures, [("night", frames.night_frame(network, size))], extremes):
            yield name, size, frame


def _open(request: NetworkRequest, path: Path) -> Run:
    run, text = open_artifact(path, request.accelerator)
    check_is_of(request, text, path)
    return run


def _over(limits: Limits, precision: str, parity: Parity, where: str) -> str | None:
    """What is over its limit, None if nothing is; a figure that is not a number is over every limit."""
    if precision == "fp32":
        passed = parity.max_abs <= limits.fp32_max_abs
        return None if passed else f"{where}: max {parity.max_abs:.3g}, limit {limits.fp32_max_abs:g}"
    limit = limits.fp16_db if precision == "fp16" else limits.int8_db
    return None if parity.psnr_db >= limit else f"{where}: {parity.psnr_db:.2f} dB, limit {limit:g}"


def _lost_db(request: NetworkRequest, module: nn.Module, opened: dict[frames.Size, Run]) -> float | None:
    """What the artifact loses of the task's own metric, at the square size."""
    if request.network.metric is None:
        return None
    metric = find_function(request.network.metric)
    artifact = opened[frames.parity_sizes(request.network)["square"]]

    def exact(frame: NDArray[np.float32]) -> NDArray[Any]:
        output: NDArray[Any] = run_module(module, np.ascontiguousarray(frame[None], np.float32))[0]
        return output

    def integer(frame: NDArray[np.float32]) -> NDArray[Any]:
        output: NDArray[Any] = artifact(np.ascontiguousarray(frame[None], np.float32))[0]
        return output

    return float(metric(exact)) - float(metric(integer))


def _picture(tensor: NDArray[Any]) -> NDArray[Any]:
    return np.moveaxis(tensor[0], 0, 2)
