"""What a converter makes of a network in float32, kept from one job of a command to the next.

A converter takes a minute for a large network, and a command asks for it once per target and precision.
"""

from __future__ import annotations

from collections.abc import Callable

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
