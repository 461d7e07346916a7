"""Parameters and multiply-accumulates of a network."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from arllie_deploy.models.sad_unet.blocks import AxialDepthwise, PlainDepthwise


def parameters(network: nn.Module) -> int:
    """Numbers that training changes."""
    return sum(parameter.numel() for parameter in network.parameters())


def multiply_accumulates(network: nn.Module, width: int, height: int) -> int:
    """Of all convolutions on one picture; sums, activations, normalization and resizing are not counted.

    An axial convolution counts as its two parts, six products per value.
    """
    total = 0

    def count(module: nn.Module, _inputs: object, output: Tensor) -> None:
        nonlocal total
        if isinstance(module, nn.Conv2d):
            total += output.numel() * module.weight[0].numel()
        else:
            total += output.numel() * (6 if isinstance(module, AxialDepthwise) else 9)

    kinds = (nn.Conv2d, AxialDepthwise, PlainDepthwise)
    hooks = [part.register_forward_hook(count) for part in network.modules() if isinstance(part, kinds)]
    try:
        with torch.inference_mode():
            network(torch.zeros(1, 3, height, width))
    finally:
        for hook in hooks:
            hook.remove()
    return total
