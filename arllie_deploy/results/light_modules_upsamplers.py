"""Short trainings of a light SRResNet with four upsamplers, on the same seeds at equal steps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from arllie_deploy.results.page import summarize, table
from arllie_deploy.results.short_trainings import REFERENCE, Measured, compared, run_all

if TYPE_CHECKING:
    from arllie_deploy.training.data import Split
    from arllie_deploy.training.network_recipe import NetworkRun

SEEDS = (31, 32, 33)
_WIDTH, _BLOCKS, _STEPS = 0.5, 4, 400


@dataclass(frozen=True)
class Arm:
    """One row: its name, how the page calls it, and the key `sampling` of its network."""

    name: str
    title: str
    sampling: str


ARMS = (
    Arm(REFERENCE, "full 3×3 sub-pixel convolution", "shuffle"),
    Arm("separable", "depthwise-separable sub-pixel convolution", "separable"),
    Arm("bilinear", "bilinear, then LIST", "own"),
    Arm("nearest", "nearest, then LIST", "nearest"),
)


def arguments_of(arm: Arm) -> dict[str, Any]:
    """Of its network: everything but the upsampler is light and the same in all rows."""
    return {
        "task": "super-resolution",
        "width": _WIDTH,
        "blocks": _BLOCKS,
        "shortcut": "bilinear",
        "sampling": arm.sampling,
    }


def recipe_of(arm: Arm, seed: int) -> NetworkRun:
    """The short training of a row."""
    from arllie_deploy.training.network_recipe import NetworkRecipe, NetworkRun
    from arllie_deploy.training.pictures_recipe import PicturesRecipe
    from arllie_deploy.training.recipe import DataRecipe, LossRecipe, OptimizerRecipe

    return NetworkRun(
        name="upsampler",
        network=NetworkRecipe("light-modules", arguments_of(arm), statistics=0.9, average=0.01),
        data=DataRecipe(crop=64, batch=4, validation_fraction=0.08),
        loss=LossRecipe("charbonnier"),
        optimizer=OptimizerRecipe(learning_rate=2e-3, final_learning_rate=1e-5, weight_decay=0.0, clip=1.0),
        pictures=PicturesRecipe("smaller"),
        steps=_STEPS,
        seed=seed,
        evaluate_every=_STEPS,
    )


def run(arms: Sequence[Arm], seeds: Sequence[int], split: Split, work: Path) -> list[Measured]:
    """Every training, one after the other on one thread; those whose result lies in `work` are not repeated.

    Args:
        arms: the rows.
        seeds: of each row.
        split: clean pictures, without crops.
        work: for results.

    Raises:
        ArllieError: if a result in `work` is of another recipe or other pictures.
    """
    return run_all([(arm.name, recipe_of(arm, seed)) for seed in seeds for arm in arms], split, work)


def parameters_of(arm: Arm) -> int:
    """Of the whole network."""
    from arllie_deploy.models.light_modules.config import LightModulesConfig
    from arllie_deploy.models.light_modules.network import build

    return sum(one.numel() for one in build(LightModulesConfig.from_json(arguments_of(arm))).parameters())


def upsamplers_part(measured: Sequence[Measured]) -> str:
    """The section of the page."""
    minutes = sum(one.cpu_s for one in measured) / 60
    seeds = len({one.seed for one in measured})
    header = ["upsampler", "parameters", "PSNR (dB)", "against full", "at 95 %", "SSIM"]
    return "\n\n".join(
        [
            "## Four upsamplers",
            f"A light SRResNet at half of its width with {_BLOCKS} blocks and a bilinear shortcut, in which the two "
            f"doublings alone differ: {_STEPS} steps of 4 squares of 64×64, charbonnier, AdamW from 2e-3 down a "
            f"cosine, frames of 150×100 without crops, {seeds} seeds. PSNR and SSIM in RGB over whole held-out "
            "frames, mean ± standard deviation; a difference is taken seed by seed, and told apart from 0 where that "
            "is outside the 95 % interval (Student's t).",
            table(header, _rows(measured)),
            "That a depthwise-separable kernel gives all phases of a pixel one filter, so that alone it can do no more "
            "than pixel repetition, is shown in closed form in [light_modules.md](../light_modules.md). In a network "
            "the channels around it can make up for that: the table says what is left of it after a short training. "
            f"{minutes:.0f} minutes of one core.",
        ]
    )


def _rows(measured: Sequence[Measured]) -> list[list[str]]:
    rows = []
    for arm in ARMS:
        ssim = summarize([one.ssim for one in measured if one.arm == arm.name])
        rows.append([arm.title, f"{parameters_of(arm):,}", *compared(measured, arm.name), ssim.show(4)])
    return rows
