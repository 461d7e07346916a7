import math
from pathlib import Path

import torch
from support.networks import frames, network
from torch import nn

from arllie_deploy.export.networks.module import load_module
from arllie_deploy.export.networks.sensitivity import describe_worst, layer_sensitivity


def test_every_layer_with_weights_is_listed_the_worst_first(tmp_path: Path) -> None:
    module = load_module(network("unet", tmp_path))
    before = {name: value.clone() for name, value in module.state_dict().items()}
    found = layer_sensitivity(module, frames(3), 100.0)
    assert {name for name, _ in found} == {"stem.0", "deep", "attention", "last"}
    assert [psnr for _, psnr in found] == sorted(psnr for _, psnr in found)
    assert all(30 < psnr < math.inf for _, psnr in found)
    assert all(torch.equal(value, before[name]) for name, value in module.state_dict().items())


def test_the_layer_that_is_hard_to_quantize_comes_first() -> None:
    torch.manual_seed(0)
    module = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.Conv2d(8, 3, 1)).eval().requires_grad_(False)
    # One input channel whose weights drown those of all others within every output channel.
    module[1].weight[:, 0] = 1e4
    module[0].weight[0] = 0.0
    module[0].bias[0] = 0.0
    assert layer_sensitivity(module, frames(3), 100.0)[0][0] == "1"


def test_the_worst_are_described_in_one_line() -> None:
    assert describe_worst([("a", 10.04), ("b.c", 30.0), ("d", 40.0)], 2) == "a 10.0 dB, b.c 30.0 dB"
