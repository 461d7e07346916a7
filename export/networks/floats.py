"""What is made of a network in float, kept from one job of a command to the next.

A converter takes a minute for a large network, and so does the reference on all frames of the gate; a command
asks for both once per target and precision.
"""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.atomic import write_bytes
from arllie_deploy.export.networks.frames import Size
from arllie_deploy.export.networks.module import find_balance
from arllie_deploy.export.networks.request import NetworkRequest


def kept(request: NetworkRequest, size: Size | None, suffix: str, make: Callable[[], bytes]) -> bytes:
    """What `make` gives, or gave an earlier job that keeps its floats in the same folder.

    Args:
        request: names the folder, or none.
        size: (width, height) that it is for, None where it serves every one.
        suffix: of the format.
        make: the converter.
    """
    if request.floats is None:
        return make()
    shape = "any" if size is None else f"{size[0]}x{size[1]}"
    balanced = "-balanced" if request.precision == "int8" and find_balance(request.network) else ""
    place = request.floats / f"{request.network.sha256}-{shape}{balanced}{suffix}"
    if not place.exists():
        write_bytes(place, make())
    return place.read_bytes()


def kept_reference(
    request: NetworkRequest, size: Size, frame: str, make: Callable[[], NDArray[np.float64]]
) -> NDArray[np.float64]:
    """What the network makes of a frame of the gate: by `make`, or from an earlier job with the same folder.

    Args:
        request: names the folder, or none.
        size: (width, height) of the frame.
        frame: its name.
        make: the reference.
    """
    if request.floats is None:
        return make()
    place = request.floats / f"{request.network.sha256}-{size[0]}x{size[1]}-{frame}.npy"
    if not place.exists():
        stored = io.BytesIO()
        np.save(stored, make())
        write_bytes(place, stored.getvalue())
    kept_one: NDArray[np.float64] = np.load(place)
    return kept_one
