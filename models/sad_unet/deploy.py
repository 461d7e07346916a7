"""The form for inference: normalization and λ within the convolutions, one 3×3 kernel for each axial sum."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any, cast

import torch
from torch import Tensor, nn

from arllie_deploy.errors import ArllieError
from arllie_deploy.models.sad_unet.blocks import AxialDepthwise, Decoder, Depthwise, InvertedResidual
from arllie_deploy.models.sad_unet.config import SadUnetConfig
from arllie_deploy.models.sad_unet.network import AffineExtraction, SadUnet
from arllie_deploy.networks.fitting import load_fitting

# How names begin of what a network may have more of than the one it starts from; it says nothing at first.
_NEW = ("context.", "extract.cleaning.", "extract.denoising.")
_FIRST = "stem.0.weight"
_COLORS, _STEP = 3, 2
# A and B.
_MAP_CHANNELS = 2 * _COLORS


def build_deployed(**arguments: Any) -> SadUnet:
    """The inference form with weights that are still to be loaded; `arguments` are the fields of `SadUnetConfig`."""
    return deploy(SadUnet(SadUnetConfig.from_json(arguments)))


class Mapped(nn.Module):
    """The network for parts of a frame whose maps are given (`networks/mapped.py`); its state is the network's own."""

    def __init__(self, network: SadUnet) -> None:
        super().__init__()
        self.network, self.stride, self.map_channels = network, network.config.reduction, _MAP_CHANNELS

    def forward(self, frame: Tensor, maps: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """A part of a frame and of its maps -> that part of the output, of what is begun with, and of the maps."""
        extract, begun = cast("AffineExtraction", self.network.extract), self.network.begun(frame)
        decoded, _ = self.network.decoded(begun)
        output = frame + extract.applied(frame, *maps.chunk(2, 1))
        return output.clamp(0.0, 1.0), begun, torch.cat(extract.maps(decoded), 1)


def build_mapped(**arguments: Any) -> Mapped | None:
    """The same as `build_deployed` for parts of frames; None where the network does not reduce what it looks at.

    Load the weights into its `network`.
    """
    network = deploy(SadUnet(SadUnetConfig.from_json(arguments)))
    return Mapped(network) if network.config.reduction > 1 else None


@torch.no_grad()
def deploy(network: SadUnet) -> SadUnet:
    """A copy for inference, in evaluation mode: the same function up to rounding, exact at the picture's borders too.

    An axial sum becomes one 3×3 depthwise convolution; each normalization is folded into the convolution before it
    with its running statistics; λ is folded into the last convolution, and the averaging of a reduced network into the
    first one, so that no integer form rounds the averages of dark frames.
    """
    deployed = deepcopy(network).eval()
    for owner, convolution, norm in _normalized(deployed):
        before, statistics = getattr(owner, convolution), getattr(owner, norm)
        setattr(owner, convolution, _folded(before, statistics))
        setattr(owner, norm, nn.Identity())
    for part in _last(deployed):
        part.mul_(deployed.activator.strength)
    _amplify(deployed, deployed.config.gain)
    if deployed.config.reduction > 1:
        deployed.reduce = _gathered(deployed.config.reduction)
        deployed.stem[0] = _averaging(cast("nn.Conv2d", deployed.stem[0]), deployed.config.reduction)
    deployed.amplifier = nn.Identity()  # type: ignore[assignment]  # within the first convolution
    deployed.activator = nn.Identity()  # type: ignore[assignment]  # λ is 1 now
    return deployed.requires_grad_(False)


@torch.no_grad()
def adopt(network: SadUnet, deployed: Mapping[str, Tensor]) -> None:
    """Give a training network the function of an inference form, from which it is trained on.

    The normalizations become identities with the folded biases, so their batch statistics must stay as they are. Blocks
    of `context` and the cleaning of a reduced network that the other network does not have add nothing at first.

    Args:
        network: an axial one takes the kernels of an axial one only, a plain one any.
        deployed: state dictionary of the inference form of a network of the same channels and the same reduction.

    Raises:
        ArllieError: if the weights are those of another network, or their kernels are no crosses and should be.
    """
    values, state = _loaded(deploy(network), deployed), network.state_dict()
    if network.config.reduction > 1:
        values[_FIRST] = _together(values[_FIRST], network.config.reduction)
    for name, value in values.items():
        if name in state:
            state[name].copy_(value)
    for owner, convolution, norm in _normalized(network):
        place = next(name for name, module in network.named_modules() if module is owner)
        part, statistics = getattr(owner, convolution), getattr(owner, norm)
        if isinstance(part, AxialDepthwise):
            _split(part, values[f"{place}.{convolution}.weight"])
        statistics.weight.fill_(1.0)
        statistics.bias.copy_(values[f"{place}.{convolution}.bias"])
        statistics.running_mean.fill_(0.0)
        statistics.running_var.fill_(1.0 - statistics.eps)
    _amplify(network, 1.0 / network.config.gain)
    for part in _last(network):
        part.div_(network.activator.strength)


def _gathered(reduction: int) -> nn.Module:
    """For a reduction of 4: the four pixels of each 2 × 2 as channels of one, since NPUs take no stride of 4."""
    if reduction == _STEP:
        return nn.Identity()
    gathering = nn.Conv2d(_COLORS, _STEP**2 * _COLORS, _STEP, stride=_STEP, bias=False)
    pixels = torch.eye(_STEP**2).reshape(_STEP**2, 1, 1, _STEP, _STEP)
    colors = torch.eye(_COLORS).reshape(1, _COLORS, _COLORS, 1, 1)
    gathering.weight.copy_((pixels * colors).flatten(0, 1))
    return gathering


def _averaging(first: nn.Conv2d, reduction: int) -> nn.Conv2d:
    """A 3×3 convolution of averages as one of what `_gathered` gives, with stride 2."""
    weight = first.weight.repeat_interleave(_STEP, 2).repeat_interleave(_STEP, 3) / reduction**2
    weight = weight.repeat(1, (reduction // _STEP) ** 2, 1, 1)
    count, channels, side, _ = weight.shape
    joined = nn.Conv2d(channels, count, side, stride=_STEP, padding=_STEP).to(weight)
    joined.weight.copy_(weight)
    assert joined.bias is not None
    assert first.bias is not None
    joined.bias.copy_(first.bias)
    return joined


def _together(weight: Tensor, reduction: int) -> Tensor:
    """The 3×3 kernel that `_averaging` made another of."""
    count, _, side, _ = weight.shape
    parts = weight.reshape(count, (reduction // _STEP) ** 2, _COLORS, side // _STEP, _STEP, side // _STEP, _STEP)
    return parts.sum((1, 4, 6))


def _last(network: SadUnet) -> Iterator[Tensor]:
    """What λ can be within."""
    for convolution in network.extract.last:
        yield from convolution.parameters()


def _amplify(network: SadUnet, gain: float) -> None:
    """Put a gain of the frame within the kernels that see the frame, and within what it is multiplied by."""
    cast("nn.Conv2d", network.stem[0]).weight.mul_(gain)
    if isinstance(network.extract, AffineExtraction):
        for convolution in network.extract.slope.of_stage:
            for parameter in convolution.parameters():
                parameter.mul_(gain)
        for first, last in network.extract.of_frame():
            first.weight.mul_(gain)
            for parameter in last.parameters():
                parameter.div_(gain)


def _loaded(form: nn.Module, deployed: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The state of a form with the weights of another one; what is new in it adds nothing."""
    mine = form.state_dict()
    new = {name: value for name, value in mine.items() if name.startswith(_NEW) and name not in deployed}
    for name, value in new.items():
        if ".project." in name:
            value.zero_()
    load_fitting(form, {**new, **deployed}, "sad-unet: the weights to start from do not fit this configuration")
    return form.state_dict()


def _split(axial: AxialDepthwise, kernel: Tensor) -> None:
    """Row and column of a cross-shaped kernel; the row takes what its center has beyond the identity."""
    if kernel[:, :, ::2, ::2].abs().max() > 0.0:
        raise ArllieError("sad-unet: kernels to start from have corners; give a network with depthwise 'axial'")
    axial.row.copy_(kernel[:, :, 1:2, :])
    axial.row[:, :, 0, 1] -= 1.0
    axial.column.copy_(kernel[:, :, :, 1:2])
    axial.column[:, :, 1, 0] = 0.0


def _normalized(network: nn.Module) -> Iterator[tuple[nn.Module, str, str]]:
    """Owner, convolution and normalization of every pair of them."""
    for module in network.modules():
        if isinstance(module, InvertedResidual):
            yield from ((module, part, f"{part}_norm") for part in ("expand", "depthwise", "project"))
        elif isinstance(module, Decoder):
            yield module, "depthwise", "depthwise_norm"


def _folded(convolution: nn.Conv2d | Depthwise, norm: nn.BatchNorm2d) -> nn.Conv2d:
    """γ(Wx − μ)/√(σ² + ε) + β as one convolution."""
    weight = convolution.weight if isinstance(convolution, nn.Conv2d) else convolution.kernel()
    count, _, side, _ = weight.shape
    stride = convolution.stride[0] if isinstance(convolution, nn.Conv2d) else convolution.stride
    groups = 1 if isinstance(convolution, nn.Conv2d) else count
    assert norm.running_mean is not None
    assert norm.running_var is not None
    factor = norm.weight / (norm.running_var + norm.eps).sqrt()
    folded = nn.Conv2d(weight.shape[1] * groups, count, side, stride=stride, padding=side // 2, groups=groups)
    folded = folded.to(weight)
    folded.weight.copy_(weight * factor.reshape(-1, 1, 1, 1))
    assert folded.bias is not None
    folded.bias.copy_(norm.bias - norm.running_mean * factor)
    return folded
