"""Parameters and multiply-accumulates of a network, without building it."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch.utils.flop_counter import FlopCounterMode

from arllie_deploy.models.lw_isp.config import LwIspConfig
from arllie_deploy.models.lw_isp.network import LwIsp


@dataclass(frozen=True)
class Cost:
    """Of one network.

    Attributes:
        parameters: numbers that training changes.
        macs: multiply-accumulates of convolutions and of the linear layer on one frame, without biases; an upsampling
            block counts once for each feature that it is given.
    """

    parameters: int
    macs: int


def cost_of(config: LwIspConfig, width: int, height: int) -> Cost:
    """Of the training form on a frame of `width` x `height` pixels of the network's own input.

    A raw frame has a quarter of its mosaic's pixels there. Nothing is computed: tensors on the meta device are shapes.
    """
    with torch.device("meta"), FlopCounterMode(display=False) as counter:
        network = LwIsp(config)
        network(torch.zeros(1, config.input_channels, height, width))
    return Cost(sum(values.numel() for values in network.parameters()), counter.get_total_flops() // 2)
