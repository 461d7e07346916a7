"""A recipe: everything that decides a training run, read from a TOML file and checked before anything starts."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, TypeVar

from arllie_deploy.enhancer import check_model_name
from arllie_deploy.epilogues import EPILOGUES
from arllie_deploy.errors import ArllieError
from arllie_deploy.reparam.structure import Cell, Structure

T = TypeVar("T")

_SSIM_WINDOW = 11


@dataclass(frozen=True)
class ModelRecipe:
    """`branches`: one list of cells per branch, a cell is an operation or "operation+norm"."""

    epilogue: str
    branches: tuple[tuple[str, ...], ...]
    mid_width: int = 16

    def structure(self) -> Structure:
        """The structure; raises `ArllieError` where it breaks a rule."""
        cells = tuple(
            tuple(Cell(name.removesuffix("+norm"), name.endswith("+norm")) for name in branch)
            for branch in self.branches
        )
        return Structure(cells, self.mid_width)


@dataclass(frozen=True)
class DataRecipe:
    """`crop`: edge of the square crops in pixels; `validation_fraction` of the pictures, whole scenes, is held out."""

    crop: int = 96
    batch: int = 16
    validation_fraction: float = 0.15


@dataclass(frozen=True)
class LossRecipe:
    """`name`: a row of `losses.LOSSES`.

    `ssim` and `color_angle` weigh terms that supervised losses add; `alpha` and `sigma` belong to the unsupervised one.
    """

    name: str
    ssim: float = 0.0
    color_angle: float = 0.0
    alpha: float = 1.5
    sigma: float = 0.1


@dataclass(frozen=True)
class OptimizerRecipe:
    """AdamW with a cosine from `learning_rate` to `final_learning_rate`; gradients are clipped to `clip` in norm."""

    learning_rate: float = 1e-2
    final_learning_rate: float = 1e-5
    weight_decay: float = 0.0
    clip: float = 5.0


@dataclass(frozen=True)
class Recipe:
    """One training run; `evaluate_every` steps the validation score is taken and a checkpoint written."""

    name: str
    model: ModelRecipe
    data: DataRecipe
    loss: LossRecipe
    optimizer: OptimizerRecipe
    steps: int = 3000
    seed: int = 0
    evaluate_every: int = 100
    license: str = "MIT"

    def __post_init__(self) -> None:
        check_model_name(self.name)
        if self.model.epilogue not in EPILOGUES:
            raise ArllieError(f"model.epilogue is {self.model.epilogue!r}; known: {', '.join(EPILOGUES)}")
        self.model.structure()
        _check_range("steps", self.steps, 1, 10_000_000)
        _check_range("seed", self.seed, 0, 2**32 - 1)
        _check_range("evaluate_every", self.evaluate_every, 1, 10_000_000)
        _check_range("data.crop", self.data.crop, 8, 4096)
        _check_range("data.batch", self.data.batch, 1, 4096)
        _check_range("data.validation_fraction", self.data.validation_fraction, 0.0, 0.9)
        _check_range("loss.ssim", self.loss.ssim, 0.0, 1e6)
        _check_range("loss.color_angle", self.loss.color_angle, 0.0, 1e6)
        if self.loss.ssim and self.data.crop < _SSIM_WINDOW:
            raise ArllieError(f"loss.ssim needs a data.crop of at least {_SSIM_WINDOW}, got {self.data.crop}")
        _check_range("loss.alpha", self.loss.alpha, 0.0, 1e6)
        _check_range("loss.sigma", self.loss.sigma, 1e-6, 1e6)
        _check_range("optimizer.learning_rate", self.optimizer.learning_rate, 0.0, 1e30)
        _check_range("optimizer.final_learning_rate", self.optimizer.final_learning_rate, 0.0, 1e30)
        _check_range("optimizer.weight_decay", self.optimizer.weight_decay, 0.0, 1e6)
        _check_range("optimizer.clip", self.optimizer.clip, 1e-12, 1e30)

    def with_overrides(self, *, seed: int | None, steps: int | None) -> Recipe:
        """The recipe with the command line's seed and steps, where given."""
        return replace(self, seed=self.seed if seed is None else seed, steps=self.steps if steps is None else steps)

    def to_json(self) -> dict[str, Any]:
        """The recipe as JSON values."""
        return asdict(self)


def read_recipe(path: Path) -> Recipe:
    """Read and check a recipe file.

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
        sections = {
            "model": _section(ModelRecipe, "model", table),
            "data": _section(DataRecipe, "data", table),
            "loss": _section(LossRecipe, "loss", table),
            "optimizer": _section(OptimizerRecipe, "optimizer", table),
        }
        return _build(Recipe, "", {**table, **sections})
    except ArllieError as error:
        raise ArllieError(f"{path}: {error}") from None


def _section(kind: type[T], name: str, table: Mapping[str, Any]) -> T:
    values = table.get(name, {})
    if not isinstance(values, dict):
        raise ArllieError(f"{name} is not a table; write [{name}]")
    return _build(kind, f"{name}.", values)


def _build(kind: type[T], prefix: str, values: Mapping[str, Any]) -> T:
    known = {field.name: field for field in fields(kind)}  # type: ignore[arg-type]  # every `kind` here is a dataclass
    if unknown := sorted(set(values) - set(known)):
        raise ArllieError(f"unknown key {prefix}{unknown[0]}; known: {', '.join(known)}")
    checked = {name: _typed(prefix + name, str(known[name].type), value) for name, value in values.items()}
    try:
        return kind(**checked)
    except TypeError:
        missing = [name for name in known if name not in values]
        raise ArllieError(f"missing key, one of {', '.join(prefix + name for name in missing)}") from None


def _typed(key: str, annotation: str, value: Any) -> Any:
    if annotation == "float" and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if annotation.startswith("tuple"):
        if isinstance(value, list) and all(isinstance(b, list) and all(isinstance(c, str) for c in b) for b in value):
            return tuple(tuple(branch) for branch in value)
        raise ArllieError(f"{key} is not a list of lists of strings")
    kinds = {"str": str, "int": int, "float": float}
    if annotation in kinds and (not isinstance(value, kinds[annotation]) or isinstance(value, bool)):
        raise ArllieError(f"{key} is {value!r}, expected {annotation}")
    return value


def _check_range(key: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high:
        raise ArllieError(f"{key} is {value!r}, expected {low} to {high}")
