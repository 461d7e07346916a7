"""LW-ISP with light modules in the place of its full convolutions.

Its arguments are those of `LwIspConfig`, and `light`, see `conversion.py`. Upsampling blocks are replaced with
`doubling = "nearest"` only: with "shuffle" their pixel shuffle is a call of a function.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import torch
from torch import nn

from arllie_deploy.models.light_modules.conversion import KEY, split
from arllie_deploy.models.light_modules.lighten import lighten
from arllie_deploy.models.lw_isp.config import MINIMUM, LwIspConfig
from arllie_deploy.models.lw_isp.deploy import Held, deploy
from arllie_deploy.models.lw_isp.network import LwIsp


def arguments_of(given: Mapping[str, Any]) -> dict[str, Any]:
    """All arguments, those with their defaults too; raises `ArllieError` on unknown ones."""
    base, light = split(given)
    return {**LwIspConfig.from_json(base).to_json(), KEY: light.to_json()}


def build(arguments: Mapping[str, Any]) -> LwIsp:
    """The training network with its first weights; `lw_isp.deploy` has its `deploy` and `adopt`."""
    base, light = split(arguments)
    config = LwIspConfig.from_json(base)
    example = torch.zeros(1, config.input_channels, MINIMUM, MINIMUM)
    return cast("LwIsp", lighten(LwIsp(config), light.keep, light.options, example).network)


def build_deployed(**arguments: Any) -> nn.Module:
    """The inference form with weights that are still to be loaded."""
    return deploy(build(arguments))


def build_held(**arguments: Any) -> nn.Module:
    """The same for parts of frames (`networks/held.py`); load the weights into its `network`."""
    return Held(deploy(build(arguments)))
