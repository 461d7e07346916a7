"""The form for inference: of whole frames, and of parts of one that is held by five means.

**Whole frames.** The global vector is the same at every pixel, so what a 3×3 convolution makes of it is one number per
channel: the sum of its kernel times the vector. The inference form adds that number, and nothing is broadcast to a map
and concatenated. All else is the training network's.

**Parts.** A pixel of the output looks at the whole frame through five means alone (`Pass.maps`), and otherwise not
further than 112 pixels. `build_held` gives the network of two inputs, `frame` and `values` (1, held_size, 1, 1), and
with the output the five maps, each of which depends on the one before it and that one's mean. A network's file holds
graphs of tiles and of the steps from map to map beside the network's own (`networks/held.py`); what other formats get
is the form for whole frames.

**Integers.** `balance` is the same function with other weights, bit for bit, whose joins have features of one size.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

import torch
from torch import Tensor, nn

from arllie_deploy.models.lw_isp.blocks import GlobalLayers, activation, convolution
from arllie_deploy.models.lw_isp.config import LwIspConfig
from arllie_deploy.models.lw_isp.network import LwIsp
from arllie_deploy.networks.fitting import load_fitting


class FoldedGlobalLayers(nn.Module):
    """`GlobalLayers` with the sums of the kernels over the vector."""

    def __init__(self, config: LwIspConfig, local: int, deep: int, second: nn.Module) -> None:
        super().__init__()
        self.vector = nn.Conv2d(deep, local, 1)
        self.join = nn.Conv2d(local, local, 1, bias=False)
        self.first = convolution(config, local, local)
        self.activation = activation(config)
        self.second = second

    def forward(self, d4: Tensor, mean: Tensor) -> Tensor:
        """(N, local, H, W) and (N, deep, 1, 1) -> (N, local, H, W)."""
        beside = self.join(torch.relu(self.vector(mean)))
        result: Tensor = self.second(self.activation(self.first(d4) + beside))
        return result


class Held(nn.Module):
    """The network for parts of a frame; its state is the network's own."""

    def __init__(self, network: LwIsp) -> None:
        super().__init__()
        self.network, self.size = network, network.config.held_size

    def forward(self, frame: Tensor, values: Tensor) -> tuple[Tensor, ...]:
        """A part of a frame, and the (N, held_size, 1, 1) values of the whole frame -> that part of output and maps."""
        passed = self.network.run(frame, [values[:, place] for place in self.network.config.held])
        return self.network.bounded(passed.enhanced), *passed.maps


def build_deployed(**arguments: Any) -> nn.Module:
    """The inference form with weights that are still to be loaded; `arguments` are the fields of `LwIspConfig`."""
    return deploy(LwIsp(LwIspConfig.from_json(arguments)))


def build_held(**arguments: Any) -> nn.Module:
    """The same for parts of frames (`networks/held.py`); load the weights into its `network`."""
    return Held(deploy(LwIsp(LwIspConfig.from_json(arguments))))


@torch.no_grad()
def deploy(network: LwIsp) -> LwIsp:
    """A copy for inference, in evaluation mode: the same function up to rounding, exact at the borders too."""
    deployed = deepcopy(network).eval()
    before = deployed.d6
    assert isinstance(before, GlobalLayers)
    local, deep = before.vector.weight.shape
    folded = FoldedGlobalLayers(network.config, local, deep, before.second).to(before.first.weight)
    state = {
        "vector.weight": before.vector.weight[:, :, None, None],
        "vector.bias": before.vector.bias,
        "join.weight": before.first.weight[:, local:].sum((2, 3), keepdim=True),
        "first.weight": before.first.weight[:, :local],
        "first.bias": before.first.bias,
    }
    folded.load_state_dict(state, strict=False)
    deployed.d6 = folded.eval()
    return deployed.requires_grad_(False)


@torch.no_grad()
def balance(network: LwIsp) -> None:
    """Change an inference form so that its joins can be held in 8 bits; what it computes stays the same, bit for bit.

    A join has one range, and what U gives grows far beyond the feature of the encoder beside it: up to 115 beside 2
    after training, which leaves four levels of 255 for the latter. U ends in a layer, and layers are homogeneous: they
    can give a part of it, and the join's kernel as much more weight. That is done by the power of two next to the ratio
    of the weights of both halves, as weights are equalized by Nagel et al. (ICCV 2019), and once more: of activations
    there are not as many scales as of weights.

    Args:
        network: an inference form, of any configuration.
    """
    joins = [(network.u1, network.d7), (network.u2, network.d8)]
    if network.all_shortcuts:
        joins.append((network.u3, network.d9))
    for upsample, layer in joins:
        last, kernel = upsample.fine.conv, layer.conv.weight
        count = last.out_channels
        ratio = kernel[:, count:].square().mean().sqrt() / kernel[:, :count].square().mean().sqrt()
        if not 2.0**-24 < ratio < 2.0**24:
            continue
        scale = 2.0 * torch.exp2(ratio.log2().round())
        assert last.bias is not None
        last.weight /= scale
        last.bias /= scale
        kernel[:, :count] *= scale


@torch.no_grad()
def adopt(network: LwIsp, deployed: Mapping[str, Tensor]) -> None:
    """Give a training network the weights of an inference form, from which it is trained on.

    It is the same function where padding and activation are the same.

    Args:
        network: of the same shapes.
        deployed: state dictionary of the inference form.

    Raises:
        ArllieError: if the weights are those of another network.
    """
    form = deploy(network)
    load_fitting(form, deployed, "lw-isp: the weights to start from do not fit this configuration")
    values, target = form.state_dict(), network.d6
    assert isinstance(target, GlobalLayers)
    local = target.vector.weight.shape[0]
    kernel = torch.zeros_like(target.first.weight)
    kernel[:, :local] = values.pop("d6.first.weight")
    # Any kernel of this sum is the same function; this one weighs the pixel alone.
    kernel[:, local:, 1, 1] = values.pop("d6.join.weight")[:, :, 0, 0]
    vector = values.pop("d6.vector.weight")[:, :, 0, 0]
    network.load_state_dict({**values, "d6.first.weight": kernel, "d6.vector.weight": vector})
