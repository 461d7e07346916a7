"""How a network goes over a frame: at once where that takes little memory, else in tiles."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from arllie_deploy.media.held import frame_values
from arllie_deploy.media.mapped import frame_maps, tile_of
from arllie_deploy.media.parts import Part, strips, tiles
from arllie_deploy.media.planes import Planes
from arllie_deploy.networks.network import Network
from arllie_deploy.runtimes.base import OpenedModel
from arllie_deploy.runtimes.network import OpenedPlanes
from arllie_deploy.runtimes.padded import refuse_smaller

#: What the values of a network may take while it computes a tile: the engine takes up to three times as much in all,
#: and the frame and its result are beside it. 24 megapixels stay below 1.5 GB.
TILE_BYTES = 350_000_000
#: Of the work on a held frame, what goes into its means: about that share of the time; of a mapped one, into its maps.
SHARE_OF_MEANS, SHARE_OF_MAPS = 0.2, 0.3


def network_parts(network: Network, height: int, width: int) -> list[Part]:
    """The tiles of a frame; one where it goes through at once, or the network has to see all of it.

    Raises:
        ArllieError: if the frame is smaller than the network takes.
    """
    refuse_smaller(height, width, network.minimum)
    bounded = network.mapped or network.held or network.figures
    if bounded is None or bounded.context is None:
        return strips(height, width, height)
    # So much around a tile that none is below the smallest frame either.
    context, pixels = network.aligned(bounded.context), TILE_BYTES // bounded.pixel_bytes
    return tiles(height, width, network.alignment, context, pixels)


def model_of_parts(
    opened: OpenedPlanes, parts: list[Part], frame: Callable[[], Planes], done: Callable[[float], None]
) -> tuple[Callable[[Part], OpenedModel], float]:
    """What makes a part of a frame, and the share of the work that is done by then.

    Args:
        opened: the network.
        parts: of the frame.
        frame: gives the planes of the frame, asked for only if they are looked at.
        done: called with the share of the whole work that is done, while the frame is looked at as a whole.
    """
    network = opened.network
    if len(parts) == 1 or (network.held is None and network.mapped is None):
        return lambda _: opened, 0.0
    held, mapped = opened.held, opened.mapped
    if mapped is not None:
        maps = frame_maps(mapped, frame(), lambda share: done(SHARE_OF_MAPS * share))
        return partial(tile_of, mapped, maps), SHARE_OF_MAPS
    assert held is not None
    tile = held.tiles(frame_values(held, frame(), lambda share: done(SHARE_OF_MEANS * share)))
    return lambda _: tile, SHARE_OF_MEANS
