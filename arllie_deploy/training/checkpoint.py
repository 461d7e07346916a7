"""The state of a run on disk. Written in one step, read without unpickling code."""

from __future__ import annotations

import pickle
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from arllie_deploy.atomic import replacing
from arllie_deploy.errors import ArllieError
from arllie_deploy.training.log import Row
from arllie_deploy.training.recipe import Recipe

FILE_NAME = "checkpoint.pt"
_VERSION = 1


@dataclass(frozen=True)
class Checkpoint:
    """Everything a run needs to go on as if it had not been stopped.

    Attributes:
        step: optimizer steps done.
        recipe: as JSON values.
        data: fingerprint of the training data.
        network: state of the network.
        optimizer: state of the optimizer.
        best: state of the network with the best validation score so far.
        best_step: the step of `best`.
        best_score: its score; higher is better.
        rows: the log up to `step`.
    """

    step: int
    recipe: dict[str, Any]
    data: str
    network: dict[str, Any]
    optimizer: dict[str, Any]
    best: dict[str, Any]
    best_step: int
    best_score: float
    rows: list[Row]


def save_checkpoint(checkpoint: Checkpoint, folder: Path) -> None:
    """Replace the checkpoint in `folder`."""
    state = {**vars(checkpoint), "rows": [vars(row) for row in checkpoint.rows], "version": _VERSION}
    with replacing(folder / FILE_NAME) as temporary:
        torch.save(state, temporary)


def load_checkpoint(folder: Path, recipe: Recipe, data: str, device: torch.device) -> Checkpoint:
    """Read the checkpoint of a run with this recipe on this data.

    Raises:
        ArllieError: if there is none, it is damaged, or it belongs to another recipe or other data.
    """
    path = folder / FILE_NAME
    try:
        state = torch.load(path, map_location=device, weights_only=True)
    except FileNotFoundError:
        raise ArllieError(f"{path}: no checkpoint to resume from; start without --resume") from None
    except (RuntimeError, EOFError, pickle.UnpicklingError, OSError):
        raise ArllieError(f"{path}: a damaged checkpoint; start again without --resume") from None
    if not isinstance(state, dict) or state.pop("version", None) != _VERSION:
        raise ArllieError(f"{path}: a checkpoint of another version of this program; start again without --resume")
    rows = [Row(**row) for row in state.pop("rows")]
    checkpoint = Checkpoint(**state, rows=rows)
    if checkpoint.recipe != recipe.to_json():
        raise ArllieError(f"{path}: belongs to another recipe ({_difference(checkpoint.recipe, recipe.to_json())})")
    if checkpoint.data != data:
        raise ArllieError(f"{path}: belongs to other training data; start again without --resume")
    return checkpoint


def _difference(old: dict[str, Any], new: dict[str, Any]) -> str:
    key = next(key for key in {**old, **new} if old.get(key) != new.get(key))
    return f"{key} was {old.get(key)!r}, is {new.get(key)!r}"
