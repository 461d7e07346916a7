"""The form for inference: of whole frames, and of parts of one that is held by five means.

**Whole frames.** The global vector is the same at every pixel, so what a 3×3 convolution makes of it is one number per
channel: the sum of its kernel times the vector. The inference form adds that number, and nothing is broadcast to a map
and concatenated. All else is the training network's.

**Parts.** A pixel of the output looks at the whole frame through five means alone (`Pass.maps`), and otherwise not
further than `held.CONTEXT`. `build_held` gives the same network of two inputs, `frame` and `values`
(1, held_size, 1, 1), for tiles, and `build_map` the part of it down to one of the five maps, for the passes that take
the means (`held.global_values`): five, as each mean decides the next map. The deepest stage is for the passes alone:
the tiles know its mean already. All have the weights of the one-input form, under the same names with "network." before
them.

A `Network` keeps its one input: the graphs of these six can lie beside its own in its file, without weights as that
one, for tiling alone; what other formats get is the one-input form. One graph of all six outputs would not do:
onnxruntime computes all of it whatever is fetched (measured with 1.31, `RunOptions.only_execute_path_to_fetches` too).
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

import torch
from torch import Tensor, nn

from arllie_deploy.errors import ArllieError
from arllie_deploy.models.lw_isp.blocks import GlobalLayers, activation, convolution
from arllie_deploy.models.lw_isp.config import LwIspConfig
from arllie_deploy.models.lw_isp.network import LwIsp


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
        self.network = network

    def forward(self, frame: Tensor, values: Tensor) -> Tensor:
        """A part of a frame, and the (N, held_size, 1, 1) values of the whole frame -> that part of the output."""
        held = [values[:, place] for place in self.network.config.held]
        return self.network.bounded(self.network.run(frame, held).enhanced)


class HeldMap(nn.Module):
    """The network down to one of the maps whose means hold a frame; its state is the network's own.

    Args:
        network: the whole one.
        index: of the map, 0 to 4.
    """

    def __init__(self, network: LwIsp, index: int) -> None:
        super().__init__()
        self.network, self.index = network, index

    def forward(self, frame: Tensor, values: Tensor) -> Tensor:
        """As for `Held` -> the map of that part; of the values only those before its own matter."""
        held = [values[:, place] for place in self.network.config.held[: self.index]]
        return self.network.down(frame, held)[1][self.index]


def build_deployed(**arguments: Any) -> nn.Module:
    """The inference form with weights that are still to be loaded; `arguments` are the fields of `LwIspConfig`."""
    return deploy(LwIsp(LwIspConfig.from_json(arguments)))


def build_held(**arguments: Any) -> nn.Module:
    """The same for parts of frames; load the weights into its `network`."""
    return Held(deploy(LwIsp(LwIspConfig.from_json(arguments))))


def build_map(*, index: int, **arguments: Any) -> nn.Module:
    """The same down to a map, 0 to 4; load the weights into its `network`."""
    return HeldMap(deploy(LwIsp(LwIspConfig.from_json(arguments))), index)


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
    try:
        form.load_state_dict(deployed)
    except RuntimeError as error:
        first = str(error).splitlines()[1].strip() if "\n" in str(error) else str(error)
        raise ArllieError(f"lw-isp: the weights to start from do not fit this configuration: {first}") from None
    values, target = form.state_dict(), network.d6
    assert isinstance(target, GlobalLayers)
    local = target.vector.weight.shape[0]
    kernel = torch.zeros_like(target.first.weight)
    kernel[:, :local] = values.pop("d6.first.weight")
    # Any kernel of this sum is the same function; this one weighs the pixel alone.
    kernel[:, local:, 1, 1] = values.pop("d6.join.weight")[:, :, 0, 0]
    vector = values.pop("d6.vector.weight")[:, :, 0, 0]
    network.load_state_dict({**values, "d6.first.weight": kernel, "d6.vector.weight": vector})
