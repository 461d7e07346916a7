"""`fuse`: the exact collapse of a trained multi-branch block into one 3×3 kernel and bias, in float64."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from arllie_deploy.errors import ArllieError
from arllie_deploy.reparam.compose import compose
from arllie_deploy.reparam.operations import OPERATIONS
from arllie_deploy.reparam.weights import BlockWeights, CellWeights, NormWeights

Float64 = NDArray[np.float64]


@dataclass(frozen=True)
class FusedKernel:
    """`kernel` (3, 3, 3, 3) and `bias` (3,), float64: u = kernel ∗ y + bias with zero padding 1."""

    kernel: Float64
    bias: Float64


def fuse(weights: BlockWeights[NDArray[Any]]) -> FusedKernel:
    """Collapse a block; pure, and exact at the border too.

    Args:
        weights: arrays of any float type; they are converted to float64 first.

    Raises:
        ArllieError: naming the branch and the cell that cannot be fused: batch normalization in training mode, a second
            spatial cell, a padding other than zeros, a weight that is not finite, a negative variance, shapes that do
            not follow from each other.
    """
    if not weights.branches or len(weights.gains) != len(weights.branches):
        raise ArllieError(f"{len(weights.gains)} gains for {len(weights.branches)} branches")
    _check_array("the block's bias", weights.bias, (3,))
    for number, (gain, branch) in enumerate(zip(weights.gains, weights.branches, strict=True)):
        _check_array(f"branch {number}: gain", gain, ())
        _check_branch(number, branch)
    with np.errstate(over="ignore", invalid="ignore"):
        kernel, bias = compose(weights.map(lambda array: np.asarray(array, np.float64)), np.asarray)
    if not (np.isfinite(kernel).all() and np.isfinite(bias).all()):
        raise ArllieError("the branches' weights are finite, but their composition overflows; the training diverged")
    return FusedKernel(kernel, bias)


def _check_branch(number: int, branch: tuple[CellWeights[NDArray[Any]], ...]) -> None:
    if not branch:
        raise ArllieError(f"branch {number} has no cells")
    channels, spatial_before = 3, False
    for index, cell in enumerate(branch):
        where = f"branch {number} cell {index} ({cell.operation})"
        if cell.operation not in OPERATIONS:
            raise ArllieError(f"{where}: unknown operation; known: {', '.join(OPERATIONS)}")
        operation = OPERATIONS[cell.operation]
        if operation.spatial and spatial_before:
            raise ArllieError(f"{where}: a second spatial cell in one branch reaches further than 3×3")
        if cell.padding_mode != "zeros":
            raise ArllieError(f"{where}: padding mode {cell.padding_mode!r}; only 'zeros' can be fused")
        spatial_before |= operation.spatial
        channels = _check_cell(where, cell, channels)
    if channels != 3:
        raise ArllieError(f"branch {number} ends in {channels} channels, not 3")


def _check_cell(where: str, cell: CellWeights[NDArray[Any]], channels: int) -> int:
    operation = OPERATIONS[cell.operation]
    outputs = channels
    if operation.learned:
        if cell.kernel is None or cell.kernel.ndim != 4:
            raise ArllieError(f"{where}: has no kernel of 4 axes")
        outputs = channels if operation.residual else cell.kernel.shape[0]
        _check_array(f"{where}: kernel", cell.kernel, (outputs, channels, *operation.window))
    elif cell.kernel is not None:
        _check_array(f"{where}: scale", cell.kernel, (channels,))
    if cell.bias is not None:
        _check_array(f"{where}: bias", cell.bias, (outputs,))
    if cell.norm is not None:
        _check_norm(where, cell.norm, outputs)
    return outputs


def _check_norm(where: str, norm: NormWeights[NDArray[Any]], channels: int) -> None:
    if norm.training:
        raise ArllieError(f"{where}: batch normalization is in training mode; call eval() on the block first")
    for name in ("gamma", "beta", "mean", "variance"):
        _check_array(f"{where}: norm {name}", getattr(norm, name), (channels,))
    if (np.asarray(norm.variance) < 0).any() or not 0 < norm.epsilon < np.inf:
        raise ArllieError(f"{where}: norm variance is negative or its epsilon is not positive and finite")


def _check_array(what: str, values: ArrayLike, shape: tuple[int, ...]) -> None:
    array = np.asarray(values)
    if array.shape != shape:
        raise ArllieError(f"{what} has shape {array.shape}, expected {shape}")
    if not np.isfinite(array).all():
        raise ArllieError(f"{what} has values that are not finite; the training diverged or the file is damaged")
