"""What full convolutions are replaced by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from arllie_deploy.errors import ArllieError
from arllie_deploy.networks.arguments import Arguments

CHOICES = {
    "form": ("linear", "activated"),
    "sampling": ("bilinear", "nearest"),
    "dilated": ("gsat", "separable"),
}
_MOST_GROUPS = 64


@dataclass(frozen=True)
class Lightening(Arguments):
    """The defaults are the published PyTorch demo and, for what it does not have, the published building blocks.

    Attributes:
        form: of LIST: "linear", no activation inside, the separable half first (the authors' PyTorch demo); or
            "activated", normalization and ReLU after the squeeze and after the halves are joined, the pointwise half
            first (their TensorFlow building block). Weights of one form mean something else in the other.
        sampling: how sides are halved and enlarged before LIST: "bilinear" (half-pixel centers) or "nearest".
        dilated: what a dilated convolution becomes: "gsat"; or "separable" (ours), a dilated depthwise convolution and
            one 1×1 over all channels in GSAT's place, for delegates: no groups, no shuffle.
        groups: of GSAT, 1 to 64.

    Raises:
        ArllieError: on a value that is not among these.
    """

    system: ClassVar[str] = "light modules"

    form: str = "linear"
    sampling: str = "bilinear"
    dilated: str = "gsat"
    groups: int = 8

    def __post_init__(self) -> None:
        self.check(CHOICES)
        if type(self.groups) is not int or not 1 <= self.groups <= _MOST_GROUPS:
            raise ArllieError(f"light modules: groups is {self.groups!r}, expected 1 to {_MOST_GROUPS}")
