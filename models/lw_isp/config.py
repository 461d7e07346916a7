"""Which of the network's forms is meant: its head, its width, what it is made of."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import accumulate, pairwise
from typing import ClassVar

from arllie_deploy.errors import ArllieError
from arllie_deploy.networks.arguments import Arguments

# d1 to d4, at width 1; each is followed by a pooling.
_CHANNELS = (16, 32, 64, 128)
WIDTHS = (0.25, 0.5, 1.0, 2.0)
# Head -> channels of its input, sides of the output in sides of the input.
HEADS = {"enhancement": (3, 1), "denoising": (3, 1), "raw": (4, 2), "packed": (12, 2)}
CHOICES = {
    "head": tuple(HEADS),
    "padding": ("reflect", "zeros"),
    "activation": ("leaky", "relu"),
    "doubling": ("shuffle", "nearest"),
    "summary": ("statistics", "learned"),
    "shortcuts": ("all", "inner"),
    "last": ("conv1", "conv3", "block"),
}
# The deepest stage has 1/16 of the frame's sides, and a reflection takes two pixels there.
ALIGNMENT, MINIMUM = 16, 32
_REDUCTION = 8
# A convolution of one channel becomes a depthwise one of one row in TFLite, which Hexagon's delegate refuses.
_LEAST_REDUCED = 2


@dataclass(frozen=True)
class LwIspConfig(Arguments):
    """One network of the family; the defaults are the published RGB network (CutFreq f88f71b, class LWISP).

    Attributes:
        head: "enhancement", RGB to RGB through a sigmoid; "denoising", RGB to RGB, what comes out is added to the
            frame, without the sigmoid, which could only brighten (ours: the published residual form is not documented);
            "raw", packed Bayer of half the sides to RGB; "packed", RGB in that form (`PixelUnshuffle`), which the
            teacher of "raw" sees.
        width: multiplies every number of channels: 0.25, 0.5, 1 or 2.
        padding: of 3×3 convolutions: "reflect", or "zeros", which delegates execute; stays as it was in training.
        activation: "leaky", slope 0.2, or "relu".
        doubling: of the upsampling blocks: "shuffle", by pixel shuffle; "nearest", of a quarter of the channels (ours).
        summary: what spatial attention sees of the channels: "statistics", their maximum and mean; "learned", two 1×1
            convolutions of them (ours).
        shortcuts: "all", or "inner": without those at full resolution, as in a teacher, which would copy its input.
        last: of "raw" and "packed", how the sides are doubled: "conv1" and "conv3", a 1×1 or 3×3 convolution to 12
            channels and a pixel shuffle; "block", an upsampling block before the published last convolution. The
            published one is unknown; with "conv1" alone the published ratio of 81 to PyNET's cost holds.

    Raises:
        ArllieError: on a value that is not among these.
    """

    system: ClassVar[str] = "lw-isp"

    head: str = "enhancement"
    width: float = 1.0
    padding: str = "reflect"
    activation: str = "leaky"
    doubling: str = "shuffle"
    summary: str = "statistics"
    shortcuts: str = "all"
    last: str = "conv1"

    def __post_init__(self) -> None:
        self.check({**CHOICES, "width": WIDTHS})
        if self.scale == 2 and self.doubling == "nearest" and self.last != "block":
            raise ArllieError(f"lw-isp: last is {self.last!r}, which shuffles; with doubling 'nearest' give 'block'")

    def for_delegates(self) -> LwIspConfig:
        """The same head and width of operators alone that NNAPI, Hexagon, HTP and Ethos-U all have."""
        plain = {"padding": "zeros", "activation": "relu", "doubling": "nearest", "summary": "learned", "last": "block"}
        return replace(self, **plain)  # type: ignore[arg-type]  # mypy holds every value to the type of every field

    @property
    def input_channels(self) -> int:
        """Of the head."""
        return HEADS[self.head][0]

    @property
    def scale(self) -> int:
        """Sides of the output in sides of the input, 1 or 2."""
        return HEADS[self.head][1]

    @property
    def channels(self) -> tuple[int, ...]:
        """Of d1 to d4, and of d5."""
        inner = tuple(int(count * self.width) for count in _CHANNELS)
        return (*inner, 2 * inner[-1])

    @property
    def held(self) -> tuple[slice, ...]:
        """Where the five means that a frame is held by lie among `held_size` values; see `deploy.py`."""
        return tuple(slice(start, stop) for start, stop in pairwise(accumulate(self.channels, initial=0)))

    @property
    def held_size(self) -> int:
        """How many values a frame is held by."""
        return sum(self.channels)


def reduced(channels: int) -> int:
    """Channels between the two 1×1 convolutions of channel attention."""
    return max(_LEAST_REDUCED, channels // _REDUCTION)
