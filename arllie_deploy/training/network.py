"""The trained network: the multi-branch block and the epilogue, in torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from torch import Tensor, nn

from arllie_deploy.enhancer import Enhancer
from arllie_deploy.epilogues import EPILOGUES
from arllie_deploy.reparam.blocks import Block
from arllie_deploy.reparam.fuse import fuse
from arllie_deploy.reparam.structure import Structure


@dataclass(frozen=True)
class Output:
    """`enhanced` z and, where the epilogue has one, the `illumination` x it was divided by; each (N, 3, H, W)."""

    enhanced: Tensor
    illumination: Tensor | None


class OneLayerNetwork(nn.Module):
    """y -> z.

    Args:
        structure: of the block.
        epilogue: a row of `EPILOGUES`, with its default constants.
    """

    def __init__(self, structure: Structure, epilogue: str) -> None:
        super().__init__()
        self.block = Block(structure)
        self.epilogue = EPILOGUES[epilogue]

    def forward(self, y: Tensor) -> Output:
        """Y and the results are (N, 3, H, W) in [0, 1]."""
        u = self.block(y) if self.block.has_norm else self.block.kernel_space(y)
        row = self.epilogue
        illumination = None if row.illumination is None else row.illumination(y, u, row.constants)
        return Output(row.torch_form(y, u, row.constants), illumination)

    def to_enhancer(self, name: str, provenance: dict[str, Any], license_id: str) -> Enhancer:
        """Fuse in float64 and round once to float32; the module must be in evaluation mode."""
        fused = fuse(self.block.arrays())
        return Enhancer(
            name=name,
            kernel=fused.kernel.astype(np.float32),
            bias=fused.bias.astype(np.float32),
            epilogue=self.epilogue.name,
            structure=self.block.structure.to_json(),
            provenance=provenance,
            license=license_id,
        )
