"""Small networks of what LW-ISP is made of."""

import torch
from torch import nn
from torch.nn import functional

from arllie_deploy.models.lw_isp.blocks import FineGrainedAttention, Layer, SharedUpsample, mean_of
from arllie_deploy.models.lw_isp.config import LwIspConfig
from arllie_deploy.models.lw_isp.deploy import FoldedGlobalLayers
from arllie_deploy.models.lw_isp.network import Last


class SmallIsp(nn.Module):
    """The parts of LW-ISP, each once: attention after pooling, a vector of the whole frame, shared weights, a gate."""

    def __init__(self, config: LwIspConfig) -> None:
        super().__init__()
        self.d0, self.a1 = Layer(config, config.input_channels, 8), FineGrainedAttention(8, config)
        self.d6 = FoldedGlobalLayers(config, 16, 16, Layer(config, 16, 16))
        self.u3, self.d9 = SharedUpsample(16, 8, config), Layer(config, 16, 8)
        self.last = Last(config, 8)

    def forward(self, frame: torch.Tensor) -> torch.Tensor:
        fine = self.d0(frame)
        coarse = self.a1(functional.max_pool2d(fine, 2))
        wide = self.u3(coarse, self.d6(coarse, mean_of(coarse)))
        return torch.sigmoid(self.last(fine * self.d9(torch.cat([wide, fine], 1))))


class Ramp(nn.Module):
    """Every pixel becomes a square of 2×2 in three colors: 1/16, 2/16, … of it, by color, then row, then column."""

    def __init__(self) -> None:
        super().__init__()
        self.steps = nn.Conv2d(4, 12, 1, bias=False)

    def forward(self, planes: torch.Tensor) -> torch.Tensor:
        return functional.pixel_shuffle(self.steps(planes), 2)
