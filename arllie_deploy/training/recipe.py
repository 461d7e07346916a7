"""Recipes of one-layer models: everything that decides a training run, checked before anything starts."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

from arllie_deploy.enhancer import check_model_name
from arllie_deploy.epilogues import EPILOGUES
from arllie_deploy.errors import ArllieError
from arllie_deploy.reparam.structure import Cell, Structure
from arllie_deploy.training.recipe_table import check_choice, check_range

PRECISIONS = ("fp32", "bf16")
WEIGHTS = ("int8", "int16")
HOLD_OUTS = ("scenes", "extremes")
_SSIM_WINDOW = 11


@dataclass(frozen=True)
class ModelRecipe:
    """`branches`: one list of cells per branch, a cell is an operation or "operation+norm"."""

    epilogue: str
    branches: tuple[tuple[str, ...], ...]
    mid_width: int = 16

    def __post_init__(self) -> None:
        check_choice("model.epilogue", self.epilogue, tuple(EPILOGUES))
        self.structure()

    def structure(self) -> Structure:
        """The structure; raises `ArllieError` where it breaks a rule."""
        cells = tuple(
            tuple(Cell(name.removesuffix("+norm"), name.endswith("+norm")) for name in branch)
            for branch in self.branches
        )
        return Structure(cells, self.mid_width)


@dataclass(frozen=True)
class DataRecipe:
    """What is drawn from and held out.

    Attributes:
        crop: edge of the square crops in pixels.
        batch: crops of a step.
        validation_fraction: of the pictures, whole scenes, is held out.
        hold_out: "scenes" draws them, "extremes" takes the darkest and the brightest.
        split_seed: decides which are drawn; runs with other seeds of the training share them and can be compared.
    """

    crop: int = 96
    batch: int = 16
    validation_fraction: float = 0.15
    hold_out: str = "scenes"
    split_seed: int = 0

    def __post_init__(self) -> None:
        check_range("data.crop", self.crop, 8, 4096)
        check_range("data.batch", self.batch, 1, 4096)
        check_range("data.validation_fraction", self.validation_fraction, 0.0, 0.9)
        check_choice("data.hold_out", self.hold_out, HOLD_OUTS)
        check_range("data.split_seed", self.split_seed, 0, 2**32 - 1)


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

    def __post_init__(self) -> None:
        check_range("loss.ssim", self.ssim, 0.0, 1e6)
        check_range("loss.color_angle", self.color_angle, 0.0, 1e6)
        check_range("loss.alpha", self.alpha, 0.0, 1e6)
        check_range("loss.sigma", self.sigma, 1e-6, 1e6)


@dataclass(frozen=True)
class OptimizerRecipe:
    """AdamW with a cosine from `learning_rate` to `final_learning_rate`; gradients are clipped to `clip` in norm.

    `precision` is that of the network's forward pass, of `PRECISIONS`; the weights stay in float32.
    """

    learning_rate: float = 1e-2
    final_learning_rate: float = 1e-5
    weight_decay: float = 0.0
    clip: float = 5.0
    precision: str = "fp32"

    def __post_init__(self) -> None:
        check_range("optimizer.learning_rate", self.learning_rate, 0.0, 1e30)
        check_range("optimizer.final_learning_rate", self.final_learning_rate, 0.0, 1e30)
        check_range("optimizer.weight_decay", self.weight_decay, 0.0, 1e6)
        check_range("optimizer.clip", self.clip, 1e-12, 1e30)
        check_choice("optimizer.precision", self.precision, PRECISIONS)


@dataclass(frozen=True)
class QuantizationRecipe:
    """`start`, a model file or a shipped member, is fine-tuned for `weights` of 8 or 16 bits.

    AdamW with a cosine from `learning_rate` to a hundredth of it.
    """

    weights: str
    start: str
    steps: int = 1000
    learning_rate: float = 1e-3

    def __post_init__(self) -> None:
        check_choice("quantization.weights", self.weights, WEIGHTS)
        check_range("quantization.steps", self.steps, 1, 10_000_000)
        check_range("quantization.learning_rate", self.learning_rate, 0.0, 1e30)


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
        check_range("steps", self.steps, 1, 10_000_000)
        check_run(self.name, self.seed, self.evaluate_every, self.data, self.loss)

    def with_overrides(self, *, seed: int | None, steps: int | None) -> Recipe:
        """The recipe with the command line's seed and steps, where given."""
        return replace(self, seed=self.seed if seed is None else seed, steps=self.steps if steps is None else steps)

    def to_json(self) -> dict[str, Any]:
        """The recipe as JSON values."""
        return asdict(self)


@dataclass(frozen=True)
class QuantizedRecipe:
    """One fine-tuning of a fused model for integer weights; fields as of `Recipe`, and the license is the start's."""

    name: str
    quantization: QuantizationRecipe
    data: DataRecipe
    loss: LossRecipe
    seed: int = 0
    evaluate_every: int = 100

    def __post_init__(self) -> None:
        check_run(self.name, self.seed, self.evaluate_every, self.data, self.loss)

    @property
    def steps(self) -> int:
        """Optimizer steps."""
        return self.quantization.steps

    @property
    def optimizer(self) -> OptimizerRecipe:
        """What the two numbers of `QuantizationRecipe` stand for."""
        rate = self.quantization.learning_rate
        return OptimizerRecipe(learning_rate=rate, final_learning_rate=rate / 100, clip=1.0)

    def with_overrides(self, *, seed: int | None, steps: int | None) -> QuantizedRecipe:
        """The recipe with the command line's seed and steps, where given."""
        quantization = replace(self.quantization, steps=self.steps if steps is None else steps)
        return replace(self, seed=self.seed if seed is None else seed, quantization=quantization)

    def to_json(self) -> dict[str, Any]:
        """The recipe as JSON values."""
        return asdict(self)


def check_run(name: str, seed: int, evaluate_every: int, data: DataRecipe, loss: LossRecipe) -> None:
    """Raise `ArllieError` unless what every kind of recipe has is in range."""
    check_model_name(name)
    check_range("seed", seed, 0, 2**32 - 1)
    check_range("evaluate_every", evaluate_every, 1, 10_000_000)
    if loss.ssim and data.crop < _SSIM_WINDOW:
        raise ArllieError(f"loss.ssim needs a data.crop of at least {_SSIM_WINDOW}, got {data.crop}")
