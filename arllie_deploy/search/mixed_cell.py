"""All operations of one cell at once, mixed into one 1×1 and one 3×3 convolution."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from arllie_deploy.reparam.operations import OPERATIONS, Operation
from arllie_deploy.reparam.weights import CellWeights
from arllie_deploy.search.cell_choice import NAMES, POINTWISE, SPATIAL


class MixedCell(nn.Module):
    """Every operation with weights of its own, each mapping `inputs` channels to `outputs`.

    An operation that keeps its channels passes on the first ones.

    Args:
        inputs: channels in.
        outputs: channels out.
    """

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.pointwise = _MixedGroup(POINTWISE, inputs, outputs)
        self.spatial = _MixedGroup(SPATIAL, inputs, outputs)

    def mixed(self, logits: Tensor) -> tuple[CellWeights[Tensor], CellWeights[Tensor]]:
        """The mixture of the pointwise operations, and that of the spatial ones.

        Args:
            logits: (operations,).
        """
        pointwise, spatial = self.pointwise(logits), self.spatial(logits)
        return CellWeights("conv1x1", *pointwise), CellWeights("conv3x3", *spatial)


class _MixedGroup(nn.Module):
    """Operations of one window size as a few stacked tensors: a step has to be cheap.

    Learned kernels are stored with the taps of the whole window, and those outside the operation's own are held at 0.
    """

    def __init__(self, group: Sequence[int], inputs: int, outputs: int) -> None:
        super().__init__()
        rows = [OPERATIONS[NAMES[index]] for index in group]
        self._group = list(group)
        self._learned = [place for place, row in enumerate(rows) if row.learned]
        self._fixed = [place for place, row in enumerate(rows) if not row.learned]
        spatial = rows[0].spatial
        size = 3 if spatial else 1
        self.register_buffer("_taps", torch.stack([_taps(rows[place], size) for place in self._learned]), False)
        self.register_buffer("_masks", torch.stack([_mask(rows[place], size) for place in self._fixed]), False)
        self.register_buffer("_residual", torch.tensor([float(row.residual) for row in rows]), False)
        self.register_buffer("_through", torch.eye(outputs, inputs), False)
        reach = size // 2
        center = functional.pad(torch.eye(outputs, inputs)[:, :, None, None], (reach, reach, reach, reach))
        self.register_buffer("_center", center, False)
        # Drawn as `LinearCell` draws them.
        fan_in = torch.tensor([inputs * rows[p].window[0] * rows[p].window[1] for p in self._learned])
        drawn = torch.randn(len(self._learned), outputs, inputs, size, size)
        self.kernels = nn.Parameter(drawn * fan_in.reshape(-1, 1, 1, 1, 1) ** -0.5)
        # A fixed mask has a scale and a bias; skip, the pointwise one, has neither.
        self.scales = nn.Parameter(torch.ones(len(self._fixed), outputs)) if spatial else None
        self._with_bias = [*self._learned, *(self._fixed if spatial else ())]
        self.biases = nn.Parameter(torch.zeros(len(self._with_bias), outputs))

    def forward(self, logits: Tensor) -> tuple[Tensor, Tensor]:
        """Kernel (outputs, inputs, size, size) and bias (outputs,) of the mixture; `logits` of all operations."""
        share = logits[self._group].softmax(0)
        taps, masks, residual, through, center = self._constants()
        kernel = torch.einsum("n,noiyx->oiyx", share[self._learned], self.kernels * taps)
        kernel = kernel + (share * residual).sum() * center
        fixed = share[self._fixed][:, None]
        if self.scales is not None:
            fixed = fixed * self.scales
        kernel = (
            kernel
            + torch.einsum("nyx,no->oyx", masks, fixed.expand(-1, through.shape[0]))[:, None]
            * through[:, :, None, None]
        )
        return kernel, share[self._with_bias] @ self.biases

    def _constants(self) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
        found = (self._taps, self._masks, self._residual, self._through, self._center)
        assert all(isinstance(one, Tensor) for one in found)
        return found  # type: ignore[return-value]  # buffers


def _taps(operation: Operation, size: int) -> Tensor:
    rows, columns = (np.arange(size) == 1 if length < size else np.ones(size) for length in operation.window)
    return _tensor(np.outer(rows, columns)).reshape(1, 1, size, size)


def _mask(operation: Operation, size: int) -> Tensor:
    assert operation.mask is not None
    return _tensor(operation.mask).reshape(size, size)


def _tensor(values: NDArray[np.float64]) -> Tensor:
    return torch.as_tensor(np.asarray(values, np.float32))
