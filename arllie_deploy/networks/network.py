"""A general network as plain facts: how to build it, what it takes and gives, how far an artifact may be from it.

It is data: listing networks imports no torch, and a network crosses a process boundary as JSON.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from arllie_deploy.errors import ArllieError
from arllie_deploy.networks.held import Held
from arllie_deploy.networks.limits import Limits
from arllie_deploy.networks.mapped import Mapped

#: What a network of packed Bayer planes is given and gives; the one form is that of `raw/network_planes.py`.
RAW_FORMS = ("camera-srgb",)


@dataclass(frozen=True)
class Figures:
    """What was measured of a network when its file was made.

    Attributes:
        context: how far in pixels beyond a multiple of the alignment a pixel of the output looks, a multiple of the
            alignment: a tile with so much around it gives what the whole frame gives. None where it looks at all of it.
        parameters: trained numbers.
        macs_per_pixel: multiply-accumulates of convolutions, per pixel of the input.
        pixel_bytes: of the values that an engine holds at once, per pixel of the input, in float32.
    """

    context: int | None
    parameters: int
    macs_per_pixel: float
    pixel_bytes: int


@dataclass(frozen=True)
class Network:
    """One network with its weights.

    Attributes:
        name: of the artifacts.
        factory: "module:function"; called with `arguments` it gives the `torch.nn.Module` without its weights, from
            (1, channels, height, width) floats to (1, output_channels, scale · height, scale · width).
        arguments: of the factory; JSON values.
        weights: a safetensors file with the module's state dictionary, float16 or float32.
        sha256: of that file.
        license: of the weights.
        channels: of the input.
        output_channels: of the output.
        scale: sides of the output, in sides of the input.
        alignment: the sides of a frame are multiples of it.
        minimum: the smallest side of a frame.
        dynamic: whether the network can be exported for every size in formats that allow it. False where its operators
            depend on the size in a way that only one size can be written down.
        color: order of the input's channels, "RGB" or for example "RGGB".
        output_color: the same for the output.
        value_range: of input and output.
        limits: how far an artifact may be from the network; they may only tighten the defaults.
        metric: "module:function" of the task's own figure, in dB, higher is better; None if there is none. It is called
            with a function that runs one frame (channels, 256, 256) float32, sides rounded up to `alignment`.
        provenance: recipe, data and scores of the training; JSON values.
        figures: measured ones; None where the weights are in no file of ours yet.
        raw: one of `RAW_FORMS` where a frame is a sensor's; None where it is a picture.
        held: measured, where it looks at the whole frame and can go over it in parts all the same; None elsewhere.
        mapped: the same where small maps of the whole frame are what lets it.
    """

    name: str
    factory: str
    weights: Path
    sha256: str
    license: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    channels: int = 3
    output_channels: int = 3
    scale: int = 1
    alignment: int = 1
    minimum: int = 1
    dynamic: bool = True
    color: str = "RGB"
    output_color: str = "RGB"
    value_range: tuple[float, float] = (0.0, 1.0)
    limits: Limits = field(default_factory=Limits)
    metric: str | None = None
    provenance: Mapping[str, Any] = field(default_factory=dict)
    figures: Figures | None = None
    raw: str | None = None
    held: Held | None = None
    mapped: Mapped | None = None

    #: What stands where a one-layer model has its epilogue.
    epilogue: ClassVar[str] = "network"

    def __post_init__(self) -> None:
        if self.raw is not None and self.raw not in RAW_FORMS:
            raise ArllieError(f"{self.name}: raw is {self.raw!r}; known: {', '.join(RAW_FORMS)}")

    def check_size(self, size: tuple[int, int]) -> None:
        """Raise `ArllieError` unless the network takes frames of `size` (width, height)."""
        if any(side % self.alignment or side < self.minimum for side in size):
            wanted = f"multiples of {self.alignment} and at least {self.minimum}"
            nearest = "x".join(str(side) for side in self.aligned_size(size))
            raise ArllieError(f"{self.name} takes sides that are {wanted}, got {size[0]}x{size[1]}; try {nearest}")

    def aligned(self, side: int) -> int:
        """The smallest side not below `side` that the network takes."""
        return -(-max(side, self.minimum) // self.alignment) * self.alignment

    def aligned_size(self, size: tuple[int, int]) -> tuple[int, int]:
        """The smallest (width, height) not below `size` that the network takes."""
        return self.aligned(size[0]), self.aligned(size[1])

    def to_json(self) -> dict[str, Any]:
        """JSON values, which `from_json` reads."""
        return {**asdict(self), "arguments": dict(self.arguments), "weights": str(self.weights.resolve())}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Network:
        """The network of `to_json`."""
        return cls(
            **{
                **value,
                "weights": Path(value["weights"]),
                "value_range": tuple(value["value_range"]),
                "limits": Limits(**value["limits"]),
                "figures": None if value["figures"] is None else Figures(**value["figures"]),
                "held": None if value.get("held") is None else Held.from_json(value["held"]),
                "mapped": None if value.get("mapped") is None else Mapped.from_json(value["mapped"]),
            }
        )


def sha256_of(weights: Path) -> str:
    """Of a weights file.

    Raises:
        ArllieError: if there is none.
    """
    try:
        return hashlib.sha256(weights.read_bytes()).hexdigest()
    except FileNotFoundError:
        raise ArllieError(f"{weights}: no such weights file") from None
