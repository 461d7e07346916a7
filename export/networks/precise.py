"""A network in float64, which artifacts are held to, in memory that does not grow with the kernels.

In float64 torch writes down every window of a convolution's input: 43 GB for a 9×9 kernel on 64 channels of 1024×1024.
Here a convolution goes over strips of rows; its sums are the same ones.
"""

from __future__ import annotations

from copy import deepcopy
from functools import partial
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from torch import Tensor, nn

# Of the windows of a strip.
_MOST_BYTES = 64_000_000
_FLOAT64 = 8


def to_precise(module: nn.Module) -> nn.Module:
    """A copy in float64 and eval mode."""
    from torch import nn

    precise = deepcopy(module).double().eval()
    for layer in precise.modules():
        if type(layer) is nn.Conv2d and layer.stride[0] == 1 and layer.padding_mode == "zeros":
            layer.forward = partial(_in_strips, layer)  # type: ignore[method-assign]  # this copy's alone
    return precise


def _in_strips(layer: nn.Conv2d, x: Tensor) -> Tensor:
    import torch
    from torch.nn import functional

    (above, beside), (tall, wide) = cast("tuple[int, int]", layer.padding), layer.kernel_size
    padded = functional.pad(x, (beside, beside, above, above))
    reach = layer.dilation[0] * (tall - 1)
    rows = max(1, _MOST_BYTES // (_FLOAT64 * x.shape[1] * tall * wide * x.shape[3]))
    height = padded.shape[2] - reach
    made = [
        functional.conv2d(
            padded[:, :, top : min(top + rows, height) + reach],
            layer.weight,
            layer.bias,
            dilation=layer.dilation,
            groups=layer.groups,
        )
        for top in range(0, height, rows)
    ]
    return made[0] if len(made) == 1 else torch.cat(made, 2)
