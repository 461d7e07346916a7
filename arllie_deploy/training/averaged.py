"""A network beside the running average of its weights over the steps (Polyak and Juditsky, 1992)."""

from __future__ import annotations

from copy import deepcopy

import torch
from torch import nn

# Of the first steps the average is short: the weights that it would remember are of no use.
_FIRST_STEPS = 9


class Averaged(nn.Module):
    """What is trained, and the average that is scored and written.

    Args:
        network: trained in place; the average starts from a copy.
        share: of the newest weights in the average, in (0, 1], once 9 / share steps are done.
    """

    def __init__(self, network: nn.Module, share: float) -> None:
        super().__init__()
        self.live = network
        self.average = deepcopy(network).requires_grad_(False).eval()
        self._share = share

    def train(self, mode: bool = True) -> Averaged:
        """See `nn.Module`; the average stays in evaluation mode."""
        super().train(mode)
        self.average.eval()
        return self

    @torch.no_grad()
    def follow(self, step: int) -> None:
        """Move the average towards the weights before `step`, and the statistics of normalizations likewise."""
        share = max(self._share, _FIRST_STEPS / (_FIRST_STEPS + 1 + step))
        live = self.live.state_dict()
        for name, value in self.average.state_dict().items():
            if value.is_floating_point():
                value.lerp_(live[name], share)
            else:
                value.copy_(live[name])
