"""The table of systems whose networks can be trained: how to build one, what its loss adds, its form for inference."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from torch import Tensor, nn

from arllie_deploy.errors import ArllieError
from arllie_deploy.models.lw_isp import deploy as lw_isp_deploy
from arllie_deploy.models.lw_isp.config import MINIMUM as LW_ISP_MINIMUM
from arllie_deploy.models.lw_isp.config import LwIspConfig
from arllie_deploy.models.lw_isp.network import LwIsp
from arllie_deploy.models.sad_unet import deploy as sad_unet_deploy
from arllie_deploy.models.sad_unet.config import ALIGNMENT, SadUnetConfig
from arllie_deploy.models.sad_unet.distillation import PAIRS, distillation
from arllie_deploy.models.sad_unet.network import SadUnet


class Passed(Protocol):
    """What a training network gives."""

    @property
    def enhanced(self) -> Tensor:
        """(N, 3, H, W), not clamped."""

    @property
    def levels(self) -> tuple[Tensor, ...]:
        """What distillation compares, from shallow to deep; () where there is no such thing."""


class Trainable(Protocol):
    """A training network, which is an `nn.Module` too."""

    def run(self, y: Tensor) -> Passed:
        """(N, 3, H, W) in [0, 1]."""


@dataclass(frozen=True)
class System:
    """One row.

    Attributes:
        name: what a recipe calls it.
        alignment: sides of its frames are multiples of it.
        build: the training network of a recipe's arguments, with its first weights; raises `ArllieError`.
        adopt: gives a training network the function of a form for inference; raises `ArllieError`.
        deploy: the form for inference of a training network.
        factory: "module:function" of that form.
        arguments: all arguments, those with their defaults too.
        distillation: the term of levels, form and pairs, and the pairs that are taken where the recipe gives none.
        pairs: as above.
    """

    name: str
    alignment: int
    build: Callable[[Mapping[str, Any]], nn.Module]
    adopt: Callable[[Any, Mapping[str, Tensor]], None]
    deploy: Callable[[Any], nn.Module]
    factory: str
    arguments: Callable[[Mapping[str, Any]], dict[str, Any]]
    distillation: Callable[..., Tensor]
    pairs: tuple[tuple[int, int], ...]


def _lw_isp(arguments: Mapping[str, Any]) -> nn.Module:
    config = LwIspConfig.from_json(arguments)
    if (config.input_channels, config.scale) != (3, 1):
        raise ArllieError(f"lw-isp: head {config.head!r} takes no RGB pictures, which are what a recipe trains on")
    return LwIsp(config)


def _without_distillation(*_: object) -> Tensor:
    raise ArllieError("lw-isp has no levels that mimic deeper ones; leave distillation.weight at 0")


SYSTEMS = {
    row.name: row
    for row in (
        System(
            name="sad-unet",
            alignment=ALIGNMENT,
            build=lambda arguments: SadUnet(SadUnetConfig.from_json(arguments)),
            adopt=sad_unet_deploy.adopt,
            deploy=sad_unet_deploy.deploy,
            factory="arllie_deploy.models.sad_unet.deploy:build_deployed",
            arguments=lambda arguments: SadUnetConfig.from_json(arguments).to_json(),
            distillation=distillation,
            pairs=PAIRS,
        ),
        System(
            name="lw-isp",
            # Of 16 and at least 32 in truth; a run knows one number for both.
            alignment=LW_ISP_MINIMUM,
            build=_lw_isp,
            adopt=lw_isp_deploy.adopt,
            deploy=lw_isp_deploy.deploy,
            factory="arllie_deploy.models.lw_isp.deploy:build_deployed",
            arguments=lambda arguments: LwIspConfig.from_json(arguments).to_json(),
            distillation=_without_distillation,
            pairs=(),
        ),
    )
}


def find_system(name: str) -> System:
    """The row of a system; raises `ArllieError` with the known names."""
    if name not in SYSTEMS:
        raise ArllieError(f"network.system is {name!r}; known: {', '.join(SYSTEMS)}")
    return SYSTEMS[name]
