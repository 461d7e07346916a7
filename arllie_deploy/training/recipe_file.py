"""A recipe file, TOML, as a recipe of the kind that its tables say."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from arllie_deploy.errors import ArllieError
from arllie_deploy.training.adaptive_recipe import AdaptiveRecipe, CropsRecipe, DarkeningRecipe, HeadRecipe
from arllie_deploy.training.darkening import Darkenings
from arllie_deploy.training.network_recipe import (
    DistillationRecipe,
    EnlargingRecipe,
    FramesRecipe,
    NetworkRecipe,
    NetworkRun,
    RecordedRecipe,
    TeacherRecipe,
)
from arllie_deploy.training.pictures_recipe import PicturesRecipe
from arllie_deploy.training.recipe import (
    DataRecipe,
    LossRecipe,
    ModelRecipe,
    OptimizerRecipe,
    QuantizationRecipe,
    QuantizedRecipe,
    Recipe,
)
from arllie_deploy.training.recipe_table import build, section
from arllie_deploy.training.systems import check_system

AnyRecipe = Recipe | QuantizedRecipe | AdaptiveRecipe | NetworkRun


def read_recipe(path: Path) -> AnyRecipe:
    """Read and check a recipe file.

    The table [head] makes it one of an adaptive model, [network] of a network of many layers, [quantization] a
    fine-tuning of a fused one.

    Raises:
        ArllieError: naming the file and the key that is missing, unknown or of a wrong type or value.
    """
    try:
        table = tomllib.loads(path.read_text())
    except FileNotFoundError:
        raise ArllieError(f"{path}: no such recipe") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ArllieError(f"{path}: not a TOML file ({error})") from None
    try:
        return recipe_of(table)
    except ArllieError as error:
        raise ArllieError(f"{path}: {error}") from None


def recipe_of(table: Mapping[str, Any]) -> AnyRecipe:
    """The recipe of tables, or of a recipe's `to_json`, in which keys of later versions have their defaults.

    Raises:
        ArllieError: naming the key that is missing, unknown or of a wrong type or value.
    """
    if "head" in table:
        return _adaptive(table)
    if "network" in table:
        return _network(table)
    return _quantized(table) if "quantization" in table else _trained(table)


def _trained(table: Mapping[str, Any]) -> Recipe:
    sections = {
        "model": section(ModelRecipe, "model", table),
        "data": section(DataRecipe, "data", table),
        "loss": section(LossRecipe, "loss", table),
        "optimizer": section(OptimizerRecipe, "optimizer", table),
    }
    return build(Recipe, "", {**table, **sections})


def _quantized(table: Mapping[str, Any]) -> QuantizedRecipe:
    sections = {
        "quantization": section(QuantizationRecipe, "quantization", table),
        "data": section(DataRecipe, "data", table),
        "loss": section(LossRecipe, "loss", table),
    }
    return build(QuantizedRecipe, "", {**table, **sections})


def _adaptive(table: Mapping[str, Any]) -> AdaptiveRecipe:
    sections = {
        "head": section(HeadRecipe, "head", table),
        "data": section(DataRecipe, "data", table),
        "loss": section(LossRecipe, "loss", table),
        "optimizer": section(OptimizerRecipe, "optimizer", table),
        "crops": section(CropsRecipe, "crops", table),
        "darkening": section(DarkeningRecipe, "darkening", table),
    }
    return build(AdaptiveRecipe, "", {**table, **sections})


def _network(table: Mapping[str, Any]) -> NetworkRun:
    sections = {
        "network": section(NetworkRecipe, "network", table),
        "data": section(DataRecipe, "data", table),
        "loss": section(LossRecipe, "loss", table),
        "optimizer": section(OptimizerRecipe, "optimizer", table),
        "crops": section(RecordedRecipe, "crops", table),
        "enlarging": section(EnlargingRecipe, "enlarging", table),
        "distillation": section(DistillationRecipe, "distillation", table),
        "teacher": section(TeacherRecipe, "teacher", table),
        "pictures": section(PicturesRecipe, "pictures", table),
        "frames": section(FramesRecipe, "frames", table),
        "darkening": section(Darkenings, "darkening", table),
    }
    run = build(NetworkRun, "", {**table, **sections})
    check_system(run)
    return run
