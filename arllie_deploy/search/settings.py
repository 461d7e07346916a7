"""What decides a search: the settings of the whole, and the hyper-parameters that each proposal draws for itself."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from arllie_deploy.epilogues import EPILOGUES
from arllie_deploy.errors import ArllieError
from arllie_deploy.training.losses import find_loss
from arllie_deploy.training.recipe import LossRecipe

MIN_JUDGES = 3
# A tier has two things to learn by turns, and starts from nothing.
_TIER_FACTOR = 2
_MID_WIDTHS = (8, 12, 16)
# Slow enough that the mixture still goes downhill at the end of a short training: at the bottom, all are alike.
_LEARNING_RATES = (5e-4, 3e-3)
# RUAS's 3e-4 moves a logit by less than 0.1 in 300 steps of Adam; these move it by a few units.
_ARCHITECTURE_RATES = (1e-2, 5e-2)


@dataclass(frozen=True)
class ShortTraining:
    """The fixed short training that structures are judged by, the same for all.

    AdamW, cosine from `learning_rate` to `final_learning_rate` over `steps`, gradients clipped to `clip` in norm;
    `batch` square crops of `crop` pixels.
    """

    steps: int = 100
    crop: int = 48
    batch: int = 8
    learning_rate: float = 1e-2
    final_learning_rate: float = 1e-4
    clip: float = 1.0
    epilogue: str = "residual"
    loss: str = "l1"

    def __post_init__(self) -> None:
        if self.steps < 1:
            raise ArllieError(f"the budget is {self.steps} steps, expected at least 1")
        if self.epilogue not in EPILOGUES:
            raise ArllieError(f"unknown epilogue {self.epilogue!r}; known: {', '.join(EPILOGUES)}")
        find_loss(self.loss)

    def loss_recipe(self) -> LossRecipe:
        """The loss with its default constants."""
        return LossRecipe(self.loss)


@dataclass(frozen=True)
class SearchSettings:
    """One search.

    Attributes:
        seed: decides the split of the scenes and every proposal.
        training: of the judges, and what the tiers take their crops, loss and epilogue from.
        judges: fresh seeds that a proposal is trained with to be judged, at least 3.
    """

    seed: int = 0
    training: ShortTraining = ShortTraining()
    judges: int = 5

    def __post_init__(self) -> None:
        if not 0 <= self.seed < 2**32:
            raise ArllieError(f"seed is {self.seed}, expected 0 to {2**32 - 1}")
        if self.judges < MIN_JUDGES:
            raise ArllieError(f"{self.judges} judges; at least {MIN_JUDGES} are needed to see a spread")

    @property
    def tier_steps(self) -> int:
        """Steps of each tier, on the logits and on the weights."""
        return _TIER_FACTOR * self.training.steps

    def to_json(self) -> dict[str, Any]:
        """JSON values, the derived steps among them: a study must not mix two versions of that rule."""
        return {**asdict(self), "tier_steps": self.tier_steps}

    def judge_seeds(self) -> tuple[int, ...]:
        """The seeds of the judges, the same for every proposal, so that all see the same batches."""
        return tuple(int(seed) for seed in np.random.default_rng([self.seed, 1]).integers(2**31, size=self.judges))

    def test_seeds(self) -> tuple[int, ...]:
        """The seeds of the trainings that the kept structure is tested with; no proposal was judged by them."""
        return tuple(int(seed) for seed in np.random.default_rng([self.seed, 3]).integers(2**31, size=self.judges))

    def hyper_parameters(self, proposal: int) -> HyperParameters:
        """Those of one proposal, a pure function of the seed and its number."""
        rng = np.random.default_rng([self.seed, 2, proposal])
        return HyperParameters(
            seed=int(rng.integers(2**31)),
            mid_width=int(rng.choice(_MID_WIDTHS)),
            learning_rate=_log_uniform(rng, *_LEARNING_RATES),
            architecture_rate=_log_uniform(rng, *_ARCHITECTURE_RATES),
        )


@dataclass(frozen=True)
class HyperParameters:
    """What one proposal is searched with.

    Attributes:
        seed: of its weights, logits and batches.
        mid_width: channels between mixing cells.
        learning_rate: of the network weights, Adam.
        architecture_rate: of the architecture logits, Adam.
    """

    seed: int
    mid_width: int
    learning_rate: float
    architecture_rate: float

    def to_json(self) -> dict[str, Any]:
        """JSON values."""
        return asdict(self)


def _log_uniform(rng: np.random.Generator, low: float, high: float) -> float:
    return float(f"{np.exp(rng.uniform(np.log(low), np.log(high))):.4g}")
