"""The short trainings behind `docs/results/sad_unet.md`: which ideas are switched."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from arllie_deploy.results.short_trainings import REFERENCE, Measured, run_all

if TYPE_CHECKING:
    from arllie_deploy.training.data import Split
    from arllie_deploy.training.network_recipe import NetworkRun

SEEDS = (11, 12, 13)
_WIDTH, _STEPS, _BATCH, _GAIN = 0.25, 150, 2, 8.0
# Enlargement of the smallest frames; those of the largest is 1.
_LEAST = 0.5


@dataclass(frozen=True)
class Arm:
    """One row: what differs from the reference configuration at a quarter of its width, with a gain of 8.

    Attributes:
        name: of the row.
        arguments: of the network.
        distillation: of the recipe's section.
    """

    name: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    distillation: Mapping[str, Any] = field(default_factory=dict)


ARMS = (
    Arm(REFERENCE),
    Arm("stem 16", {"stem": 16}),
    Arm("no FPN", {"skip": "direct"}),
    Arm("no distillation", {}, {"weight": 0.0}),
    Arm("plain depthwise", {"depthwise": "plain"}),
    Arm("ReLU", {"activation": "relu"}),
    Arm("activated bottleneck", {"projection": "activated"}),
    Arm("gain 1", {"gain": 1.0}),
    Arm("affine residual", {"residual": "affine"}),
)
WIDTHS = (Arm("width 0.5", {"width": 0.5}), Arm("width 1", {"width": 1.0}))


def recipe_of(arm: Arm, seed: int) -> NetworkRun:
    """The short training of a row."""
    from arllie_deploy.training.network_recipe import (
        DistillationRecipe,
        EnlargingRecipe,
        FramesRecipe,
        NetworkRecipe,
        NetworkRun,
    )
    from arllie_deploy.training.recipe import DataRecipe, LossRecipe, OptimizerRecipe

    return NetworkRun(
        name="ablation",
        network=NetworkRecipe("sad-unet", {"width": _WIDTH, "gain": _GAIN, **arm.arguments}),
        data=DataRecipe(crop=32, batch=1, validation_fraction=0.15),
        loss=LossRecipe("log-mse", ssim=2.0),
        optimizer=OptimizerRecipe(learning_rate=2e-3, weight_decay=1e-4, clip=1.0),
        frames=FramesRecipe(share=1.0, batch=_BATCH, least=_LEAST),
        enlarging=EnlargingRecipe(least_noise=0.2, most_noise=0.6),
        distillation=DistillationRecipe(**{"weight": 0.05, **arm.distillation}),
        steps=_STEPS,
        seed=seed,
        evaluate_every=_STEPS,
    )


def pictures(data: Path) -> Split:
    """The split that all trainings share."""
    from arllie_deploy.training.data import find_odd, find_pairs_to_learn
    from arllie_deploy.training.hold_out import hold_out

    samples = find_pairs_to_learn(data)
    odd = {pair.name for pair in find_odd(samples)}
    kept = tuple(sample for sample in samples if sample.name not in odd)
    return hold_out(kept, data, recipe_of(ARMS[0], SEEDS[0]).data)


def run(arms: Sequence[Arm], seeds: Sequence[int], data: Path, work: Path) -> list[Measured]:
    """Every training of `run_all`."""
    return run_all([(arm.name, recipe_of(arm, seed)) for seed in seeds for arm in arms], pictures(data), work)
