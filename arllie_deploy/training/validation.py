"""The score of a network on held-out pictures, whole frames, as a user would get them: rounded to 8 bits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from statistics import fmean
from typing import Any

import numpy as np
import torch
from torch import Tensor

from arllie_deploy.frames import to_frame
from arllie_deploy.quality.psnr import psnr
from arllie_deploy.training.data import FrameStore, Sample, to_planes
from arllie_deploy.training.losses import find_loss
from arllie_deploy.training.network import Output
from arllie_deploy.training.recipe import LossRecipe


@dataclass(frozen=True)
class Validation:
    """Means over the pictures; None where there is nothing to take them from.

    Attributes:
        loss: of the recipe.
        psnr_db: against the references, where they exist.
        supervised: whether the recipe may look at the references to choose a checkpoint.
        clamped: share of the values that a network gave beyond [0, 1], which are cut off.
    """

    loss: float | None
    psnr_db: float | None
    supervised: bool
    clamped: float | None = None

    @property
    def score(self) -> float:
        """What a checkpoint is chosen by, higher is better: PSNR if supervised, else the negative loss."""
        if self.supervised and self.psnr_db is not None:
            return self.psnr_db
        return 0.0 if self.loss is None else -self.loss

    def to_json(self) -> dict[str, Any]:
        """JSON values."""
        return {key: value for key, value in asdict(self).items() if key != "clamped" or value is not None}


@torch.no_grad()
def validate(
    network: Callable[[Tensor], Output],
    samples: Sequence[Sample],
    store: FrameStore,
    recipe: LossRecipe,
    device: torch.device,
) -> Validation:
    """Score `network`, which must be in evaluation mode."""
    loss = find_loss(recipe.name)
    losses, ratios = [], []
    for sample in samples:
        low = torch.from_numpy(to_planes([store.get(sample.low)])).to(device)
        output = network(low)
        high = None
        if sample.high is not None:
            target = store.get(sample.high)
            high = torch.from_numpy(to_planes([target])).to(device)
            frame = np.moveaxis(output.enhanced[0].cpu().double().numpy(), 0, 2)
            ratios.append(psnr(to_frame(frame, target.dtype), target))
        losses.append(loss.function(low, output, high, recipe).item())
    return Validation(fmean(losses) if losses else None, fmean(ratios) if ratios else None, loss.supervised)
