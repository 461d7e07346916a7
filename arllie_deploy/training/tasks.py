"""From a recipe to something to train."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import torch

from arllie_deploy.stored_model import Model
from arllie_deploy.training.adaptive_recipe import AdaptiveRecipe
from arllie_deploy.training.adaptive_task import AdaptiveTask
from arllie_deploy.training.data import (
    Sample,
    Split,
    find_clean_to_learn,
    find_lows_to_learn,
    find_pairs_to_learn,
)
from arllie_deploy.training.losses import find_loss
from arllie_deploy.training.network_recipe import NetworkRun
from arllie_deploy.training.network_task import NetworkTask
from arllie_deploy.training.one_layer import OneLayerTask
from arllie_deploy.training.pictures_recipe import PAIRS
from arllie_deploy.training.quantized import QuantizedTask
from arllie_deploy.training.recipe import QuantizedRecipe
from arllie_deploy.training.recipe_file import AnyRecipe
from arllie_deploy.training.task import Task
from arllie_deploy.training.trained_network import TrainedNetwork

# What can come of a run.
Outcome = Model | TrainedNetwork


def find_to_learn(recipe: AnyRecipe) -> Callable[[Path, str], tuple[Sample, ...]]:
    """What finds the pictures that a recipe is trained on, in a folder and by its layout."""
    if isinstance(recipe, NetworkRun) and recipe.pictures.kind != PAIRS:
        return find_clean_to_learn
    return find_pairs_to_learn if find_loss(recipe.loss.name).supervised else find_lows_to_learn


def make_task(recipe: AnyRecipe, split: Split, crops: Sequence[Sample], device: torch.device) -> Task[Outcome]:
    """The task of a recipe on these pictures; `crops` are for recipes that take a share of them.

    Raises:
        ArllieError: if it starts from a model that cannot be read, the device has not its precision, or its crops are
            missing.
    """
    if isinstance(recipe, AdaptiveRecipe):
        return AdaptiveTask(recipe, split, crops, device)
    if isinstance(recipe, NetworkRun):
        return NetworkTask(recipe, split, crops, device)
    if isinstance(recipe, QuantizedRecipe):
        return QuantizedTask(recipe, split, device)
    return OneLayerTask(recipe, split, device)
