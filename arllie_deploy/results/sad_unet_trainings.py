"""The short trainings behind `docs/results/sad_unet.md`: which ideas are switched, and what each training comes to."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, Any

from arllie_deploy.atomic import ensure_folder, write_text
from arllie_deploy.errors import ArllieError

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


REFERENCE = "reference"
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


@dataclass(frozen=True)
class Measured:
    """What one training came to on the held-out scenes, means over their frames.

    Attributes:
        arm: name of the row.
        seed: of the training.
        recipe: what was trained, as JSON values.
        data: fingerprint of the pictures.
        psnr_db: mean.
        ssim: mean.
        clamped: share of the values beyond [0, 1].
        cpu_s: processor time.
    """

    arm: str
    seed: int
    recipe: Mapping[str, Any]
    data: str
    psnr_db: float
    ssim: float
    clamped: float
    cpu_s: float


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
    """Every training, one after the other on one thread; those whose result lies in `work` are not repeated.

    Raises:
        ArllieError: if a result in `work` is of another recipe or other pictures.
    """
    import torch

    from arllie_deploy.training.fingerprint import fingerprint

    torch.set_num_threads(1)
    ensure_folder(work)
    split = pictures(data)
    digest = fingerprint(split)
    return [measured_once(arm.name, recipe_of(arm, seed), split, digest, work) for seed in seeds for arm in arms]


def measured_once(name: str, recipe: NetworkRun, split: Split, digest: str, work: Path) -> Measured:
    """One training and its figures, unless they lie in `work` from an earlier time; writes them there.

    Args:
        name: of the row.
        recipe: what is trained.
        split: the pictures, without crops.
        digest: their fingerprint.
        work: an existing folder.

    Raises:
        ArllieError: if what lies there is of another recipe or other pictures.
    """
    file = work / f"{name.replace(' ', '-')}-{recipe.seed}.json"
    if not file.exists():
        found = _train(name, recipe, split, digest, work / "run")
        write_text(file, json.dumps(asdict(found), indent=1, sort_keys=True) + "\n")
        sys.stderr.write(f"{name}, seed {recipe.seed}: {found.psnr_db:.2f} dB, {found.cpu_s:.0f} s\n")
    return _read(file, recipe, digest)


def _read(file: Path, recipe: NetworkRun, digest: str) -> Measured:
    found = Measured(**json.loads(file.read_text()))
    if found.recipe != json.loads(json.dumps(recipe.to_json())) or found.data != digest:
        raise ArllieError(f"{file}: a result of another recipe or other pictures; delete it, or give another --work")
    return found


def _train(name: str, recipe: NetworkRun, split: Split, digest: str, folder: Path) -> Measured:
    """One training and its figures; `folder` is for what the loop writes."""
    import torch

    from arllie_deploy.quality.psnr import psnr
    from arllie_deploy.quality.ssim import ssim
    from arllie_deploy.training.loop import run_task
    from arllie_deploy.training.network_task import NetworkTask

    started, cpu = time.process_time(), torch.device("cpu")
    task = NetworkTask(recipe, split, (), cpu)
    trained = run_task(task, folder, resume=False, force=True, device=cpu, report=lambda _: None)
    found = [(picture.frame(), picture.high) for picture in task.held_out()]
    psnr_db, similarity = (fmean(figure(*pair) for pair in found) for figure in (psnr, ssim))
    clamped = trained.validation.clamped
    assert clamped is not None
    spent = time.process_time() - started
    return Measured(name, recipe.seed, recipe.to_json(), digest, psnr_db, similarity, clamped, spent)
