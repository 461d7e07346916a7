"""The SAD U-Net with light modules in the place of its full convolutions.

Its arguments are those of `SadUnetConfig`, and `light`, see `conversion.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import torch
from torch import nn

from arllie_deploy.models.light_modules.conversion import KEY, split
from arllie_deploy.models.light_modules.lighten import lighten
from arllie_deploy.models.sad_unet.config import SadUnetConfig
from arllie_deploy.models.sad_unet.deploy import deploy
from arllie_deploy.models.sad_unet.network import SadUnet


def arguments_of(given: Mapping[str, Any]) -> dict[str, Any]:
    """All arguments, those with their defaults too; raises `ArllieError` on unknown ones."""
    base, light = split(given)
    return {**SadUnetConfig.from_json(base).to_json(), KEY: light.to_json()}


def build(arguments: Mapping[str, Any]) -> SadUnet:
    """The training network with its first weights; `sad_unet.deploy` has its `deploy` and `adopt`."""
    base, light = split(arguments)
    config = SadUnetConfig.from_json(base)
    example = torch.zeros(1, 3, config.alignment, config.alignment)
    return cast("SadUnet", lighten(SadUnet(config), light.keep, light.options, example).network)


def build_deployed(**arguments: Any) -> nn.Module:
    """The inference form with weights that are still to be loaded."""
    return deploy(build(arguments))
