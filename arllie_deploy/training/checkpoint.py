"""The state of a run on disk. Written in one step, read without unpickling code."""

from __future__ import annotations

import operator
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from arllie_deploy.atomic import replacing
from arllie_deploy.errors import ArllieError
from arllie_deploy.training.log import Row

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


def load_checkpoint(folder: Path, recipe: dict[str, Any], data: str, device: torch.device) -> Checkpoint:
    """Read the checkpoint of a run with this recipe, as JSON values, on this data.

    Raises:
        ArllieError: if there is none, it is damaged, holds a value that is not finite, or belongs to another recipe or
            other data.
    """
    path = folder / FILE_NAME
    if not path.exists():
        raise ArllieError(f"{path}: no checkpoint to resume from; start without --resume")
    state = _read(path, device)
    try:
        checkpoint = Checkpoint(**{**state, "rows": [Row(**row) for row in state["rows"]]})
        saved_recipe = dict(checkpoint.recipe)
        operator.index(checkpoint.step)
    except (KeyError, TypeError, ValueError):
        raise damaged_checkpoint(folder) from None
    if saved_recipe != recipe:
        difference = _difference(saved_recipe, recipe)
        mend = "give that one, or start over with --force"
        raise ArllieError(f"{path}: belongs to another recipe ({difference}); {mend}")
    if checkpoint.data != data:
        raise ArllieError(f"{path}: belongs to other training data or another split; start over with --force")
    for part in ("network", "best", "optimizer"):
        if (where := _not_finite(state[part], part)) is not None:
            raise ArllieError(f"{path}: {where} holds a value that is not finite; start over with --force")
    return checkpoint


def network_state(path: Path) -> dict[str, torch.Tensor]:
    """The newest state of the network of a run, whatever its recipe and its data were.

    Raises:
        ArllieError: if the file is damaged or of another version.
    """
    state = _read(path, torch.device("cpu"))
    network: dict[str, torch.Tensor] = state.get("network", {})
    return network


def _read(path: Path, device: torch.device) -> dict[str, Any]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # on files that are no checkpoints, torch warns of their format
            state: dict[str, Any] = torch.load(path, map_location=device, weights_only=True)
        version = state.pop("version", None)
    except Exception:  # torch's reader raises many types on a damaged file
        raise damaged_checkpoint(path.parent) from None
    if version != _VERSION:
        raise ArllieError(f"{path}: a checkpoint of another version of this program; start over with --force")
    return state


def damaged_checkpoint(folder: Path) -> ArllieError:
    """The error for a checkpoint that cannot be used."""
    return ArllieError(f"{folder / FILE_NAME}: a damaged checkpoint; start over with --force")


def _not_finite(value: Any, where: str) -> str | None:
    """The place of the first tensor in a state with a NaN or an infinity."""
    if isinstance(value, torch.Tensor):
        return None if torch.isfinite(value).all() else where
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    places = (_not_finite(item, f"{where}.{key}") for key, item in inner)
    return next((place for place in places if place is not None), None)


def _difference(old: dict[str, Any], new: dict[str, Any]) -> str:
    key = next(key for key in {**old, **new} if old.get(key) != new.get(key))
    return f"{key} was {old.get(key)!r}, is {new.get(key)!r}"
