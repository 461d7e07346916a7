"""One raw frame of a sensor through a network, to one picture file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from arllie_deploy.errors import ArllieError
from arllie_deploy.media.enhance_file import Enhanced, refuse_target
from arllie_deploy.media.parts import finer
from arllie_deploy.media.planes import of_planes
from arllie_deploy.media.strips import Progress
from arllie_deploy.media.tiled import model_of_parts, network_parts
from arllie_deploy.networks.network import Network
from arllie_deploy.pictures import refuse_unwritable, write_picture
from arllie_deploy.pictures.orientation import upright_size
from arllie_deploy.pictures.picture import Picture
from arllie_deploy.raw.develop import Rendering
from arllie_deploy.raw.dump import DumpForm
from arllie_deploy.raw.exposure import exposure_warning
from arllie_deploy.raw.files import read_raw
from arllie_deploy.raw.frame import RawFrame
from arllie_deploy.raw.network_planes import network_input, rendered
from arllie_deploy.raw.packing import mirrored
from arllie_deploy.raw.picture import picture_of
from arllie_deploy.runtimes.network import OpenedPlanes

# What a plane is packed from.
_CELL = 2
_PLAIN = Rendering()


@dataclass(frozen=True)
class Development:
    """What is to be made of a raw frame.

    Attributes:
        form: of a Bayer dump; None for a camera file.
        rendering: exposure and tone curve; its demosaicing is the network's.
        bits: per sample of the picture, 8 or 16.
    """

    form: DumpForm | None = None
    rendering: Rendering = _PLAIN
    bits: int = 8


def develop_file(
    network: Network,
    threads: int | None,
    source: Path,
    target: Path,
    development: Development,
    *,
    force: bool = False,
    progress: Progress | None = None,
    warn: Callable[[str], None] | None = None,
) -> Enhanced:
    """Read a raw frame, develop it and write it upright in the format that `target`'s suffix names.

    Args:
        network: of packed Bayer planes.
        threads: of the engine; None means all cores.
        source: a camera file or a Bayer dump.
        target: where the picture goes; its folder must exist.
        development: see there.
        force: replace `target` if it exists.
        progress: called with the done share of the frame, up to 1.0.
        warn: called with a line about a frame that has lost much of its picture.

    Raises:
        ArllieError: for whatever can be known to fail, before the network runs; `source` is never replaced.
        OSError: if `target` cannot be written.
    """
    refuse_target(source, target, force=force)
    frame = read_raw(source, development.form)
    dtype = np.dtype(f"uint{development.bits}")
    refuse_unwritable(target, _empty(frame, dtype))
    if warn is not None and (line := exposure_warning(frame)):
        warn(f"{source}: {line}")
    opened = OpenedPlanes(network, threads)
    try:
        pixels = develop_with_network(opened, frame, development.rendering, dtype, progress=progress)
    except ArllieError as error:
        raise ArllieError(f"{source}: {error}") from None
    picture = picture_of(pixels, frame)
    del pixels
    write_picture(target, picture)
    return Enhanced(target, *picture.size, bits=development.bits)


def develop_with_network(
    opened: OpenedPlanes,
    frame: RawFrame,
    rendering: Rendering,
    dtype: DTypeLike = np.uint8,
    *,
    progress: Progress | None = None,
) -> NDArray[Any]:
    """The frame as a picture, as `raw.develop.develop` gives it: the network in place of the demosaicing.

    Args:
        opened: a network of packed Bayer planes.
        frame: the frame.
        rendering: exposure and tone curve.
        dtype: uint8 or uint16.
        progress: called with the done share of the frame, up to 1.0.

    Returns:
        (height, width, 3), sRGB, as the sensor saw it.

    Raises:
        ArllieError: if the network takes no raw frames, or the frame is smaller than it takes.
    """
    network = opened.network
    refuse_other_than_raw(network)
    _refuse_smaller(frame, network)
    planes = network_input(frame)
    _, height, width = planes.shape
    parts, report = network_parts(network, height, width), progress or (lambda _: None)
    model_of, begun = model_of_parts(opened, parts, partial(of_planes, planes, network.aligned), report)
    picture = np.empty((_CELL * height, _CELL * width, 3), dtype)
    seen = mirrored(picture, frame.pattern)
    done = 0
    for part in parts:
        output = model_of(part).infer(np.ascontiguousarray(planes[(..., *part.outer)][None]))
        seen[finer(part.inner, _CELL)] = rendered(output[0][(..., *finer(part.within, _CELL))], frame, rendering, dtype)
        done += part.pixels
        report(begun + (1.0 - begun) * done / (height * width))
    return picture


def refuse_other_than_raw(network: Network) -> None:
    """Raise `ArllieError` unless a network takes the packed planes of a sensor."""
    if network.raw is None:
        raise ArllieError(f"{network.name} takes pictures and not the raw frames of a sensor; give another --model")


def _refuse_smaller(frame: RawFrame, network: Network) -> None:
    if min(frame.size) < _CELL * network.minimum:
        width, height = frame.size
        least = f"this network takes sides of at least {_CELL * network.minimum} pixels"
        raise ArllieError(f"the frame is {width}×{height} and {least}; take a larger part of it")


def _empty(frame: RawFrame, dtype: np.dtype[Any]) -> Picture:
    """What will be written, without its memory."""
    width, height = upright_size(*frame.size, frame.orientation)
    return Picture(np.broadcast_to(np.zeros(1, dtype), (height, width, 3)))
