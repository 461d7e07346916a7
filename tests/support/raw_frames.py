"""Small seeded raw frames for tests."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.raw.dng import Tags
from arllie_deploy.raw.frame import RawFrame

XYZ_TO_CAMERA = ((0.9, -0.2, -0.1), (-0.4, 1.3, 0.1), (-0.05, 0.15, 0.6))
#: Of a camera of 10 bits.
CAMERA_TAGS = Tags(cells=("RG", "GB"), white=1023, neutral=(0.5, 1.0, 0.625), matrix=XYZ_TO_CAMERA)
#: Each row sums to 1.
MATRIX = ((1.8, -0.6, -0.2), (-0.25, 1.45, -0.2), (0.0, -0.4, 1.4))


def random_mosaic(height: int = 12, width: int = 16, bits: int = 10, seed: int = 0) -> NDArray[np.uint16]:
    """Noise over the whole range of the bits."""
    return np.random.default_rng(seed).integers(0, 1 << bits, (height, width), np.uint16)


def raw_frame(mosaic: NDArray[np.uint16] | None = None, **changes: Any) -> RawFrame:
    """A frame of 10 bits with black levels and gains that all differ."""
    values: dict[str, Any] = {
        "mosaic": random_mosaic() if mosaic is None else mosaic,
        "pattern": "RGGB",
        "white": 1023.0,
        "black": (60.0, 62.0, 64.0, 66.0),
        "white_balance": (2.0, 1.0, 1.5),
    }
    return RawFrame(**{**values, **changes})
