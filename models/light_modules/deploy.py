"""The form for inference of the networks of the three tasks: every normalization within the convolutions before it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn.utils import fuse_conv_bn_weights

from arllie_deploy.models.light_modules.config import LightModulesConfig
from arllie_deploy.models.light_modules.modules import DilatedSeparable, EnlargedList, Gsat, HalvedList, List
from arllie_deploy.models.light_modules.network import Layer, LightModulesNetwork, build
from arllie_deploy.networks.fitting import load_fitting


@dataclass(frozen=True)
class _Normalized:
    """A normalization, where it stands, and the convolutions whose channels it takes, in its order."""

    owner: nn.Module
    name: str
    convolutions: tuple[nn.Conv2d | nn.ConvTranspose2d, ...]

    @property
    def norm(self) -> nn.BatchNorm2d:
        return cast("nn.BatchNorm2d", getattr(self.owner, self.name))


def build_deployed(**arguments: Any) -> nn.Module:
    """The form for inference with weights that are still to be loaded; `arguments` are of `LightModulesConfig`."""
    return deploy(build(LightModulesConfig.from_json(arguments)))


@torch.no_grad()
def deploy(network: LightModulesNetwork) -> LightModulesNetwork:
    """A copy for inference, in evaluation mode: the same function up to rounding, exact at the borders too."""
    deployed = deepcopy(network).eval()
    for place in list(_normalized(deployed)):
        norm, start = place.norm, 0
        for convolution in place.convolutions:
            part = slice(start, start := start + convolution.out_channels)
            _fold(convolution, norm, part)
        setattr(place.owner, place.name, nn.Identity())
    _join_activated(deployed)
    return deployed.requires_grad_(False)


@torch.no_grad()
def adopt(network: LightModulesNetwork, deployed: Mapping[str, Tensor]) -> None:
    """Give a training network the function of an inference form, from which it is trained on.

    The normalizations become identities, so their batch statistics must stay as they are.

    Args:
        network: of the same configuration.
        deployed: state dictionary of the inference form.

    Raises:
        ArllieError: if the weights are those of another network.
    """
    form = deploy(network)
    load_fitting(form, deployed, "light-modules: the weights to start from do not fit this configuration")
    values, state = form.state_dict(), network.state_dict()
    for name, value in values.items():
        if name in state:
            state[name].copy_(value)
    names = {module: name for name, module in network.named_modules()}
    for place in _normalized(network):
        norm, biases = place.norm, []
        for convolution in place.convolutions:
            bias = values[f"{names[convolution]}.bias"]
            biases.append(torch.zeros_like(bias) if convolution.bias is not None else bias)
        norm.weight.fill_(1.0)
        norm.bias.copy_(torch.cat(biases))
        cast("Tensor", norm.running_mean).fill_(0.0)
        cast("Tensor", norm.running_var).fill_(1.0 - norm.eps)


def _normalized(network: nn.Module) -> Iterator[_Normalized]:
    """Every normalization."""
    for module in network.modules():
        if isinstance(module, Layer) and isinstance(module.norm, nn.BatchNorm2d):
            yield _Normalized(module, "norm", _outputs(module.conv))
        elif isinstance(module, List) and module.activated and isinstance(module.norm, nn.BatchNorm2d):
            yield _Normalized(module, "squeeze_norm", (module.squeeze,))
            yield _Normalized(module, "norm", module.halves)
        elif isinstance(module, (Gsat, DilatedSeparable)) and isinstance(module.norm, nn.BatchNorm2d):
            yield _Normalized(module, "norm", (module.mix,))


def _join_activated(network: nn.Module) -> None:
    """A ReLU after a linear LIST goes before its join, where engines and delegates have it within the convolutions."""
    for layer in network.modules():
        if isinstance(layer, Layer) and isinstance(layer.activation, nn.ReLU):
            last = layer.conv[-1] if isinstance(layer.conv, (EnlargedList, HalvedList)) else layer.conv
            if isinstance(last, List) and not last.activated:
                last.activation, layer.activation = layer.activation, nn.Identity()


def _outputs(conv: nn.Module) -> tuple[nn.Conv2d | nn.ConvTranspose2d, ...]:
    """The convolutions that give the channels of a layer's result."""
    last = conv[-1] if isinstance(conv, (EnlargedList, HalvedList)) else conv
    if isinstance(last, List):
        return last.halves
    return (cast("nn.Conv2d", last),)


def _fold(convolution: nn.Conv2d | nn.ConvTranspose2d, norm: nn.BatchNorm2d, part: slice) -> None:
    """γ(Wx − μ)/√(σ² + ε) + β in place of W; a bias that was not there is."""
    mean, variance = cast("Tensor", norm.running_mean), cast("Tensor", norm.running_var)
    weight, bias = fuse_conv_bn_weights(
        convolution.weight, convolution.bias, mean[part], variance[part], norm.eps, norm.weight[part], norm.bias[part],
        transpose=convolution.transposed,
    )  # fmt: skip
    convolution.weight, convolution.bias = weight, bias
