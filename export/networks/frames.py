"""The frames that a network's artifacts are compared on, and those that int8 is calibrated on.

A frame here is (1, channels, height, width) float32 in [0, 1]. Where the network's `color` is spelled in R, G and B,
its channels are those of the pictures, and a mask has a hole in the middle; otherwise it gets them in turn.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.networks.network import Network
from arllie_deploy.pictures.dark_set import dark_pictures
from arllie_deploy.pictures.night import night_picture
from arllie_deploy.runtimes.network_colors import MASK

Frame = NDArray[np.float32]
Size = tuple[int, int]

_SIDE = 256
_LETTERS = "RGB"
# Of the values that are held at once, and of the multiply-accumulates: on all frames in float64, on one in float32.
_MOST_BYTES, _MOST_MACS, _MOST_MACS_ONCE = 2_500_000_000, 5e10, 2e12
# The same where every value of a frame is looked at, which converters hold at once.
_MOST_OBSERVED_BYTES = 500_000_000


def parity_sizes(network: Network) -> dict[str, Size]:
    """The sizes (width, height) of the gate: "square", "odd" (odd multiples of the alignment) and "full" (1080p).

    They are smaller for a network that costs too much on them; the square one is not where the task has a metric.
    """
    square = network.aligned_size((_SIDE, _SIDE))
    width, height = _affordable(network, (1920, 1080), _MOST_MACS_ONCE)
    return {
        "square": square if network.metric else _affordable(network, square, _MOST_MACS),
        "odd": (_odd(network, 251), _odd(network, 67)),
        "full": (width, height),
    }


def _affordable(network: Network, size: Size, most_macs: float) -> Size:
    """A size, or half of it and so on, until a frame's values and multiply-accumulates are few enough."""
    width, height = size
    while (figures := network.figures) is not None and min(width, height) > network.minimum:
        pixels = width * height
        if figures.pixel_bytes * pixels <= _MOST_BYTES and figures.macs_per_pixel * pixels <= most_macs:
            break
        width, height = width // 2, height // 2
    return network.aligned_size((width, height))


def judged_size(network: Network, own: Size) -> Size:
    """Where an artifact of one size is judged on every frame, and its integers are calibrated.

    That is its own size. The square one, for which its writer must make another file, only where its own would take
    too long, or the task has a metric, which is defined there.
    """
    of_its_own = network.metric is None and (are_few(network, own) or not network.dynamic)
    return own if of_its_own else parity_sizes(network)["square"]


def integer_size(network: Network, own: Size) -> Size:
    """`judged_size` of integers, which are judged and calibrated at their own size wherever that can be afforded.

    What a network finds out about the whole frame has another range at another size: the global maps of sad-unet,
    calibrated on 256×256, lost 20 dB at 640×384 on frames that were fine in 256×256.
    """
    if network.metric is not None or (figures := network.figures) is None:
        return judged_size(network, own)
    pixels = own[0] * own[1]
    few = figures.pixel_bytes * pixels <= _MOST_OBSERVED_BYTES and figures.macs_per_pixel * pixels <= _MOST_MACS
    return own if few else judged_size(network, own)


def are_few(network: Network, size: Size) -> bool:
    """Whether a frame has few enough pixels for all frames, and for a reference in float64."""
    width, height = parity_sizes(network)["square"]
    return size[0] * size[1] <= 2 * width * height


def picture_frames(network: Network, size: Size) -> Iterator[tuple[str, Frame]]:
    """The eight dark pictures, each of `size` (width, height)."""
    for name, picture in dark_pictures().items():
        yield name, as_frame(network, picture, size)


def extreme_frames(network: Network, size: Size) -> Iterator[tuple[str, Frame]]:
    """A random, a white and a checkered frame of `size` (width, height)."""
    width, height = size
    random = np.random.default_rng(0)
    yield "random", random.random((1, network.channels, height, width), dtype=np.float32)
    yield "white", np.ones((1, network.channels, height, width), np.float32)
    yield "checkerboard", _checkerboard(network.channels, width, height)


def night_frame(network: Network, size: Size) -> Frame:
    """The packaged night picture at any size (width, height)."""
    return as_frame(network, night_picture(), size)


def calibration_frames(network: Network, pictures: Iterable[NDArray[np.uint8]], size: Size) -> list[Frame]:
    """Pictures (height, width, 3) as frames of `size` (width, height)."""
    return [as_frame(network, picture, size) for picture in pictures]


def as_frame(network: Network, picture: NDArray[Any], size: Size) -> Frame:
    """A picture (height, width, 3) of integers, cut at the top left or continued by its mirror image to `size`."""
    width, height = size
    cut = picture[:height, :width]
    missing = ((0, height - cut.shape[0]), (0, width - cut.shape[1]), (0, 0))
    whole = np.pad(cut, missing, mode="symmetric").astype(np.float32) / np.float32(np.iinfo(picture.dtype).max)
    letters = network.color if set(network.color) <= {*_LETTERS, MASK} else ""
    order = [(_LETTERS + MASK).index(letter) for letter in letters]
    if len(order) != network.channels:
        order = [channel % 3 for channel in range(network.channels)]
    hole = np.zeros((height, width, 1), np.float32)
    hole[height // 4 : -(-3 * height // 4), width // 4 : -(-3 * width // 4)] = 1.0
    return np.ascontiguousarray(np.moveaxis(np.dstack((whole, hole))[:, :, order], 2, 0)[None])


def _odd(network: Network, side: int) -> int:
    return (network.aligned(side) // network.alignment | 1) * network.alignment


def _checkerboard(channels: int, width: int, height: int) -> Frame:
    rows, columns = np.indices((height, width))
    return np.ascontiguousarray(np.broadcast_to((rows + columns) % 2, (1, channels, height, width)), np.float32)
