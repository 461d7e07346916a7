"""A smooth first guess of what is in a hole: pull and push over a pyramid, relaxed at every level.

Pull and push: Gortler et al., "The Lumigraph", SIGGRAPH 1996, section 3.3. The relaxation, ours, takes the blocks away.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from arllie_deploy.models.light_modules.config import LEVELS
from arllie_deploy.models.light_modules.modules import Enlarge

# What nothing is known of: the middle, as if it had been seen with this weight.
_MIDDLE, _LEAST = 0.5, 1e-3
_RELAXATIONS = 4


class SmoothFill(nn.Module):
    """Nothing in it is learned.

    Going down, values are averaged with what is known of them as their weight; going up, what a level knows nothing of
    comes from the level below it, and becomes the mean of its neighbors a few times.
    """

    def __init__(self) -> None:
        super().__init__()
        self.enlarge = Enlarge(2, "bilinear")

    def forward(self, known: Tensor, weight: Tensor) -> Tensor:
        """A picture without hole.

        Args:
            known: (N, colors, H, W), 0 where nothing is known; sides are multiples of 2^LEVELS.
            weight: (N, 1, H, W), 1 where the picture is known, 0 elsewhere.
        """
        levels = [(known, weight)]
        for _ in range(LEVELS):
            values, certain = levels[-1]
            levels.append((functional.avg_pool2d(values, 2), functional.avg_pool2d(certain, 2)))
        values, certain = levels.pop()
        found = (values + _MIDDLE * _LEAST) / (certain + _LEAST)
        for values, certain in reversed(levels):
            # One known pixel of four is enough.
            share = torch.clamp(4.0 * certain, max=1.0)
            own = share * values / (certain + _LEAST)
            found = own + (1.0 - share) * self.enlarge(found)
            for _ in range(_RELAXATIONS):
                mean = functional.avg_pool2d(found, 3, stride=1, padding=1, count_include_pad=False)
                found = own + (1.0 - share) * mean
        return found
