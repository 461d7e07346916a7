"""The table of systems whose networks can be trained: how to build one, what its loss adds, its form for inference."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import ModuleType
from typing import Any, Protocol

from torch import Tensor, nn

from arllie_deploy.errors import ArllieError
from arllie_deploy.models.light_modules import deploy as light_deploy
from arllie_deploy.models.light_modules import light_lw_isp, light_sad_unet
from arllie_deploy.models.light_modules.config import LightModulesConfig
from arllie_deploy.models.light_modules.conversion import split
from arllie_deploy.models.light_modules.network import build as build_light
from arllie_deploy.models.lw_isp import config as lw_isp_config
from arllie_deploy.models.lw_isp import deploy as lw_isp_deploy
from arllie_deploy.models.lw_isp.config import LwIspConfig
from arllie_deploy.models.lw_isp.distillation import Guidance, Weights, trained_teacher
from arllie_deploy.models.lw_isp.network import LwIsp
from arllie_deploy.models.sad_unet import deploy as sad_unet_deploy
from arllie_deploy.models.sad_unet.config import MINIMUM, SadUnetConfig
from arllie_deploy.models.sad_unet.distillation import PAIRS, check, distillation
from arllie_deploy.models.sad_unet.network import SadUnet
from arllie_deploy.training.network_recipe import NetworkRun
from arllie_deploy.training.picture_kinds import find_maker


class Passed(Protocol):
    """What a training network gives."""

    @property
    def enhanced(self) -> Tensor:
        """(N, output channels, H, W), not clamped."""

    @property
    def levels(self) -> tuple[Tensor, ...]:
        """What distillation compares, from shallow to deep; () where there is no such thing."""


class Trainable(Protocol):
    """A training network, which is an `nn.Module` too."""

    def run(self, y: Tensor) -> Passed:
        """(N, channels, H, W) in [0, 1]."""


class Teacher(Protocol):
    """A trained network that sees clean pictures, which is an `nn.Module` too."""

    def run(self, clean: Tensor) -> Passed:
        """(N, 3, scale · H, scale · W) in [0, 1]: what its student is to give."""


@dataclass(frozen=True)
class Frames:
    """What a network takes.

    Attributes:
        alignment: sides of its frames are multiples of it.
        minimum: the smallest side of a frame.
        channels: of its input.
        scale: sides of its output in sides of its input.
        color: order of the channels.
        output_color: the same of the output.
    """

    alignment: int
    minimum: int
    channels: int = 3
    scale: int = 1
    color: str = "RGB"
    output_color: str = "RGB"


@dataclass(frozen=True)
class Teaching:
    """How a system's networks are told what a teacher makes of clean pictures.

    Attributes:
        teacher: the teacher of a network of these arguments, from the arguments and weights of its file; raises
            `ArllieError` where that does not fit.
        guidance: for arguments and the weights of features and reconstruction a module of (what the network gives, what
            the teacher gives) -> scalar. Its parameters are trained along and dropped.
    """

    teacher: Callable[[Mapping[str, Any], Mapping[str, Any], Mapping[str, Tensor]], nn.Module]
    guidance: Callable[[Mapping[str, Any], float, float], nn.Module]


@dataclass(frozen=True)
class System:
    """One row.

    Attributes:
        name: what a recipe calls it.
        build: the training network of a recipe's arguments, with its first weights; raises `ArllieError`.
        adopt: gives a training network the function of a form for inference; raises `ArllieError`.
        deploy: the form for inference of a training network.
        factory: "module:function" of that form.
        arguments: all arguments, those with their defaults too.
        frames: what a network of these arguments takes and gives.
        distillation: the term of levels, form and pairs, and the pairs that are taken where the recipe gives none; None
            where levels do not mimic each other.
        pairs: as above.
        check_distillation: raises `ArllieError` on a form or on pairs that `distillation` does not have.
        teaching: how one sees what another one, which sees clean pictures, makes of them; None where it cannot.
    """

    name: str
    build: Callable[[Mapping[str, Any]], nn.Module]
    adopt: Callable[[Any, Mapping[str, Tensor]], None]
    deploy: Callable[[Any], nn.Module]
    factory: str
    arguments: Callable[[Mapping[str, Any]], dict[str, Any]]
    frames: Callable[[Mapping[str, Any]], Frames]
    distillation: Callable[..., Tensor] | None = None
    pairs: tuple[tuple[int, int], ...] = ()
    check_distillation: Callable[[str, Sequence[tuple[int, int]]], None] = lambda _form, _pairs: None
    teaching: Teaching | None = None


# Of the inputs of LW-ISP, by their channels; those of "packed" are of torch's PixelUnshuffle.
_LW_ISP_COLORS = {3: "RGB", 4: "RGGB", 12: "RRRRGGGGBBBB"}


# Of the networks of light modules, by the channels of input and output.
_LIGHT_COLORS = {1: "Y", 3: "RGB", 4: "RGBM"}


def _light_frames(arguments: Mapping[str, Any]) -> Frames:
    config = LightModulesConfig.from_json(arguments)
    colors = _LIGHT_COLORS[config.channels], _LIGHT_COLORS[config.colors]
    return Frames(config.alignment, config.minimum, config.channels, config.scale, *colors)


def _lw_isp_frames(arguments: Mapping[str, Any]) -> Frames:
    config = LwIspConfig.from_json(arguments)
    return Frames(
        lw_isp_config.ALIGNMENT,
        lw_isp_config.MINIMUM,
        config.input_channels,
        config.scale,
        _LW_ISP_COLORS[config.input_channels],
    )


def _sad_unet_frames(arguments: Mapping[str, Any]) -> Frames:
    return Frames(SadUnetConfig.from_json(arguments).alignment, MINIMUM)


def _lw_isp_guidance(arguments: Mapping[str, Any], features: float, reconstruction: float) -> nn.Module:
    return Guidance(LwIspConfig.from_json(arguments), weights=Weights(features, reconstruction))


_OWN = {
    row.name: row
    for row in (
        System(
            name="sad-unet",
            build=lambda arguments: SadUnet(SadUnetConfig.from_json(arguments)),
            adopt=sad_unet_deploy.adopt,
            deploy=sad_unet_deploy.deploy,
            factory="arllie_deploy.models.sad_unet.deploy:build_deployed",
            arguments=lambda arguments: SadUnetConfig.from_json(arguments).to_json(),
            distillation=distillation,
            pairs=PAIRS,
            check_distillation=check,
            frames=_sad_unet_frames,
        ),
        System(
            name="lw-isp",
            build=lambda arguments: LwIsp(LwIspConfig.from_json(arguments)),
            adopt=lw_isp_deploy.adopt,
            deploy=lw_isp_deploy.deploy,
            factory="arllie_deploy.models.lw_isp.deploy:build_deployed",
            arguments=lambda arguments: LwIspConfig.from_json(arguments).to_json(),
            frames=_lw_isp_frames,
            teaching=Teaching(
                teacher=lambda arguments, seen, state: trained_teacher(LwIspConfig.from_json(arguments), seen, state),
                guidance=_lw_isp_guidance,
            ),
        ),
        System(
            name="light-modules",
            build=lambda arguments: build_light(LightModulesConfig.from_json(arguments)),
            adopt=light_deploy.adopt,
            deploy=light_deploy.deploy,
            factory="arllie_deploy.models.light_modules.deploy:build_deployed",
            arguments=lambda arguments: LightModulesConfig.from_json(arguments).to_json(),
            frames=_light_frames,
        ),
    )
}


def _lightened(name: str, system: str, module: ModuleType) -> System:
    """A system after the converter, which has no teachers: what differs from its own row is in the module."""
    own = _OWN[system]
    return replace(
        own,
        name=name,
        build=module.build,
        factory=f"{module.__name__}:build_deployed",
        arguments=module.arguments_of,
        frames=lambda arguments: own.frames(split(arguments)[0]),
        teaching=None,
    )


SYSTEMS = _OWN | {
    row.name: row
    for row in (
        _lightened("light-sad-unet", "sad-unet", light_sad_unet),
        _lightened("light-lw-isp", "lw-isp", light_lw_isp),
    )
}


def find_system(name: str) -> System:
    """The row of a system; raises `ArllieError` with the known names."""
    if name not in SYSTEMS:
        raise ArllieError(f"network.system is {name!r}; known: {', '.join(SYSTEMS)}")
    return SYSTEMS[name]


def check_system(run: NetworkRun) -> None:
    """Raise `ArllieError` unless a run's system exists, and has its arguments, its pictures and its distillation."""
    system, arguments = find_system(run.network.system), run.network.arguments
    system.arguments(arguments)
    frames = system.frames(arguments)
    find_maker(run.pictures, frames.channels, frames.scale)
    if run.distillation.weight and system.distillation is None:
        mend = "leave distillation.weight at 0" + (", or give a teacher.file" if system.teaching else "")
        raise ArllieError(f"{system.name} has no levels that mimic deeper ones; {mend}")
    if run.distillation.weight:
        system.check_distillation(run.distillation.form, run.distillation.levels())
    if run.teacher.file and system.teaching is None:
        raise ArllieError(f"{system.name} has no teachers; leave teacher.file empty")
    for section, crop in zip(("data", "crops"), run.crop_of_each.values(), strict=True):
        side, rest = divmod(crop, frames.scale)
        if rest or side % frames.alignment or side < frames.minimum:
            least = f"multiples of {frames.scale * frames.alignment} from {frames.scale * frames.minimum} on"
            raise ArllieError(f"{section}.crop is {crop}; {system.name} takes {least}")
