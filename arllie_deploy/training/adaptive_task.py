"""The adaptive model as something to train."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from arllie_deploy.adaptive import AdaptiveEnhancer
from arllie_deploy.errors import ArllieError
from arllie_deploy.frames import to_frame
from arllie_deploy.quality.psnr import psnr
from arllie_deploy.training.adaptive_data import (
    Darkened,
    Pool,
    Recorded,
    crops_of,
    draw_adaptive_batch,
    whole_frame_statistics,
    whole_pairs,
)
from arllie_deploy.training.adaptive_network import AdaptiveNetwork
from arllie_deploy.training.adaptive_recipe import AdaptiveRecipe
from arllie_deploy.training.data import FrameStore, Sample, Split, to_planes
from arllie_deploy.training.losses import find_loss
from arllie_deploy.training.network import Output
from arllie_deploy.training.task import Share, StepLoss
from arllie_deploy.training.validation import Validation

# Keeps a histogram bin that hardly any training picture uses from being magnified.
_LEAST_DEVIATION = 1e-3
# Of the exposures and the noise of held-out pictures: the same for every run, so that their scores can be compared.
_HELD_OUT_SEED = 2**32


class AdaptiveTask:
    """`Task` of an `AdaptiveRecipe`; its model is an AdaptiveEnhancer.

    Args:
        recipe: of the run.
        split: whole frames; no scene is in both parts.
        crops: full-resolution crops of the same pictures, found by name; those of other pictures are left out.
        device: of the network.

    Raises:
        ArllieError: if the recipe's loss needs no references, or it wants crops and there are none.
    """

    start_is_a_candidate = False

    def __init__(self, recipe: AdaptiveRecipe, split: Split, crops: Sequence[Sample], device: torch.device) -> None:
        torch.manual_seed(recipe.seed)
        self.recipe = recipe
        self._loss = find_loss(recipe.loss.name)
        if not self._loss.supervised:
            raise ArllieError(f"loss.name is {recipe.loss.name!r}: an adaptive model is trained on pairs only")
        if recipe.crops.share and not crops:
            raise ArllieError(
                f"recipe {recipe.name} takes a share of full-resolution crops; give their folder: --crops"
            )
        parts = (split.train, split.validation)
        details = [crops_of(crops, part) if recipe.crops.share and part else () for part in parts]
        # With the crops, which decide the run as much as the whole frames.
        self.split = Split((*split.train, *details[0]), (*split.validation, *details[1]))
        self._device = device
        self._store = FrameStore()
        self._pools = self._make_pools(split.train, details[0], recipe.seed)
        self._held_out = self._make_pools(split.validation, details[1], _HELD_OUT_SEED) if split.validation else {}
        recorded = self._pools["recorded"].statistics
        everything = np.concatenate([pool.statistics for name, pool in self._pools.items() if name != "crops"])
        self._perturbation = torch.tensor(_perturbations(recipe)[:, None] * recorded.std(axis=0), dtype=torch.float32)
        self.network = AdaptiveNetwork(
            form=recipe.head.form,
            hidden=recipe.head.hidden,
            kernels=recipe.head.kernels,
            dropout=recipe.head.dropout,
            mean=torch.tensor(everything.mean(axis=0), dtype=torch.float32),
            deviation=torch.tensor(everything.std(axis=0) + _LEAST_DEVIATION, dtype=torch.float32),
        ).to(device)

    def step_loss(self, step: int, share: Share) -> StepLoss:
        """See `Task`."""
        recipe = self.recipe
        if step > 0:
            self.network.follow(recipe.head.average)
        counts = recipe.pictures_of_each()
        pools = [(pool, counts[name]) for name, pool in self._pools.items()]
        batch = draw_adaptive_batch(pools, seed=recipe.seed, step=step, crop=recipe.data.crop)
        part = share.of(recipe.data.batch)
        low, high, statistics = (
            torch.from_numpy(array[part]).to(self._device) for array in (batch.low, batch.high, batch.statistics)
        )
        noise = torch.randn(statistics.shape, device=self._device) * self._perturbation[part].to(self._device)
        enhanced = self.network(statistics + noise, low)
        return StepLoss(self._loss.function(low, Output(enhanced, None), high, recipe.loss), batch.names)

    def unsound(self) -> str | None:
        """See `Task`."""
        return None if self.network.finite() else "averaged head"

    @torch.no_grad()
    def validate(self) -> Validation:
        """The mean over the kinds of pictures, each kind weighing the same: recorded, crops, darkened."""
        scores = [self._score(pool) for pool in self._held_out.values()]
        if not scores:
            return Validation(None, None, True)
        losses, ratios = zip(*scores, strict=True)
        return Validation(fmean(losses), fmean(ratios), True)

    def to_model(self, provenance: dict[str, Any]) -> AdaptiveEnhancer:
        """See `Task`."""
        return self.network.to_model(self.recipe.name, provenance, self.recipe.license)

    def _make_pools(self, samples: Sequence[Sample], crops: Sequence[Sample], seed: int) -> dict[str, Pool]:
        whole = whole_frame_statistics(samples, self._store)
        pools: dict[str, Pool] = {"recorded": Recorded(samples, whole, self._store)}
        if self.recipe.crops.share:
            pools["crops"] = Recorded(crops, whole, self._store)
        if self.recipe.darkening.share:
            pools["darkened"] = Darkened(samples, self.recipe.darkening, seed, self._store)
        return pools

    def _score(self, pool: Pool) -> tuple[float, float]:
        losses, ratios = [], []
        for statistics, low, high in whole_pairs(pool, _HELD_OUT_SEED):
            y, target = (torch.from_numpy(to_planes([frame])).to(self._device) for frame in (low, high))
            known = torch.tensor(statistics[None], dtype=torch.float32, device=self._device)
            output: Tensor = self.network(known, y)
            losses.append(self._loss.function(y, Output(output, None), target, self.recipe.loss).item())
            frame = np.moveaxis(output[0].clamp(0.0, 1.0).cpu().double().numpy(), 0, 2)
            ratios.append(psnr(to_frame(frame, high.dtype), high))
        return fmean(losses), fmean(ratios)


def _perturbations(recipe: AdaptiveRecipe) -> NDArray[np.float64]:
    """Of every picture of a batch, in the order in which the pools give them."""
    of_kind = {"recorded": recipe.head.perturbation, "crops": recipe.head.perturbation}
    of_kind["darkened"] = recipe.darkening.perturbation
    return np.concatenate([np.full(count, of_kind[kind]) for kind, count in recipe.pictures_of_each().items()])
