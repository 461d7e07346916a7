"""What a converter did, layer by layer."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Cost:
    """Parameters, and multiply-accumulates of one pass over the example."""

    parameters: int
    macs: int


@dataclass(frozen=True)
class Layer:
    """One convolution of the given network.

    Attributes:
        name: within the network; several, joined by ", ", where one module stands at several places.
        was: such as "3×3 64→128, stride 2".
        became: such as "bilinear /2, LIST 64→128"; "" where it was kept.
        kept: why it was kept; "" where it was not.
        before: of the layer as it was.
        after: of what stands in its place.
    """

    name: str
    was: str
    became: str
    kept: str
    before: Cost
    after: Cost


@dataclass(frozen=True)
class Report:
    """Of one conversion.

    Attributes:
        example: shape of what multiply-accumulates are counted on: (channels, height, width).
        layers: the convolutions in the order of their first calls, then those that are never called.
        before: of the whole network: all its parameters, and the multiply-accumulates of convolutions and matrix
            products, also of those that are not layers of their own.
        after: the same of the new network.
    """

    example: tuple[int, ...]
    layers: tuple[Layer, ...]
    before: Cost
    after: Cost

    @property
    def replaced(self) -> tuple[Layer, ...]:
        """The layers that were not kept."""
        return tuple(layer for layer in self.layers if layer.became)

    def to_json(self) -> dict[str, Any]:
        """JSON values."""
        return {**asdict(self), "example": list(self.example), "layers": [asdict(layer) for layer in self.layers]}
