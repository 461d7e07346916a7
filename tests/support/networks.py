"""Small networks of the kinds that the systems have, each built by a function that a `Network` can name."""

import atexit
import shutil
import tempfile
import warnings
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from safetensors.torch import save_file
from support.isp_parts import Ramp, SmallIsp
from torch import nn
from torch.nn import functional

from arllie_deploy.export.networks.package import package
from arllie_deploy.models.lw_isp.config import LwIspConfig
from arllie_deploy.models.lw_isp.deploy import build_deployed as build_lw_isp
from arllie_deploy.models.sad_unet.deploy import build_deployed
from arllie_deploy.networks import network_file
from arllie_deploy.networks.network import Network, sha256_of


class Unet(nn.Module):
    """Batch norm, reflection padding, pooling, channel attention, bilinear upsampling, a skip, a global residual."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, width, 3, padding=1, bias=False), nn.BatchNorm2d(width), nn.ReLU6())
        self.deep = nn.Conv2d(width, 2 * width, 3, padding=1, padding_mode="reflect")
        self.attention = nn.Conv2d(2 * width, 2 * width, 1)
        self.last = nn.Conv2d(3 * width, 3, 3, padding=1)

    def forward(self, frame: torch.Tensor) -> torch.Tensor:
        fine = self.stem(frame)
        deep = functional.leaky_relu(self.deep(functional.max_pool2d(fine, 2)), 0.2)
        deep = deep * torch.sigmoid(self.attention(deep.mean((2, 3), keepdim=True)))
        up = functional.interpolate(deep, scale_factor=2, mode="bilinear", align_corners=False)
        return torch.clamp(frame + 0.5 * self.last(torch.cat([up, fine], 1)), 0, 1)


class Ladder(nn.Module):
    """Two levels down and up, as a U-Net is deployed: it uses its weights as they are and looks at its neighborhood."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, width, 3, padding=1)
        self.down = nn.ModuleList(nn.Conv2d(width, width, 3, 2, 1, groups=groups) for groups in (1, width))
        self.lateral = nn.Conv2d(width, width, 1)
        self.up = nn.ModuleList(nn.Conv2d(2 * width, width, 3, padding=1) for _ in self.down)
        self.last = nn.Conv2d(width, 3, 3, padding=1)
        self.strength = nn.Parameter(torch.tensor(0.5))

    def forward(self, frame: torch.Tensor) -> torch.Tensor:
        levels = [functional.relu6(self.stem(frame))]
        for layer in self.down:
            levels.append(functional.relu6(layer(levels[-1])))
        values = self.lateral(levels.pop())
        for layer in self.up:
            wide = functional.interpolate(values, scale_factor=2, mode="bilinear", align_corners=False)
            values = functional.relu6(layer(torch.cat([wide, levels.pop()], 1)))
        return torch.clamp(frame + self.strength * self.last(values), 0, 1)


class RawToRgb(nn.Module):
    """Four packed planes to RGB of twice the size; once down by PixelUnshuffle, twice up by PixelShuffle."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(4, width, 3, padding=1)
        self.coarse = nn.Conv2d(4 * width, 4 * width, 3, padding=1)
        self.last = nn.Conv2d(width, 12, 3, padding=1)

    def forward(self, planes: torch.Tensor) -> torch.Tensor:
        fine = functional.leaky_relu(self.first(planes), 0.2)
        coarse = functional.leaky_relu(self.coarse(functional.pixel_unshuffle(fine, 2)), 0.2)
        return torch.sigmoid(functional.pixel_shuffle(self.last(functional.pixel_shuffle(coarse, 2)), 2))


class Shuffled(nn.Module):
    """Grouped and dilated convolutions with a channel shuffle in between."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(3, width, 3, padding=1)
        self.grouped = nn.Conv2d(width, width, 3, padding=2, dilation=2, groups=2)
        self.mixed = nn.Conv2d(width, width, 1, groups=2)
        self.last = nn.Conv2d(width, 3, 3, padding=1)

    def forward(self, frame: torch.Tensor) -> torch.Tensor:
        values = torch.relu(self.grouped(torch.relu(self.first(frame))))
        batch, channels, height, width = values.shape
        halves = values.reshape(batch, 2, channels // 2, height, width).transpose(1, 2)
        mixed = self.mixed(halves.reshape(batch, channels, height, width))
        return torch.clamp(0.5 + self.last(torch.relu(mixed)), 0, 1)


class Exploding(nn.Module):
    """One layer whose rare large values cost all others their precision in eight bits."""

    def __init__(self) -> None:
        super().__init__()
        self.calm = nn.Conv2d(3, 8, 3, padding=1)
        self.wide = nn.Conv2d(8, 3, 3, padding=1)

    def forward(self, frame: torch.Tensor) -> torch.Tensor:
        return torch.clamp(frame + 1e-3 * self.wide(torch.exp(40.0 * torch.relu(self.calm(frame)))), 0, 1)


class SortedChannels(nn.Module):
    """An operator that hardly any format has."""

    def forward(self, frame: torch.Tensor) -> torch.Tensor:
        return frame.sort(1)[0]


class Silent(nn.Module):
    """A ReLU that lets nothing through on any frame."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(3, 4, 3, padding=1)
        self.last = nn.Conv2d(4, 3, 3, padding=1)

    def forward(self, frame: torch.Tensor) -> torch.Tensor:
        return torch.clamp(frame + self.last(torch.relu(self.first(frame))), 0, 1)


def silent() -> nn.Module:
    module = Silent()
    nn.init.constant_(module.first.bias, -10.0)
    return module


def unet(width: int) -> nn.Module:
    """In train mode, with running statistics that a batch's own are far from."""
    module = Unet(width)
    for name, value in module.named_buffers():
        if name.endswith("running_var"):
            value.fill_(0.2)
    return module.train()


def ladder(width: int) -> nn.Module:
    return Ladder(width)


def raw_to_rgb(width: int) -> nn.Module:
    return RawToRgb(width)


def small_isp(**arguments: Any) -> nn.Module:
    """Its weights are so large that no part is lost beside another one."""
    module = SmallIsp(LwIspConfig(**arguments))
    with torch.no_grad():
        for values in module.parameters():
            values.mul_(2.0)
    return module


def ramp() -> nn.Module:
    """Of the mean of its four planes."""
    module = Ramp()
    nn.init.zeros_(module.steps.weight)
    with torch.no_grad():
        module.steps.weight += torch.arange(1, 13).reshape(12, 1, 1, 1) / 64
    return module


def shuffled(width: int) -> nn.Module:
    return Shuffled(width)


def exploding() -> nn.Module:
    return Exploding()


def sorted_channels() -> nn.Module:
    return SortedChannels()


FACTS: dict[str, dict[str, Any]] = {
    "unet": {"alignment": 2, "minimum": 8, "arguments": {"width": 8}},
    "ladder": {"alignment": 4, "minimum": 8, "arguments": {"width": 6}},
    "raw_to_rgb": {
        "alignment": 2,
        "minimum": 8,
        "arguments": {"width": 8},
        "channels": 4,
        "scale": 2,
        "color": "RGGB",
    },
    "small_isp": {
        "alignment": 2,
        "minimum": 8,
        "arguments": {"head": "raw"},
        "channels": 4,
        "scale": 2,
        "color": "RGGB",
    },
    "ramp": {"channels": 4, "scale": 2, "color": "RGGB"},
    "shuffled": {"minimum": 8, "arguments": {"width": 8}},
    "exploding": {"minimum": 8},
    "silent": {},
    "sorted_channels": {},
}


def network(kind: str, folder: Path, **changes: Any) -> Network:
    """One of the networks with weights from a fixed seed, stored in `folder`."""
    torch.manual_seed(0)
    facts = FACTS[kind] | changes
    module = globals()[kind](**facts.get("arguments", {}))
    weights = folder / f"{kind}.safetensors"
    save_file(module.state_dict(), weights)
    return Network(kind, f"support.networks:{kind}", weights, sha256_of(weights), "MIT", **facts)


def metric(run: Any) -> float:
    """A task's own figure: the PSNR of a lit ramp against a bright one."""
    ramp = np.linspace(0, 1, 256, dtype=np.float32)
    frame: NDArray[np.float32] = np.broadcast_to(ramp, (3, 256, 256))
    return float(-10 * np.log10(np.mean((run(frame * 0.5) - frame) ** 2)))


def frames(channels: int, count: int = 3, side: int = 32) -> list[NDArray[np.float32]]:
    """Smooth frames (1, channels, side, side) in [0, 1]."""
    random = np.random.default_rng(0)
    coarse = random.random((count, 1, channels, side // 8, side // 8), dtype=np.float32)
    return list(coarse.repeat(8, 3).repeat(8, 4))


@cache
def packaged_ladder() -> Network:
    """The network "ladder" as its one file, made once in a test process; its factory is none of the package's."""
    folder = Path(tempfile.mkdtemp(prefix="arllie-tests-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch's exporter and what it imports warn about themselves
        patch.setattr(network_file, "FACTORIES", FACTORIES)
        return package(network("ladder", folder), folder / "packaged.safetensors")


def with_a_last_layer(module: nn.Module) -> nn.Module:
    """Parts that say little or nothing before they are trained say something now."""
    for name, values in module.named_parameters():
        if name.startswith("extract.") and ".last." in name:
            values.data = 0.05 * torch.randn_like(values)
        elif ".of_stage." in name and values.ndim > 1:
            values.data *= 50.0
    return module


@cache
def packaged_sad_unet(reduction: int = 1) -> Network:
    """The smallest one, with weights from a fixed seed; its factory is the package's, so other processes open it."""
    folder = Path(tempfile.mkdtemp(prefix="arllie-tests-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    torch.manual_seed(0)
    arguments = {"width": 0.25, "stem": 16, "expansion": 1}
    if reduction > 1:
        arguments |= {"reduction": reduction, "residual": "affine", "denoising": 1}
    save_file(with_a_last_layer(build_deployed(**arguments)).state_dict(), weights := folder / "weights.safetensors")
    factory = f"{build_deployed.__module__}:{build_deployed.__name__}"
    facts = Network(
        "small", factory, weights, sha256_of(weights), "MIT", arguments, alignment=32 * reduction, minimum=32
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch's exporter and what it imports warn about themselves
        return package(facts, folder / "packaged.safetensors")


@cache
def packaged_lw_isp(head: str, width: float = 0.25) -> Network:
    """One of a head, "enhancement" or "raw", the narrowest by default; its seeded weights let its means matter."""
    folder = Path(tempfile.mkdtemp(prefix="arllie-tests-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    torch.manual_seed(0)
    arguments = {"width": width, "head": head}
    module = build_lw_isp(**arguments)
    for name, values in module.named_parameters():
        of_means = ".channel." in name or name.startswith(("d6.vector", "d6.join"))
        # A new attention may have none of its few ReLUs open, and then its mean does not matter.
        opens = name.endswith("channel.reduce.bias")
        values.data = torch.ones_like(values) if opens else (8.0 if of_means else 2.2) * values.data
    save_file(module.state_dict(), weights := folder / "weights.safetensors")
    factory = f"{build_lw_isp.__module__}:{build_lw_isp.__name__}"
    raw = {"channels": 4, "scale": 2, "color": "RGGB", "raw": "camera-srgb"} if head == "raw" else {}
    facts = Network(
        f"small-{head}", factory, weights, sha256_of(weights), "MIT", arguments, alignment=16, minimum=32, **raw
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch's exporter and what it imports warn about themselves
        return package(facts, folder / "packaged.safetensors")


# What `network_file.FACTORIES` is in tests.
FACTORIES = r"support\.networks:\w+"
