"""What one row of the table of epilogues holds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.epilogues.operators import Operator

if TYPE_CHECKING:
    from torch import Tensor

Float64 = NDArray[np.float64]
Constants = Mapping[str, float]


@dataclass(frozen=True)
class Epilogue:
    """What follows the convolution u = W∗y + b of a one-layer model; y is the frame in [0, 1].

    Attributes:
        name: the id, equal to the file's name.
        formula: for people.
        constants: the constants with their default values.
        limits: constant -> the two numbers that it lies between, neither of them allowed.
        reference: (y, u, constants) -> z in float64; the definition that everything else is judged by.
        torch_form: (y, u, constants) -> z on tensors of any float type, differentiable.
        illumination: (y, u, constants) -> x on tensors, the map that z divides by; None where the form has none.
        negate_convolution: the operators expect −u, so a writer negates kernel and bias once (exact).
        operators: constants -> the operators after the convolution; the last one's output is the frame.
    """

    name: str
    formula: str
    constants: Constants
    limits: Mapping[str, tuple[float, float]]
    reference: Callable[[Float64, Float64, Constants], Float64]
    torch_form: Callable[[Tensor, Tensor, Constants], Tensor]
    illumination: Callable[[Tensor, Tensor, Constants], Tensor] | None
    negate_convolution: bool
    operators: Callable[[Constants], tuple[Operator, ...]]
