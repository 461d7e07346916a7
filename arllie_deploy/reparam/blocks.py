"""The multi-branch block in torch: what is trained, and the only user of torch in this folder."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from arllie_deploy.reparam.compose import compose
from arllie_deploy.reparam.operations import OPERATIONS
from arllie_deploy.reparam.structure import CHANNELS, Cell, Structure
from arllie_deploy.reparam.weights import BlockWeights, CellWeights, NormWeights


class LinearCell(nn.Module):
    """One cell on un-padded input: a spatial cell takes (N, C, H + 2, W + 2) and gives (N, C', H, W).

    Args:
        cell: operation and norm.
        inputs: channels in.
        outputs: channels out; equal to `inputs` unless the operation mixes channels.
    """

    def __init__(self, cell: Cell, inputs: int, outputs: int) -> None:
        super().__init__()
        self.operation = OPERATIONS[cell.operation]
        self.outputs = outputs
        self.kernel: nn.Parameter | None = None
        self.bias: nn.Parameter | None = None
        if self.operation.learned:
            fan_in = inputs * self.operation.window[0] * self.operation.window[1]
            self.kernel = nn.Parameter(torch.randn(outputs, inputs, *self.operation.window) * fan_in**-0.5)
            self.bias = nn.Parameter(torch.zeros(outputs))
        elif self.operation.spatial:
            self.kernel = nn.Parameter(torch.ones(outputs))
            self.bias = nn.Parameter(torch.zeros(outputs))
        self.norm = nn.BatchNorm2d(outputs) if cell.norm else None

    def forward(self, x: Tensor) -> Tensor:
        """Apply the operation, then the norm, then add the input where the operation is residual."""
        inner = x[:, :, 1:-1, 1:-1] if self.operation.spatial else x
        output = self._operate(x)
        if self.norm is not None:
            output = self.norm(output)
        return output + inner if self.operation.residual else output

    def _operate(self, x: Tensor) -> Tensor:
        if not self.operation.learned:
            if self.kernel is None:
                return x
            # From float64 at each call: a buffer would be rounded once and for all by module.float().
            mask = torch.as_tensor(self.operation.mask, dtype=x.dtype, device=x.device)
            kernel = mask * self.kernel.reshape(-1, 1, 1, 1)
            return functional.conv2d(x, kernel, self.bias, groups=self.outputs)
        rows, columns = self.operation.window
        if (rows, columns) == (1, 3):
            x = x[:, :, 1:-1, :]
        elif (rows, columns) == (3, 1):
            x = x[:, :, :, 1:-1]
        assert self.kernel is not None
        return functional.conv2d(x, self.kernel, self.bias)

    def weights(self) -> CellWeights[Tensor]:
        """The live parameters."""
        norm = None
        if self.norm is not None:
            mean, variance = self.norm.running_mean, self.norm.running_var
            assert mean is not None
            assert variance is not None
            norm = NormWeights(
                self.norm.weight, self.norm.bias, mean, variance, self.norm.eps, training=self.norm.training
            )
        return CellWeights(self.operation.name, self.kernel, self.bias, norm)


class Block(nn.Module):
    """u = bias + Σ gain_n · branch_n(y), y zero-padded once by 1, no activation anywhere inside.

    Args:
        structure: branches and cells.
    """

    def __init__(self, structure: Structure) -> None:
        super().__init__()
        self.structure = structure
        self.bias = nn.Parameter(torch.zeros(CHANNELS))
        self.gains = nn.Parameter(torch.full((len(structure.branches),), len(structure.branches) ** -0.5))
        self.branches = nn.ModuleList(
            nn.Sequential(
                *(
                    LinearCell(cell, before, after)
                    for cell, before, after in zip(
                        branch, structure.widths(number), structure.widths(number)[1:], strict=False
                    )
                )
            )
            for number, branch in enumerate(structure.branches)
        )

    @property
    def has_norm(self) -> bool:
        """Whether any cell normalizes by batch statistics."""
        return any(cell.norm for branch in self.structure.branches for cell in branch)

    def forward(self, y: Tensor) -> Tensor:
        """Run every branch; y and u are (N, 3, H, W)."""
        padded = functional.pad(y, (1, 1, 1, 1))
        u = self.bias.reshape(1, -1, 1, 1)
        for gain, branch in zip(self.gains, self.branches, strict=True):
            output = branch(padded)
            if output.shape[2:] != y.shape[2:]:
                output = output[:, :, 1:-1, 1:-1]
            u = u + gain * output
        return u

    def kernel_space(self, y: Tensor) -> Tensor:
        """The same function as `forward` in evaluation mode, as one convolution with the composed kernel.

        Several times faster to train. With batch normalization it does not see the batch's statistics: use `forward`.
        """
        kernel, bias = self.composed()
        return functional.conv2d(y, kernel, bias, padding=1)

    def composed(self) -> tuple[Tensor, Tensor]:
        """Kernel (3, 3, 3, 3) and bias (3,) of the whole block in its own type, differentiable."""
        dtype, device = self.bias.dtype, self.bias.device
        kernel, bias = compose(self.weights(), lambda value: torch.as_tensor(value, dtype=dtype, device=device))
        return kernel, bias

    def weights(self) -> BlockWeights[Tensor]:
        """The live parameters of the whole block."""
        cells = tuple(
            tuple(cell.weights() for cell in branch if isinstance(cell, LinearCell))
            for branch in self.branches
            if isinstance(branch, nn.Sequential)
        )
        return BlockWeights(self.bias, tuple(self.gains), cells)

    def arrays(self) -> BlockWeights[NDArray[np.float64]]:
        """A float64 copy of the parameters, for `fuse`."""
        return self.weights().map(lambda tensor: tensor.detach().cpu().double().numpy())
