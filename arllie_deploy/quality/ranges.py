"""What two frames must share to be compared, and the range of their values."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.errors import ArllieError


def data_range(dtype: np.dtype[Any]) -> float:
    """255 for uint8, 65535 for uint16, 1 for floats."""
    return 1.0 if dtype.kind == "f" else float(np.iinfo(dtype).max)


def check_comparable(a: NDArray[Any], b: NDArray[Any]) -> None:
    """Raise `ArllieError` unless both have one shape, not empty, and one dtype, unsigned or float."""
    if a.shape != b.shape or a.size == 0:
        raise ArllieError(f"frames of shapes {a.shape} and {b.shape} cannot be compared; give two of the same size")
    if a.dtype != b.dtype or a.dtype.kind not in "uf":
        raise ArllieError(f"frames of types {a.dtype} and {b.dtype} cannot be compared; give two of the same type")
