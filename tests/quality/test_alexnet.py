import numpy as np
import pytest
import torch
from support.lpips_weights import random_weights
from torch.nn.functional import conv2d, max_pool2d, relu

from arllie_deploy.errors import ArllieError
from arllie_deploy.quality import alexnet


@pytest.mark.parametrize("size", [(31, 31), (32, 61), (75, 40)])
@pytest.mark.parametrize("values", [1 << 24, 5000], ids=["at-once", "in-strips"])
def test_the_features_are_torchs(size: tuple[int, int], values: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alexnet, "_MOST_VALUES", values)
    weights = random_weights()
    x = np.random.default_rng(1).standard_normal((*size, 3)).astype(np.float32)
    ours = alexnet.features(x, weights.kernels, weights.biases)
    theirs = torch.from_numpy(x.transpose(2, 0, 1)[None].copy())
    for layer, kernel, bias, found in zip(alexnet.LAYERS, weights.kernels, weights.biases, ours, strict=True):
        theirs = max_pool2d(theirs, 3, 2) if layer.pooled else theirs
        kernels = torch.from_numpy(kernel.transpose(3, 2, 0, 1).copy())
        theirs = relu(conv2d(theirs, kernels, torch.from_numpy(bias), layer.stride, layer.padding))
        assert found == pytest.approx(theirs[0].numpy().transpose(1, 2, 0), abs=1e-4)


@pytest.mark.parametrize("size", [(30, 40), (40, 30)])
def test_a_frame_that_the_pools_would_use_up_is_refused(size: tuple[int, int]) -> None:
    weights = random_weights()
    with pytest.raises(ArllieError, match=f"at least 31×31 pixels and the frame has {size[1]}×{size[0]}; use psnr"):
        alexnet.features(np.zeros((*size, 3), np.float32), weights.kernels, weights.biases)
