"""Fine-tuning of a fused model for integer weights, as something to train (Jacob et al., CVPR 2018, section 3)."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from arllie_deploy.enhancer import Enhancer
from arllie_deploy.models import find_fixed_model
from arllie_deploy.training.crops import CropSource
from arllie_deploy.training.data import FrameStore, Split
from arllie_deploy.training.losses import find_loss
from arllie_deploy.training.network import Output
from arllie_deploy.training.quantized_weights import fake_levels, fake_quantize, quantize
from arllie_deploy.training.recipe import QuantizedRecipe
from arllie_deploy.training.task import Share, StepLoss
from arllie_deploy.training.validation import Validation, validate


class QuantizedNetwork(nn.Module):
    """An Enhancer as its integer version computes it: the kernel on its grid, plain frames in 8 bits on both sides.

    Args:
        start: the fused model.
        weights: "int8" or "int16".
    """

    def __init__(self, start: Enhancer, weights: str) -> None:
        super().__init__()
        self.start, self.weights = start, weights
        self.kernel = nn.Parameter(torch.from_numpy(start.kernel.copy()))
        self.bias = nn.Parameter(torch.from_numpy(start.bias.copy()))

    def forward(self, y: Tensor) -> Output:
        """Y and the results are (N, 3, H, W) in [0, 1]."""
        row, constants = self.start.row, self.start.constants
        whole = self.start.epilogue == "plain"  # the other forms have no integer version of what follows
        y = fake_levels(y) if whole else y
        u = functional.conv2d(y, fake_quantize(self.kernel, self.weights), self.bias, padding=1)
        z = row.torch_form(y, u, constants)
        illumination = None if row.illumination is None else row.illumination(y, u, constants)
        return Output(fake_levels(z) if whole else z, illumination)


class QuantizedTask:
    """`Task` of a `QuantizedRecipe`; its model is an Enhancer whose kernel lies on the grid."""

    # Rounding alone is the first candidate, so the result is never worse than that on the held-out pictures.
    start_is_a_candidate = True

    def __init__(self, recipe: QuantizedRecipe, split: Split, device: torch.device) -> None:
        torch.manual_seed(recipe.seed)
        self.recipe, self.split = recipe, split
        self.network = QuantizedNetwork(find_fixed_model(recipe.quantization.start), recipe.quantization.weights).to(
            device
        )
        self._device = device
        self._loss = find_loss(recipe.loss.name)
        self._store = FrameStore()
        self._crops = CropSource(split, self._store, recipe.data, recipe.seed, device)

    def step_loss(self, step: int, share: Share) -> StepLoss:
        """See `Task`."""
        crops = self._crops.draw(step, share)
        output = self.network(crops.low)
        return StepLoss(self._loss.function(crops.low, output, crops.high, self.recipe.loss), crops.names)

    def unsound(self) -> str | None:
        """See `Task`."""
        sound = all(torch.isfinite(part).all() for part in self.network.parameters())
        return None if sound else "fused kernel"

    def validate(self) -> Validation:
        """See `Task`."""
        return validate(self.network, self.split.validation, self._store, self.recipe.loss, self._device)

    def to_model(self, provenance: dict[str, Any]) -> Enhancer:
        """See `Task`; the provenance gains the scales and the model that it started from."""
        start, weights = self.network.start, self.network.weights
        grid = quantize(self.network.kernel.detach().cpu().numpy(), weights)
        quantization = {
            "weights": weights,
            "scales": [float(scale) for scale in grid.scales],
            "start": start.name,
            "start_sha256": start.sha256,
        }
        return Enhancer(
            name=self.recipe.name,
            kernel=grid.kernel,
            bias=self.network.bias.detach().cpu().numpy().astype(np.float32),
            epilogue=start.epilogue,
            constants=start.constants,
            provenance={**provenance, "quantization": quantization},
            license=start.license,
        )
