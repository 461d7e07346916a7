"""z = y / clamp(σ(u), ε, 1) without a division, because 1 / σ(u) = 1 + exp(−u)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from arllie_deploy.epilogues.base import Constants, Epilogue, Float64
from arllie_deploy.epilogues.logistic import logistic
from arllie_deploy.epilogues.operators import Add, Exp, Minimum, Multiply, Operator

if TYPE_CHECKING:
    from torch import Tensor


def _reference(y: Float64, u: Float64, constants: Constants) -> Float64:
    return np.clip(y / np.clip(logistic(u), constants["epsilon"], 1.0), 0.0, 1.0)


def _illumination(y: Tensor, u: Tensor, constants: Constants) -> Tensor:
    return u.sigmoid().clamp(constants["epsilon"], 1.0)


def _torch_form(y: Tensor, u: Tensor, constants: Constants) -> Tensor:
    return (y / _illumination(y, u, constants)).clamp(0.0, 1.0)


def _operators(constants: Constants) -> tuple[Operator, ...]:
    # y + y · exp(−u): in integers the frame is then added as it is, and only what is lifted is rounded. exp may
    # overflow to infinity; the minimum brings it back, and 0 · (1 / ε − 1) stays 0.
    return (
        Exp("u", "exponential"),
        Minimum("exponential", 1.0 / constants["epsilon"] - 1.0, "lift"),
        Multiply("y", "lift", "lifted"),
        Add("y", "lifted", "sum"),
        Minimum("sum", 1.0, "z"),
    )


DIRECT = Epilogue(
    name="direct",
    formula="z = min(1, y · min(1 + exp(−u), 1/ε))",
    constants={"epsilon": 1e-4},
    limits={"epsilon": (0.0, 1.0)},
    reference=_reference,
    torch_form=_torch_form,
    illumination=_illumination,
    negate_convolution=True,
    operators=_operators,
)
