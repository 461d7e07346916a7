"""The smallest networks of light modules, as their files."""

import atexit
import shutil
import tempfile
import warnings
from functools import cache
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import nn

from arllie_deploy.export.networks.package import package
from arllie_deploy.models.light_modules.config import LightModulesConfig
from arllie_deploy.models.light_modules.deploy import build_deployed
from arllie_deploy.networks.network import Network, sha256_of

_COLORS = {"denoising": ("Y", "Y"), "super-resolution": ("RGB", "RGB"), "inpainting": ("RGBM", "RGB")}
# Of what the last convolution gives, before the clamp or the sigmoid.
_DEVIATION, _LEVEL = 0.15, 0.5


@cache
def packaged_light(
    task: str, convolutions: str = "light", *, delegate: bool = False, shortcut: str = "none"
) -> Network:
    """The narrowest one of a task, with weights from a fixed seed; denoising is of gray pictures."""
    folder = Path(tempfile.mkdtemp(prefix="arllie-tests-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    blocks, colors = (0 if task == "inpainting" else 1), (1 if task == "denoising" else 3)
    config = LightModulesConfig(task, convolutions, colors, 0.25, blocks, shortcut=shortcut)
    config = config.for_delegates() if delegate else config
    save_file(_lively(config).state_dict(), weights := folder / "weights.safetensors")
    color, output_color = _COLORS[task]
    facts = Network(
        name=f"{convolutions}-{task}",
        factory=f"{build_deployed.__module__}:{build_deployed.__name__}",
        weights=weights,
        sha256=sha256_of(weights),
        license="MIT",
        arguments=config.to_json(),
        channels=config.channels,
        output_channels=config.colors,
        scale=config.scale,
        alignment=config.alignment,
        minimum=config.minimum,
        color=color,
        output_color=output_color,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch's exporter and what it imports warn about themselves
        return package(facts, folder / "packaged.safetensors")


@torch.no_grad()
def _lively(config: LightModulesConfig) -> nn.Module:
    """Whose layers all matter to what comes out: no signal dies on its way, and none is lost in a clamp."""
    torch.manual_seed(0)
    module = build_deployed(**config.to_json())
    layers = [layer for layer in module.modules() if isinstance(layer, (nn.Conv2d, nn.ConvTranspose2d))]
    for layer in layers:
        nn.init.kaiming_normal_(layer.weight)
    given: list[torch.Tensor] = []
    hook = layers[-1].register_forward_hook(lambda _module, _inputs, output: given.append(output))
    module(torch.rand(1, config.channels, 32, 32))
    hook.remove()
    layers[-1].weight *= _DEVIATION / given[0].std()
    if layers[-1].bias is not None:
        layers[-1].bias.fill_(_LEVEL)
    return module
