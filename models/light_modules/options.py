"""What full convolutions are replaced by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from arllie_deploy.errors import ArllieError
from arllie_deploy.networks.arguments import config_from

CHOICES = {
    "form": ("linear", "activated"),
    "sampling": ("bilinear", "nearest"),
    "dilated": ("gsat", "separable"),
}
_MOST_GROUPS = 64


@dataclass(frozen=True)
class Lightening:
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

    form: str = "linear"
    sampling: str = "bilinear"
    dilated: str = "gsat"
    groups: int = 8

    def __post_init__(self) -> None:
        for name, known in CHOICES.items():
            value = getattr(self, name)
            if value not in known:
                raise ArllieError(f"light modules: {name} is {value!r}; known: {', '.join(known)}")
        if type(self.groups) is not int or not 1 <= self.groups <= _MOST_GROUPS:
            raise ArllieError(f"light modules: groups is {self.groups!r}, expected 1 to {_MOST_GROUPS}")

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Lightening:
        """The options of `to_json`; what is left out has its default; raises `ArllieError` on an unknown key."""
        return config_from(cls, "light modules", value)

    def to_json(self) -> dict[str, Any]:
        """JSON values."""
        return asdict(self)
