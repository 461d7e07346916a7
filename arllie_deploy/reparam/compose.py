"""The algebra of the collapse, on numpy arrays and torch tensors alike.

Only operations that both spell the same way are used (`@`, `reshape`, `swapaxes`, `sum`, arithmetic), so that fusing in
float64 and training in kernel space are one piece of code.

A chain of cells on an input that was padded once by zeros is the affine map y -> K∗y + b with one 3×3 kernel, at the
border too: every cell sees what the cell before it made of the padding (Ding et al., "Diverse Branch Block", CVPR 2021,
section 3; the border rule is that of Zhang et al., "ECBSR", ACM MM 2021).
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.reparam.operations import OPERATIONS
from arllie_deploy.reparam.weights import BlockWeights, CellWeights

# A numpy array or a torch tensor.
Array = Any
AsArray = Callable[[NDArray[np.float64]], Array]


def compose(weights: BlockWeights[Array], as_array: AsArray) -> tuple[Array, Array]:
    """Collapse a block.

    Args:
        weights: of a structure that `Structure` accepts, norms in evaluation mode.
        as_array: turns a numpy constant into the kind and type of the weights.

    Returns:
        kernel (3, 3, 3, 3) and bias (3,), differentiable where the weights are.
    """
    kernel: Array = 0.0
    bias = weights.bias
    for gain, branch in zip(weights.gains, weights.branches, strict=True):
        branch_kernel, branch_bias = _compose_branch(branch, as_array)
        kernel = kernel + gain * branch_kernel
        bias = bias + gain * branch_bias
    return kernel, bias


def _compose_branch(branch: tuple[CellWeights[Array], ...], as_array: AsArray) -> tuple[Array, Array]:
    kernel = as_array(np.eye(3).reshape(3, 3, 1, 1))
    bias = as_array(np.zeros(3))
    for cell in branch:
        cell_kernel, cell_bias = _affine(cell, kernel.shape[0], as_array)
        bias = cell_kernel.sum((-2, -1)) @ bias + cell_bias
        kernel = _after(cell_kernel, kernel)
    return _embed(kernel, as_array), bias


def _after(outer: Array, inner: Array) -> Array:
    """The kernel of `outer` applied to the output of `inner`; at most one of the two is larger than 1×1."""
    if tuple(outer.shape[2:]) == (1, 1):
        rows = outer.shape[0]
        return (outer.reshape(rows, -1) @ inner.reshape(inner.shape[0], -1)).reshape(rows, *inner.shape[1:])
    mixing = inner.reshape(inner.shape[0], inner.shape[1])
    return (outer.swapaxes(1, 3) @ mixing).swapaxes(1, 3)


def _affine(cell: CellWeights[Array], channels: int, as_array: AsArray) -> tuple[Array, Array]:
    """One cell as kernel (out, in, 1, 1) or (out, in, 3, 3) and bias (out,), its norm and residual folded in."""
    operation = OPERATIONS[cell.operation]
    identity = np.eye(channels).reshape(channels, channels, 1, 1)
    if operation.mask is not None:
        kernel = as_array(identity * operation.mask)
        if cell.kernel is not None:
            kernel = kernel * cell.kernel.reshape(-1, 1, 1, 1)
    else:
        kernel = cell.kernel
    bias = as_array(np.zeros(kernel.shape[0])) if cell.bias is None else cell.bias
    if operation.spatial:
        kernel = _embed(kernel, as_array)
    if cell.norm is not None:
        factor = cell.norm.gamma / (cell.norm.variance + cell.norm.epsilon) ** 0.5
        kernel = kernel * factor.reshape(-1, 1, 1, 1)
        bias = (bias - cell.norm.mean) * factor + cell.norm.beta
    if operation.residual:
        center = as_array(identity * _indicator(1, 1)) if operation.spatial else as_array(identity)
        kernel = kernel + center
    return kernel, bias


def _embed(kernel: Array, as_array: AsArray) -> Array:
    """A kernel of 1×1, 1×3, 3×1 or 3×3 taps as 3×3, the missing taps zero."""
    rows, columns = kernel.shape[2:]
    return kernel if (rows, columns) == (3, 3) else kernel * as_array(_indicator(rows, columns))


def _indicator(rows: int, columns: int) -> NDArray[np.float64]:
    """Ones where a kernel of this window has its taps inside 3×3."""
    middle, whole = np.array([0.0, 1.0, 0.0]), np.ones(3)
    return np.outer(middle if rows == 1 else whole, middle if columns == 1 else whole)
