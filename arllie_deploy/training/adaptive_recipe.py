"""A recipe of the adaptive model: everything that decides such a run."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from typing import Any

from arllie_deploy.adaptive import MOST_KERNELS
from arllie_deploy.errors import ArllieError
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
class DarkeningRecipe:
    """High frames darkened by `quality.sensor`, `share` of each batch.

    Attributes:
        share: of each batch.
        copies: exposures of each picture.
        perturbation: as in `HeadRecipe`, for these pictures, which differ enough by themselves.
        lowest_ev: the least exposure, in stops.
        highest_ev: the greatest one.
        white_balance_ev: red and blue are off by up to so many stops.
        least_shot: of the shot noise, log-uniform up to `most_shot`.
        most_shot: as above.
        least_read: of the read noise, log-uniform up to `most_read`.
        most_read: as above.
    """

    share: float = 0.3
    copies: int = 4
    perturbation: float = 0.1
    lowest_ev: float = -6.0
    highest_ev: float = 0.0
    white_balance_ev: float = 0.5
    least_shot: float = 3e-5
    most_shot: float = 1e-3
    least_read: float = 1e-4
    most_read: float = 2e-3

    def __post_init__(self) -> None:
        check_range("darkening.share", self.share, 0.0, 0.9)
        check_range("darkening.copies", self.copies, 1, 100)
        check_range("darkening.perturbation", self.perturbation, 0.0, 10.0)
        check_range("darkening.highest_ev", self.highest_ev, -12.0, 0.0)
        check_range("darkening.lowest_ev", self.lowest_ev, -12.0, self.highest_ev)
        check_range("darkening.white_balance_ev", self.white_balance_ev, 0.0, 3.0)
        check_range("darkening.most_shot", self.most_shot, 1e-9, 1.0)
        check_range("darkening.least_shot", self.least_shot, 1e-9, self.most_shot)
        check_range("darkening.most_read", self.most_read, 1e-9, 1.0)
        check_range("darkening.least_read", self.least_read, 1e-9, self.most_read)


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
