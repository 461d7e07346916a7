"""The crops that one process computes at a step, as tensors on its device."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from arllie_deploy.training.data import FrameStore, Split, draw_batch
from arllie_deploy.training.recipe import DataRecipe
from arllie_deploy.training.task import Share


@dataclass(frozen=True)
class Crops:
    """`low` and `high` (share, 3, crop, crop) float32 in [0, 1]; `high` is None without references.

    `names` are those of the whole batch's pictures.
    """

    names: tuple[str, ...]
    low: Tensor
    high: Tensor | None


@dataclass(frozen=True)
class CropSource:
    """Draws from the training pictures of a split, a pure function of (seed, step)."""

    split: Split
    store: FrameStore
    data: DataRecipe
    seed: int
    device: torch.device

    def draw(self, step: int, share: Share) -> Crops:
        """This process's share of the batch of a step."""
        data = self.data
        batch = draw_batch(self.split.train, self.store, seed=self.seed, step=step, batch=data.batch, crop=data.crop)
        part = share.of(data.batch)
        low = torch.from_numpy(batch.low[part]).to(self.device)
        return Crops(
            batch.names, low, None if batch.high is None else torch.from_numpy(batch.high[part]).to(self.device)
        )
