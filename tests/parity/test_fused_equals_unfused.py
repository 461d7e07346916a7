from collections.abc import Callable

import pytest
import torch
from hypothesis import given, settings
from support.random_blocks import random_block, random_frame, seeds, sizes, structures
from torch.nn import functional

from arllie_deploy.quality.parity import compare
from arllie_deploy.reparam.blocks import Block, LinearCell
from arllie_deploy.reparam.fuse import FusedKernel, fuse
from arllie_deploy.reparam.structure import Cell, Structure

LIMITS = {torch.float64: 1e-12, torch.float32: 1e-5}


def run_fused(fused: FusedKernel, y: torch.Tensor) -> torch.Tensor:
    kernel, bias = (torch.from_numpy(array).to(y.dtype) for array in (fused.kernel, fused.bias))
    return functional.conv2d(y, kernel, bias, padding=1)


def relative_errors(unfused: torch.Tensor, fused: torch.Tensor, scale: float = 0.0) -> tuple[float, float]:
    """(interior, border) largest absolute difference over max(1, max|u|, scale)."""
    frames = [u[0].permute(1, 2, 0).double().numpy() for u in (fused, unfused)]
    parity = compare(*frames)
    scale = max(1.0, float(unfused.abs().max()), scale)
    return parity.interior_max_abs / scale, parity.border_max_abs / scale


@pytest.mark.parametrize("dtype", LIMITS, ids=["float64", "float32"])
def test_fused_convolution_equals_the_branches(
    dtype: torch.dtype, record_property: Callable[[str, object], None]
) -> None:
    """The fused convolution, computed in `dtype`, against the branches of the same weights, computed in float64."""
    worst = {"interior": 0.0, "border": 0.0}

    @given(structure=structures, seed=seeds, size=sizes)
    @settings(max_examples=150, deadline=None, derandomize=True)
    def check(structure: Structure, seed: int, size: tuple[int, int]) -> None:
        block = random_block(structure, seed, dtype)
        y = random_frame(size, seed, dtype)
        with torch.no_grad():
            fused = run_fused(fuse(block.arrays()), y)
            interior, border = relative_errors(block.double()(y.double()), fused)
        worst["interior"], worst["border"] = max(worst["interior"], interior), max(worst["border"], border)
        assert interior <= LIMITS[dtype]
        assert border <= LIMITS[dtype]

    check()
    for place, error in worst.items():
        record_property(f"fused against unfused, {dtype}, {place}", f"{error:.1e} (limit {LIMITS[dtype]:g})")


@given(structure=structures, seed=seeds, size=sizes)
@settings(max_examples=150, deadline=None, derandomize=True)
def test_branches_in_float32_agree_within_their_own_rounding(
    structure: Structure, seed: int, size: tuple[int, int]
) -> None:
    """Both sides in float32.

    The branches themselves lose digits where a large middle map cancels (a Sobel cell after a large norm offset), so
    the scale is the largest value inside the block; the fused convolution has no such loss.
    """
    block = random_block(structure, seed, torch.float32)
    y = random_frame(size, seed, torch.float32)
    largest = [1.0]
    for module in block.modules():
        if isinstance(module, LinearCell):
            module.register_forward_hook(lambda _module, _inputs, output: largest.append(float(output.abs().max())))
    with torch.no_grad():
        unfused = block(y)
        scale = max(largest) * max(1.0, float(block.gains.abs().max()))
        errors = relative_errors(unfused, run_fused(fuse(block.arrays()), y), scale)
    assert max(errors) <= LIMITS[torch.float32]


@given(structure=structures, seed=seeds, size=sizes)
@settings(max_examples=50, deadline=None, derandomize=True)
def test_kernel_space_equals_the_branches(structure: Structure, seed: int, size: tuple[int, int]) -> None:
    block = random_block(structure, seed, torch.float64)
    y = random_frame(size, seed, torch.float64)
    with torch.no_grad():
        assert max(relative_errors(block(y), block.kernel_space(y))) <= 1e-12


def test_zero_padding_the_middle_map_is_wrong_at_the_border_only() -> None:
    """The check can fail: what many implementations do (pad between the cells) is caught, and only at the border."""
    structure = Structure(((Cell("conv1x1"), Cell("conv3x3")),))
    block = random_block(structure, 3, torch.float64)
    y = random_frame((9, 11), 3, torch.float64)
    with torch.no_grad():
        interior, border = relative_errors(padded_between_cells(block, y), run_fused(fuse(block.arrays()), y))
    assert interior <= 1e-12
    assert border > 1e-3


def padded_between_cells(block: Block, y: torch.Tensor) -> torch.Tensor:
    pointwise, spatial = block.weights().branches[0]
    middle = functional.conv2d(y, pointwise.kernel, pointwise.bias)
    output = functional.conv2d(middle, spatial.kernel, spatial.bias, padding=1)
    return block.bias.reshape(1, -1, 1, 1) + block.gains[0] * output
