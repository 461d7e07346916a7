"""The multi-branch network of one fixed convolution as something to train."""

from __future__ import annotations

from typing import Any

import torch

from arllie_deploy.enhancer import Enhancer
from arllie_deploy.training.crops import CropSource
from arllie_deploy.training.data import FrameStore, Split
from arllie_deploy.training.losses import find_loss
from arllie_deploy.training.network import OneLayerNetwork
from arllie_deploy.training.precision import check_precision, forward
from arllie_deploy.training.recipe import Recipe
from arllie_deploy.training.task import Share, StepLoss
from arllie_deploy.training.validation import Validation, validate


class OneLayerTask:
    """`Task` of a `Recipe`; its model is an Enhancer."""

    start_is_a_candidate = False

    def __init__(self, recipe: Recipe, split: Split, device: torch.device) -> None:
        check_precision(recipe.optimizer.precision, device)
        torch.manual_seed(recipe.seed)
        self.recipe, self.split = recipe, split
        self.network = OneLayerNetwork(recipe.model.structure(), recipe.model.epilogue).to(device)
        self._device = device
        self._loss = find_loss(recipe.loss.name)
        self._store = FrameStore()
        self._crops = CropSource(split, self._store, recipe.data, recipe.seed, device)

    def step_loss(self, step: int, share: Share) -> StepLoss:
        """See `Task`."""
        crops = self._crops.draw(step, share)
        output = forward(self.network, crops.low, self.recipe.optimizer.precision)
        return StepLoss(self._loss.function(crops.low, output, crops.high, self.recipe.loss), crops.names)

    def unsound(self) -> str | None:
        """See `Task`."""
        sound = all(torch.isfinite(part).all() for part in self.network.block.composed())
        return None if sound else "fused kernel"

    def validate(self) -> Validation:
        """See `Task`."""
        return validate(self.network, self.split.validation, self._store, self.recipe.loss, self._device)

    def to_model(self, provenance: dict[str, Any]) -> Enhancer:
        """See `Task`."""
        return self.network.to_enhancer(self.recipe.name, provenance, self.recipe.license)
