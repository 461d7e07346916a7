"""How far an output is from its reference, the one-pixel border and the interior apart."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Parity:
    """Differences of an output from its reference, in the unit of the frames ([0, 1] for tensors).

    Attributes:
        max_abs: largest absolute difference.
        mean_abs: mean absolute difference.
        psnr_db: 10·log10(1 / mean squared difference); infinite for equal frames.
        interior_max_abs: largest difference away from the border; 0 where there is no interior.
        border_max_abs: largest difference in the ring of one pixel.
    """

    max_abs: float
    mean_abs: float
    psnr_db: float
    interior_max_abs: float
    border_max_abs: float

    def worst(self, other: Parity) -> Parity:
        """The worse of the two in every figure."""
        return Parity(
            max(self.max_abs, other.max_abs),
            max(self.mean_abs, other.mean_abs),
            min(self.psnr_db, other.psnr_db),
            max(self.interior_max_abs, other.interior_max_abs),
            max(self.border_max_abs, other.border_max_abs),
        )

    def to_json(self) -> dict[str, float | None]:
        """JSON values; a figure that is not finite (the PSNR of equal frames, the difference of a NaN) is None."""
        return {name: value if math.isfinite(value) else None for name, value in asdict(self).items()}


def compare(output: NDArray[Any], reference: NDArray[Any]) -> Parity:
    """Compare two frames (height, width, 3) of floats.

    A value that is not finite counts as an infinite difference, so that no limit lets it pass.

    Raises:
        ValueError: if the shapes differ.
    """
    if output.shape != reference.shape:
        raise ValueError(f"shapes differ: {output.shape} and {reference.shape}")
    difference = np.abs(output.astype(np.float64) - reference)
    difference[~np.isfinite(difference)] = np.inf
    interior = difference[1:-1, 1:-1]
    edges = (difference[:1], difference[-1:], difference[:, :1], difference[:, -1:])
    squared = float(np.mean(difference**2))
    return Parity(
        max_abs=float(difference.max()),
        mean_abs=float(difference.mean()),
        psnr_db=math.inf if squared == 0.0 else -10.0 * math.log10(squared),
        interior_max_abs=float(interior.max()) if interior.size else 0.0,
        border_max_abs=max(float(edge.max()) for edge in edges),
    )
