"""What is examined: an enhancer as plain functions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Frame = NDArray[Any]


@dataclass(frozen=True)
class Subject:
    """An enhancer as its user runs it, and what it should compute.

    Attributes:
        enhance: frame -> frame of the same shape and dtype, in the runtime of choice.
        reference: frame -> the model's definition in float64, (height, width, 3) of [0, 1], not rounded; None where
            there is no such definition.
    """

    enhance: Callable[[Frame], Frame]
    reference: Callable[[Frame], NDArray[np.float64]] | None = None
