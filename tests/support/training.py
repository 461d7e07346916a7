"""Trains a recipe on a folder of pairs in this process, on the CPU."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from arllie_deploy.training.data import find_lows_to_learn, find_pairs_to_learn
from arllie_deploy.training.hold_out import hold_out
from arllie_deploy.training.loop import Progress, Trained, run_task
from arllie_deploy.training.losses import find_loss
from arllie_deploy.training.tasks import make_task


def train_here(
    recipe: Any,
    data: Path,
    out: Path,
    report: Callable[[Progress], None] = lambda now: None,
    *,
    resume: bool = False,
    force: bool = False,
    crops: Path | None = None,
) -> Trained[Any]:
    """The steps of `arllie-train`, without its checks of the pictures."""
    find = find_pairs_to_learn if find_loss(recipe.loss.name).supervised else find_lows_to_learn
    split = hold_out(find(data), data, recipe.data)
    details = find_pairs_to_learn(crops) if crops else ()
    device = torch.device("cpu")
    task = make_task(recipe, split, details, device)
    return run_task(task, out, resume=resume, force=force, device=device, report=report)
