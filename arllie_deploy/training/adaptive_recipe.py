"""A recipe of the adaptive model: everything that decides such a run."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from typing import Any

from arllie_deploy.adaptive import MOST_KERNELS
from arllie_deploy.errors import ArllieError
from arllie_deploy.training.darkening import Darkenings
from arllie_deploy.training.recipe import DataRecipe, LossRecipe, OptimizerRecipe, check_run
from arllie_deploy.training.recipe_table import check_choice, check_range

FORMS = ("curve", "plain", "basis")


@dataclass(frozen=True)
class HeadRecipe:
    """The small function of the statistics.

    Attributes:
        form: "curve", "plain", or "basis", which mixes fixed kernels and has the plain epilogue.
        hidden: units of the hidden layer.
        kernels: of the basis.
        dropout: share of hidden units left out of a training step.
        perturbation: noise on the statistics of recorded pictures in a training step, in their standard deviations.
        average: the share of the newest weights in the running average that is kept.
    """

    form: str = "curve"
    hidden: int = 64
    kernels: int = 4
    dropout: float = 0.1
    perturbation: float = 0.3
    average: float = 0.002

    def __post_init__(self) -> None:
        check_choice("head.form", self.form, FORMS)
        check_range("head.hidden", self.hidden, 1, 256)
        check_range("head.kernels", self.kernels, 1, MOST_KERNELS)
        check_range("head.dropout", self.dropout, 0.0, 0.9)
        check_range("head.perturbation", self.perturbation, 0.0, 10.0)
        check_range("head.average", self.average, 1e-6, 1.0)


@dataclass(frozen=True)
class CropsRecipe:
    """`share` of each batch is taken from the full-resolution crops; 0 where there are none."""

    share: float = 0.0

    def __post_init__(self) -> None:
        check_range("crops.share", self.share, 0.0, 0.9)


@dataclass(frozen=True)
class DarkeningRecipe(Darkenings):
    """Darkened high frames, `share` of each batch.

    Attributes:
        share: as in `Darkenings`, as all that is not named here.
        copies: exposures of each picture.
        perturbation: as in `HeadRecipe`, for these pictures, which differ enough by themselves.
    """

    share: float = 0.3
    copies: int = 4
    perturbation: float = 0.1

    def __post_init__(self) -> None:
        super().__post_init__()
        check_range("darkening.copies", self.copies, 1, 100)
        check_range("darkening.perturbation", self.perturbation, 0.0, 10.0)


@dataclass(frozen=True)
class AdaptiveRecipe:
    """One training run of an adaptive model; the sections' names are those of the recipe file."""

    name: str
    head: HeadRecipe
    data: DataRecipe
    loss: LossRecipe
    optimizer: OptimizerRecipe
    crops: CropsRecipe = field(default_factory=CropsRecipe)
    darkening: DarkeningRecipe = field(default_factory=DarkeningRecipe)
    steps: int = 3000
    seed: int = 0
    evaluate_every: int = 250
    license: str = "MIT"

    def __post_init__(self) -> None:
        check_run(self.name, self.seed, self.evaluate_every, self.data, self.loss)
        if self.optimizer.precision != "fp32":
            raise ArllieError(
                f"optimizer.precision is {self.optimizer.precision!r}; an adaptive model is trained in fp32"
            )
        check_range("steps", self.steps, 1, 10_000_000)
        if min(self.pictures_of_each().values()) < 0:
            raise ArllieError("crops.share and darkening.share leave nothing of a batch for the recorded pictures")

    def pictures_of_each(self) -> dict[str, int]:
        """How many pictures of a batch are recorded, crops and darkened."""
        crops, darkened = (round(self.data.batch * share) for share in (self.crops.share, self.darkening.share))
        return {"recorded": self.data.batch - crops - darkened, "crops": crops, "darkened": darkened}

    def with_overrides(self, *, seed: int | None, steps: int | None) -> AdaptiveRecipe:
        """The recipe with the command line's seed and steps, where given."""
        return replace(self, seed=self.seed if seed is None else seed, steps=self.steps if steps is None else steps)

    def to_json(self) -> dict[str, Any]:
        """The recipe as JSON values."""
        return asdict(self)
