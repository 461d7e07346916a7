"""What the networks of light modules cost: in training, on paper, and in onnxruntime."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from arllie_deploy.networks.network import Network
from arllie_deploy.results.page import table
from arllie_deploy.runtimes.network import OpenedPlanes

if TYPE_CHECKING:
    from arllie_deploy.training.network_recipe import NetworkRun

SIDE = 256
_ROUNDS, _STEPS = 5, 4


@dataclass(frozen=True)
class Cost:
    """Of one network.

    Attributes:
        parameters: of the form for inference.
        macs: multiply-accumulates of a frame of 256×256.
        milliseconds: of such a frame in onnxruntime on one thread, the least of five rounds.
    """

    parameters: int
    macs: float
    milliseconds: float


@dataclass(frozen=True)
class Budget:
    """Of one training: its steps, squares of each, their sides, and minutes of one core as steps take them here."""

    steps: int
    batch: int
    crop: int
    minutes: float


def measure(networks: Mapping[str, Network]) -> dict[str, Cost]:
    """Of every network; rounds are interleaved, so that a busy machine slows all of them alike."""
    frames = {
        name: np.random.default_rng(0).random((1, network.channels, SIDE, SIDE), np.float32)
        for name, network in networks.items()
    }
    opened = {name: OpenedPlanes(network, 1) for name, network in networks.items()}
    times: dict[str, list[float]] = {name: [] for name in networks}
    for _ in range(_ROUNDS):
        for name, model in opened.items():
            started = time.perf_counter()
            model.infer(frames[name])
            times[name].append(1000 * (time.perf_counter() - started))
    return {name: _cost(network, min(times[name])) for name, network in networks.items()}


def cost_table(costs: Mapping[str, Cost | None]) -> str:
    """One row for each network; who has no file is named."""
    rows = {
        name: None if one is None else [f"{one.parameters:,}", f"{one.macs / 1e9:.3f}", f"{one.milliseconds:.0f}"]
        for name, one in costs.items()
    }
    return _table(["network", "parameters", "GMAC at 256×256", "ms at 256×256"], rows)


def budget_table(budgets: Mapping[str, Budget | None]) -> str:
    """The same of trainings."""
    rows = {
        name: None
        if one is None
        else [f"{one.steps:,}", f"{one.batch}", f"{one.crop}×{one.crop}", f"{one.minutes:.0f}"]
        for name, one in budgets.items()
    }
    return _table(["network", "steps", "squares of each", "pixels", "minutes of one core"], rows)


def budget_of(network: Network) -> Budget:
    """Of the training that a network's file names."""
    from arllie_deploy.training.network_recipe import NetworkRun
    from arllie_deploy.training.recipe_file import recipe_of

    recipe = recipe_of(network.provenance["recipe"])
    assert isinstance(recipe, NetworkRun)
    minutes = recipe.steps * seconds_of_step(recipe) / 60
    return Budget(recipe.steps, recipe.data.batch, recipe.data.crop, minutes)


def seconds_of_step(recipe: NetworkRun) -> float:
    """Processor time of one step with a batch of whole frames' squares, on one thread, the least of four."""
    import torch

    from arllie_deploy.training.losses import find_loss
    from arllie_deploy.training.network import Output
    from arllie_deploy.training.systems import find_system

    torch.set_num_threads(1)
    system = find_system(recipe.network.system)
    frames = system.frames(recipe.network.arguments)
    network = system.build(recipe.network.arguments).to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch leaves it out
    optimizer = torch.optim.AdamW(network.parameters(), lr=0.0)
    batch, crop = recipe.data.batch, recipe.data.crop
    low = torch.rand(batch, frames.channels, crop // frames.scale, crop // frames.scale)
    high = torch.rand(batch, len(frames.output_color), crop, crop)
    low, high = (planes.to(memory_format=torch.channels_last) for planes in (low, high))
    times = []
    for _ in range(_STEPS):
        started = time.process_time()
        optimizer.zero_grad()
        enhanced = network.run(low).enhanced
        find_loss(recipe.loss.name).function(low, Output(enhanced, None), high, recipe.loss).backward()  # type: ignore[no-untyped-call]  # torch leaves it unannotated
        optimizer.step()
        times.append(time.process_time() - started)
    return min(times)


def _cost(network: Network, milliseconds: float) -> Cost:
    figures = network.figures
    assert figures is not None
    return Cost(figures.parameters, figures.macs_per_pixel * SIDE**2, milliseconds)


def _table(header: Sequence[str], rows: Mapping[str, Sequence[str] | None]) -> str:
    absent = ["no network file", *[""] * (len(header) - 2)]
    return table(header, [[name, *(absent if cells is None else cells)] for name, cells in rows.items()])
