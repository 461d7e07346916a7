from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import nn

from arllie_deploy.media.parts import Part, tiles
from arllie_deploy.models.lw_isp.blocks import ChannelAttention
from arllie_deploy.models.lw_isp.config import ALIGNMENT, LwIspConfig
from arllie_deploy.models.lw_isp.deploy import Held, HeldMap, deploy
from arllie_deploy.models.lw_isp.held import CONTEXT, STRIDES, global_values
from arllie_deploy.models.lw_isp.network import LwIsp

HEIGHT, WIDTH = 32, 416
CONFIGS = [LwIspConfig(width=0.25), LwIspConfig(width=0.25, head="raw"), LwIspConfig(width=0.25).for_delegates()]
NAMES = ["enhancement", "raw", "delegates"]


def held_network(config: LwIspConfig) -> Held:
    torch.manual_seed(0)
    network = LwIsp(config).double()
    with torch.no_grad():
        for values in network.parameters():
            values.mul_(2.0)
        for part in network.modules():
            if isinstance(part, ChannelAttention):
                # A new one may have none of its few ReLUs open, and then its mean does not matter.
                nn.init.ones_(part.reduce.bias)  # type: ignore[arg-type]  # it has one
    return Held(deploy(network))


def frame_of(config: LwIspConfig) -> NDArray[np.float64]:
    """Dark on the left, bright on the right: the means of a part are not those of the whole."""
    light = np.linspace(0.0, 1.0, WIDTH)
    return np.random.default_rng(0).random((1, config.input_channels, HEIGHT, WIDTH)) * light


def parts_of() -> list[Part]:
    """Those in the middle have neighbors on both sides."""
    made = tiles(HEIGHT, WIDTH, ALIGNMENT, CONTEXT, HEIGHT * (64 + 2 * CONTEXT))
    assert len(made) > 3
    return made


def run(module: nn.Module, part: NDArray[Any], values: NDArray[Any]) -> NDArray[Any]:
    with torch.inference_mode():
        made: NDArray[Any] = module(torch.from_numpy(part.copy()), torch.from_numpy(values)).numpy()
    return made


def values_of(held: Held, frame: NDArray[Any], parts: Sequence[Part]) -> NDArray[np.float64]:
    maps = [HeldMap(held.network, index) for index in range(5)]
    return global_values(lambda part, values, index: run(maps[index], part, values), frame, parts, held.network.config)


def tiled(held: Held, frame: NDArray[Any], parts: Sequence[Part], values: NDArray[Any]) -> NDArray[Any]:
    scale = held.network.config.scale
    made = np.full((1, 3, HEIGHT * scale, WIDTH * scale), np.nan)
    for part in parts:
        inner, within = (
            tuple(slice(side.start * scale, side.stop * scale) for side in sides) for sides in (part.inner, part.within)
        )
        made[(..., *inner)] = run(held, frame[(..., *part.outer)], values)[(..., *within)]
    return made


def untiled(held: Held, frame: NDArray[Any]) -> NDArray[Any]:
    with torch.inference_mode():
        made: NDArray[Any] = held.network(torch.from_numpy(frame)).numpy()
    return made


@pytest.mark.parametrize("config", CONFIGS, ids=NAMES)
def test_tiles_of_a_held_frame_are_the_whole_frame(config: LwIspConfig) -> None:
    held, frame, parts = held_network(config), frame_of(config), parts_of()
    values = values_of(held, frame, parts)
    assert np.abs(tiled(held, frame, parts, values) - untiled(held, frame)).max() <= 1e-12


def test_tiles_that_are_not_held_are_not() -> None:
    """Each by its own means: what the test above would see if a mean were forgotten."""
    held, frame = held_network(CONFIGS[0]), frame_of(CONFIGS[0])
    whole, (*_, last) = untiled(held, frame), parts_of()
    alone = untiled(held, frame[(..., *last.outer)])[(..., *last.within)]
    assert np.abs(alone - whole[(..., *last.inner)]).max() > 1e-4


def test_every_mean_matters() -> None:
    """All but the fourth one for the output; that one for the last map, by which the fifth one is taken."""
    held, frame = held_network(CONFIGS[0]), frame_of(CONFIGS[0])
    values = values_of(held, frame, parts_of())
    last = HeldMap(held.network, 4)
    for index, place in enumerate(held.network.config.held):
        other = values.copy()
        other[:, place] *= 2.0
        module = last if index == 3 else held
        assert np.abs(run(module, frame, other) - run(module, frame, values)).max() > 1e-5


def test_the_values_are_the_means_that_the_whole_frame_has() -> None:
    held, frame = held_network(CONFIGS[1]), frame_of(CONFIGS[1])
    with torch.inference_mode():
        maps = held.network.run(torch.from_numpy(frame)).maps
    wanted = np.concatenate([one.numpy().mean((2, 3), keepdims=True) for one in maps], 1)
    assert np.abs(values_of(held, frame, parts_of()) - wanted).max() <= 1e-12


@pytest.mark.parametrize("index", range(5))
def test_each_map_is_so_much_smaller_than_the_frame(index: int) -> None:
    network = held_network(CONFIGS[0]).network
    made = run(HeldMap(network, index), np.zeros((1, 3, 64, 32)), np.zeros((1, network.config.held_size, 1, 1)))
    assert made.shape == (1, network.config.channels[index], 64 // STRIDES[index], 32 // STRIDES[index])


@pytest.mark.parametrize("config", CONFIGS, ids=NAMES)
def test_the_context_is_all_that_a_pixel_of_a_held_frame_looks_at_and_not_more(config: LwIspConfig) -> None:
    """What is no number spreads through every operator, with any weight."""
    held, edge = held_network(config), 160
    frame = np.zeros((1, config.input_channels, HEIGHT, 2 * edge))
    frame[..., :edge] = np.nan
    modules = [held, *(HeldMap(held.network, index) for index in range(5))]
    outputs = [run(module, frame, np.zeros((1, config.held_size, 1, 1))) for module in modules]
    reach = [np.nonzero(np.isnan(one).any((0, 1, 2)))[0].max() + 1 for one in outputs]
    pixels = [reach[0] / config.scale, *(last * stride for last, stride in zip(reach[1:], STRIDES, strict=True))]
    assert edge + CONTEXT - ALIGNMENT < max(pixels) <= edge + CONTEXT
