from pathlib import Path

import pytest
import torch
from support.pictures import make_pairs
from support.recipes import write_recipe
from support.training import train_here

from arllie_deploy import ArllieError
from arllie_deploy.reparam.structure import Cell, Structure
from arllie_deploy.training.network import OneLayerNetwork
from arllie_deploy.training.precision import check_precision, forward
from arllie_deploy.training.recipe_file import read_recipe


def a_network(epilogue: str) -> OneLayerNetwork:
    torch.manual_seed(0)
    return OneLayerNetwork(Structure(((Cell("conv1x1"), Cell("conv3x3")),), 4), epilogue)


@pytest.mark.parametrize("epilogue", ["residual", "direct", "plain"])
def test_half_the_bits_change_the_output_a_little_and_nothing_else(epilogue: str) -> None:
    network, low = a_network(epilogue), torch.rand(2, 3, 12, 12, generator=torch.Generator().manual_seed(1))
    full, half = forward(network, low, "fp32"), forward(network, low, "bf16")
    assert half.enhanced.dtype == torch.float32
    difference = (half.enhanced - full.enhanced).abs().max()
    assert 0 < difference < 0.05
    assert (half.illumination is None) == (full.illumination is None)
    half.enhanced.mean().backward()
    for name, parameter in network.named_parameters():
        assert parameter.dtype == torch.float32
        assert parameter.grad is not None, name
        assert parameter.grad.dtype == torch.float32
        assert torch.isfinite(parameter.grad).all()


def test_full_precision_is_the_network_itself() -> None:
    network, low = a_network("residual"), torch.rand(1, 3, 8, 8)
    assert torch.equal(forward(network, low, "fp32").enhanced, network(low).enhanced)


def test_bf16_needs_a_cuda_device(tmp_path: Path) -> None:
    recipe = read_recipe(write_recipe(tmp_path / "r.toml", ("learning_rate = 1e-2", 'precision = "bf16"')))
    with pytest.raises(ArllieError, match='precision "bf16" needs a CUDA device; use "fp32" on the cpu'):
        train_here(recipe, make_pairs(tmp_path / "pairs"), tmp_path / "out")
    assert not (tmp_path / "out").exists()
    check_precision("bf16", torch.device("cuda"))
    check_precision("fp32", torch.device("cpu"))
