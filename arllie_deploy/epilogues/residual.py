"""z = y / clamp(y + σ(u), ε, 1): the illumination stays close to the input (SCI's form, CVPR 2022)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from arllie_deploy.epilogues.base import Constants, Epilogue, Float64
from arllie_deploy.epilogues.logistic import logistic
from arllie_deploy.epilogues.operators import Add, Clamp, Divide, Operator, Sigmoid

if TYPE_CHECKING:
    from torch import Tensor


def _reference(y: Float64, u: Float64, constants: Constants) -> Float64:
    return np.clip(y / np.clip(y + logistic(u), constants["epsilon"], 1.0), 0.0, 1.0)


def _illumination(y: Tensor, u: Tensor, constants: Constants) -> Tensor:
    return (y + u.sigmoid()).clamp(constants["epsilon"], 1.0)


def _torch_form(y: Tensor, u: Tensor, constants: Constants) -> Tensor:
    return (y / _illumination(y, u, constants)).clamp(0.0, 1.0)


def _operators(constants: Constants) -> tuple[Operator, ...]:
    # No clamp of the quotient: the illumination is at least y (or 1, and y ≤ 1), and a correctly rounded y / x ≤ 1.
    return (
        Sigmoid("u", "sigma"),
        Add("y", "sigma", "sum"),
        Clamp("sum", constants["epsilon"], 1.0, "illumination"),
        Divide("y", "illumination", "z"),
    )


RESIDUAL = Epilogue(
    name="residual",
    formula="z = clamp(y / clamp(y + σ(u), ε, 1), 0, 1)",
    constants={"epsilon": 1e-4},
    limits={"epsilon": (0.0, 1.0)},
    reference=_reference,
    torch_form=_torch_form,
    illumination=_illumination,
    negate_convolution=False,
    operators=_operators,
)
