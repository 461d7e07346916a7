"""The form for parts of a frame; what takes the means and cuts the tiles is tested where it lies, in media."""

from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import nn

from arllie_deploy.models.lw_isp.blocks import ChannelAttention
from arllie_deploy.models.lw_isp.config import ALIGNMENT, LwIspConfig
from arllie_deploy.models.lw_isp.deploy import Held, build_held

HEIGHT, WIDTH = 32, 416
# How far a pixel of the output looks once the five means are held, at most.
CONTEXT = 112
CONFIGS = [LwIspConfig(width=0.25), LwIspConfig(width=0.25, head="raw"), LwIspConfig(width=0.25).for_delegates()]
NAMES = ["enhancement", "raw", "delegates"]


def held_form(config: LwIspConfig) -> Held:
    torch.manual_seed(0)
    form = build_held(**config.to_json())
    assert isinstance(form, Held)
    for values in form.parameters():
        values.data.mul_(2.0)
    for part in form.modules():
        if isinstance(part, ChannelAttention):
            # A new one may have none of its few ReLUs open, and then its mean does not matter.
            nn.init.ones_(part.reduce.bias)  # type: ignore[arg-type]  # it has one
    return form.double()


def frame_of(config: LwIspConfig) -> NDArray[np.float64]:
    """Dark on the left, bright on the right: the means of a part are not those of the whole."""
    light = np.linspace(0.0, 1.0, WIDTH)
    return np.random.default_rng(0).random((1, config.input_channels, HEIGHT, WIDTH)) * light


def run(module: nn.Module, *given: NDArray[Any]) -> list[NDArray[Any]]:
    with torch.inference_mode():
        made = module(*(torch.from_numpy(values.copy()) for values in given))
    return [one.numpy() for one in (made if isinstance(made, tuple) else (made,))]


def values_of(form: Held, frame: NDArray[Any]) -> NDArray[Any]:
    """Each mean by those before it."""
    values = np.zeros((1, form.network.config.held_size, 1, 1))
    for index, place in enumerate(form.network.config.held):
        values[:, place] = run(form, frame, values)[1 + index].mean((2, 3), keepdims=True)
    return values


@pytest.mark.parametrize("config", CONFIGS, ids=NAMES)
def test_a_held_frame_is_the_frame(config: LwIspConfig) -> None:
    form, frame = held_form(config), frame_of(config)
    held, *_ = run(form, frame, values_of(form, frame))
    assert np.abs(held - run(form.network, frame)).max() <= 1e-12


def test_a_part_that_is_not_held_is_another() -> None:
    """By its own means: what the other tests would see if a mean were forgotten."""
    form, frame = held_form(CONFIGS[0]), frame_of(CONFIGS[0])
    edge = WIDTH - 64
    part, whole = frame[..., edge - CONTEXT :], run(form.network, frame)[0][..., edge:]
    alone = run(form.network, part)[0][..., CONTEXT:]
    held = run(form, part, values_of(form, frame))[0][..., CONTEXT:]
    assert np.abs(alone - whole).max() > 1e-4
    assert np.abs(held - whole).max() <= 1e-12


def test_every_mean_matters() -> None:
    """All but the fourth one for the output; that one for the last map, by which the fifth one is taken."""
    form, frame = held_form(CONFIGS[0]), frame_of(CONFIGS[0])
    values = values_of(form, frame)
    for index, place in enumerate(CONFIGS[0].held):
        other = values.copy()
        other[:, place] *= 2.0
        looks = 0 if index != 3 else -1
        assert np.abs(run(form, frame, other)[looks] - run(form, frame, values)[looks]).max() > 1e-5


@pytest.mark.parametrize("config", CONFIGS, ids=NAMES)
def test_the_context_is_all_that_a_pixel_of_a_held_frame_looks_at(config: LwIspConfig) -> None:
    """What is no number spreads through every operator, with any weight."""
    form, edge = held_form(config), 160
    frame = np.zeros((1, config.input_channels, HEIGHT, 2 * edge))
    frame[..., :edge] = np.nan
    output, *_ = run(form, frame, np.zeros((1, config.held_size, 1, 1)))
    reach = (np.nonzero(np.isnan(output).any((0, 1, 2)))[0].max() + 1) / config.scale
    assert edge + CONTEXT - 2 * ALIGNMENT < reach <= edge + CONTEXT
