"""z = clamp(u, 0, 1): the convolution is the whole network, the form for integer NPUs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from arllie_deploy.epilogues.base import Constants, Epilogue, Float64
from arllie_deploy.epilogues.operators import Clamp, Operator

if TYPE_CHECKING:
    from torch import Tensor


def _reference(y: Float64, u: Float64, constants: Constants) -> Float64:
    return np.clip(u, 0.0, 1.0)


def _torch_form(y: Tensor, u: Tensor, constants: Constants) -> Tensor:
    return u.clamp(0.0, 1.0)


def _operators(constants: Constants) -> tuple[Operator, ...]:
    return (Clamp("u", 0.0, 1.0, "z"),)


PLAIN = Epilogue(
    name="plain",
    formula="z = clamp(u, 0, 1)",
    constants={},
    limits={},
    reference=_reference,
    torch_form=_torch_form,
    illumination=None,
    negate_convolution=False,
    operators=_operators,
)
