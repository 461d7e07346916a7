"""What the loop trains: a network, its loss at each step, its score, and the model that comes of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from torch import Tensor, nn

from arllie_deploy.training.data import Split
from arllie_deploy.training.recipe import DataRecipe, OptimizerRecipe
from arllie_deploy.training.validation import Validation

Model_co = TypeVar("Model_co", covariant=True)


class RunRecipe(Protocol):
    """What the loop reads of a recipe; every kind of recipe has it."""

    @property
    def name(self) -> str:
        """The model's name."""

    @property
    def steps(self) -> int:
        """Optimizer steps."""

    @property
    def seed(self) -> int:
        """Of everything random."""

    @property
    def evaluate_every(self) -> int:
        """Steps between two evaluations, each with a checkpoint."""

    @property
    def data(self) -> DataRecipe:
        """Crops and split."""

    @property
    def optimizer(self) -> OptimizerRecipe:
        """Step sizes."""

    def to_json(self) -> dict[str, Any]:
        """JSON values: what a checkpoint is recognized by."""


@dataclass(frozen=True)
class Share:
    """The part of every batch that one process computes: the `rank`-th of `size` equal ones."""

    rank: int = 0
    size: int = 1

    def of(self, batch: int) -> slice:
        """Its pictures in a batch of `batch`, which `size` divides."""
        part = batch // self.size
        return slice(self.rank * part, (self.rank + 1) * part)


@dataclass(frozen=True)
class StepLoss:
    """The differentiable mean loss over a share, and the names of the pictures of the whole batch."""

    loss: Tensor
    names: tuple[str, ...]


class Task(Protocol[Model_co]):
    """One thing to train. Its constructor seeds torch before it draws the first weights.

    Whatever is random in a step is either drawn from (seed, step) by the task or taken from torch's global generator,
    which the loop seeds by (seed, step, rank) before each step: so a run can be resumed bit for bit.
    """

    @property
    def recipe(self) -> RunRecipe:
        """Of the run."""

    @property
    def split(self) -> Split:
        """The pictures."""

    @property
    def network(self) -> nn.Module:
        """What the optimizer changes and the checkpoint holds."""

    @property
    def start_is_a_candidate(self) -> bool:
        """Whether the state before the first step may be the result, as in a fine-tuning."""

    def step_loss(self, step: int, share: Share) -> StepLoss:
        """The loss of `step` on this process's share of the batch; the network is in training mode."""

    def unsound(self) -> str | None:
        """Words for a part of the model that is no longer finite, None if all is well; in evaluation mode."""

    def validate(self) -> Validation:
        """The score on the held-out pictures; the network is in evaluation mode."""

    def to_model(self, provenance: dict[str, Any]) -> Model_co:
        """The model of the network's present state; the network is in evaluation mode."""
