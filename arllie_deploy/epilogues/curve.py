"""z = clamp(a·u / (|u| + k), 0, 1): a rational tone curve, which lifts shadows and rolls off highlights."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from arllie_deploy.epilogues.base import Constants, Epilogue, Float64
from arllie_deploy.epilogues.operators import AddConstant, Divide, Minimum, MultiplyConstant, Operator, Relu

if TYPE_CHECKING:
    from torch import Tensor


def _reference(y: Float64, u: Float64, constants: Constants) -> Float64:
    return np.clip(constants["gain"] * u / (np.abs(u) + constants["knee"]), 0.0, 1.0)


def _torch_form(y: Tensor, u: Tensor, constants: Constants) -> Tensor:
    return (constants["gain"] * u / (u.abs() + constants["knee"])).clamp(0.0, 1.0)


def _operators(constants: Constants) -> tuple[Operator, ...]:
    # Where u is negative the curve is too and ends at 0: the same as the curve of max(u, 0), and every engine merges a
    # ReLU into the convolution.
    return (
        Relu("u", "lit"),
        AddConstant("lit", constants["knee"], "raised"),
        Divide("lit", "raised", "ratio"),
        MultiplyConstant("ratio", constants["gain"], "curved"),
        Minimum("curved", 1.0, "z"),
    )


CURVE = Epilogue(
    name="curve",
    formula="z = clamp(a·u / (|u| + k), 0, 1)",
    constants={"gain": 1.5, "knee": 0.5},
    limits={"gain": (0.0, 16.0), "knee": (0.0, 16.0)},
    reference=_reference,
    torch_form=_torch_form,
    illumination=None,
    negate_convolution=False,
    operators=_operators,
)
