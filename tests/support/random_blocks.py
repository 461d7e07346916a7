"""Random multi-branch blocks whose weights, gains and norm statistics span at least four decades."""

from typing import Any

import numpy as np
import torch
from hypothesis import strategies as st
from torch import nn

from arllie_deploy.reparam.blocks import Block
from arllie_deploy.reparam.operations import OPERATIONS
from arllie_deploy.reparam.structure import MAX_BRANCHES, MAX_CELLS, Cell, Structure

POINTWISE = [name for name, row in OPERATIONS.items() if not row.spatial]


@st.composite
def _branches(draw: st.DrawFn) -> tuple[Cell, ...]:
    length = draw(st.integers(1, MAX_CELLS))
    spatial = draw(st.sampled_from([None, *range(length)]))
    names = [draw(st.sampled_from(sorted(OPERATIONS) if i == spatial else POINTWISE)) for i in range(length)]
    return tuple(Cell(name, draw(st.booleans())) for name in names)


structures = st.builds(
    Structure,
    st.lists(_branches(), min_size=1, max_size=MAX_BRANCHES).map(tuple),
    mid_width=st.sampled_from([1, 2, 3, 8, 16, 64]),
)
sizes = st.sampled_from([(1, 1), (1, 7), (7, 1), (2, 2), (3, 3), (5, 8), (67, 251)])
seeds = st.integers(0, 2**32 - 1)


def random_block(structure: Structure, seed: int, dtype: torch.dtype) -> Block:
    """A block in evaluation mode whose every parameter tensor has its own magnitude between 1e-2 and 1e2."""
    rng = np.random.default_rng(seed)
    block = Block(structure).to(dtype).eval()
    with torch.no_grad():
        for parameter in block.parameters():
            parameter.copy_(_normal(rng, parameter.shape) * _magnitude(rng))
        for module in block.modules():
            if isinstance(module, nn.BatchNorm2d):
                assert module.running_mean is not None
                assert module.running_var is not None
                module.running_mean.copy_(_normal(rng, module.running_mean.shape) * _magnitude(rng))
                variances = 10.0 ** rng.uniform(-2.0, 2.0, tuple(module.running_var.shape))
                module.running_var.copy_(torch.from_numpy(variances))
    return block


def random_frame(size: tuple[int, int], seed: int, dtype: torch.dtype) -> torch.Tensor:
    """A frame (1, 3, height, width) of [0, 1]."""
    return torch.from_numpy(np.random.default_rng([seed, 1]).random((1, 3, *size))).to(dtype)


def _normal(rng: np.random.Generator, shape: Any) -> torch.Tensor:
    return torch.from_numpy(np.asarray(rng.standard_normal(tuple(shape))))


def _magnitude(rng: np.random.Generator) -> float:
    return float(10.0 ** rng.uniform(-2.0, 2.0))
