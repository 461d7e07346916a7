"""What a network's colors say: which pixels a frame for it has, and how it goes through them."""

from __future__ import annotations

from dataclasses import dataclass

from arllie_deploy.errors import ArllieError
from arllie_deploy.networks.network import Network
from arllie_deploy.runtimes.passes import GRAY

#: Stands for the mask in `Network.color`: 1 where a picture is to be filled.
MASK = "M"


@dataclass(frozen=True)
class Colors:
    """One kind of network that makes pictures of pictures.

    Attributes:
        channels: of its frames: 3, RGB; 4, RGB and a mask of 0 and the largest integer.
        passes: channels that go through the network together, one pass after the other; none: all at once.
    """

    channels: int
    passes: tuple[slice, ...] = ()


# (color, output_color) of a network. A gray one sees each channel of a picture as a gray picture.
_COLORS = {
    ("RGB", "RGB"): Colors(3),
    ("Y", "Y"): Colors(3, GRAY),
    ("RGB" + MASK, "RGB"): Colors(4),
}


def colors_of(network: Network) -> Colors:
    """The row of a network.

    Raises:
        ArllieError: if it makes no pictures of pictures.
    """
    found = _COLORS.get((network.color, network.output_color))
    whole = network.held is None and network.mapped is None
    if found is None or network.raw is not None or not (whole or not found.passes):
        raise ArllieError(f"{network.name} makes {network.output_color} of {network.color}: no frames of pictures")
    return found


def takes_mask(network: Network) -> bool:
    """Whether a network fills what a mask says."""
    return network.color.endswith(MASK)


def refuse_other_frames(network: Network, what: str) -> None:
    """Raise `ArllieError` unless a network gives a picture of the same sides for a picture alone.

    Args:
        network: of any kind.
        what: that compares frames with what becomes of them, for the message.
    """
    colors_of(network)
    if takes_mask(network):
        raise ArllieError(f"{what}: {network.name} takes a mask with each picture; use arllie-enhance with --mask")
    if network.scale != 1:
        raise ArllieError(
            f"{what}: {network.name} gives {network.scale} times the sides, and here a picture keeps its size; "
            "use arllie-enhance"
        )
