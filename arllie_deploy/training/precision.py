"""The forward pass in bfloat16, for CUDA devices: activations and products of 16 bits, weights and losses of 32."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from arllie_deploy.errors import UnavailableError
from arllie_deploy.training.network import Output


def check_precision(precision: str, device: torch.device) -> None:
    """Raise `UnavailableError` where a precision other than fp32 would run on a CPU, slower and less exact for it."""
    if precision != "fp32" and device.type != "cuda":
        raise UnavailableError(
            f'optimizer.precision "{precision}" needs a CUDA device; use "fp32" on the {device.type}'
        )


def forward(network: Callable[[Tensor], Output], low: Tensor, precision: str) -> Output:
    """Run `network` on `low` in a precision of `PRECISIONS`; the results are float32, as the losses want them."""
    if precision == "fp32":
        return network(low)
    with torch.autocast(low.device.type, torch.bfloat16):
        output = network(low)
    return Output(output.enhanced.float(), None if output.illumination is None else output.illumination.float())
