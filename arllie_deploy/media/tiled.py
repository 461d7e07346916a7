"""How a network goes over a frame: at once where that takes little memory, else in tiles, held by its means."""

from __future__ import annotations

from collections.abc import Callable

from arllie_deploy.errors import ArllieError
from arllie_deploy.media.held import frame_values
from arllie_deploy.media.parts import Part, strips, tiles
from arllie_deploy.media.planes import Planes
from arllie_deploy.networks.network import Network
from arllie_deploy.runtimes.base import OpenedModel
from arllie_deploy.runtimes.network import OpenedPlanes
from arllie_deploy.runtimes.padded import refuse_smaller

#: What the values of a network may take while it computes a tile: with 24 megapixels and the engine beside it, 1.2 GB.
TILE_BYTES = 550_000_000
#: Of the work on a held frame, what goes into its means: about that share of the time.
SHARE_OF_MEANS = 0.2


def network_parts(network: Network, height: int, width: int) -> list[Part]:
    """The tiles of a frame; one where it goes through at once, or the network has to see all of it.

    Raises:
        ArllieError: if the frame is smaller than the network takes.
    """
    refuse_smaller(height, width, network.minimum)
    figures, held = network.figures, network.held
    if figures is None or (figures.context is None and held is None):
        return strips(height, width, height)
    context, pixel_bytes = (figures.context, figures.pixel_bytes) if held is None else (held.context, held.pixel_bytes)
    assert context is not None
    # So much around a tile that none is below the smallest frame either.
    return tiles(height, width, network.alignment, network.aligned(context), TILE_BYTES // pixel_bytes)


def model_of_parts(
    opened: OpenedPlanes, parts: list[Part], frame: Callable[[], Planes], done: Callable[[float], None]
) -> tuple[OpenedModel, float]:
    """What makes the parts of a frame, and the share of the work that is done by then.

    Args:
        opened: the network.
        parts: of the frame.
        frame: gives the planes of the frame, asked for only if they are looked at.
        done: called with the share of the whole work that is done, while the means are taken.
    """
    if len(parts) == 1 or opened.network.held is None:
        return opened, 0.0
    held = opened.held
    if held is None:
        raise ArllieError(f"{opened.network.weights}: has no graphs for tiles; package it again")
    values = frame_values(held, frame(), lambda share: done(SHARE_OF_MEANS * share))
    return held.tiles(values), SHARE_OF_MEANS
