"""One tier's first-order bilevel search: architecture logits on one half of the pairs, network weights on the other."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import torch
from torch import Tensor
from torch.nn import functional

from arllie_deploy.epilogues import EPILOGUES
from arllie_deploy.errors import CheckFailedError
from arllie_deploy.search.scenes import Scenes
from arllie_deploy.search.settings import HyperParameters, SearchSettings, ShortTraining
from arllie_deploy.search.tiers import Tier
from arllie_deploy.training.data import FrameStore, Sample, draw_batch
from arllie_deploy.training.losses import find_loss
from arllie_deploy.training.network import Output

AnyTier = TypeVar("AnyTier", bound=Tier)

# Points of a tier's history; a picture cannot show more.
_POINTS = 25
# RUAS's values for the logits (Liu et al., CVPR 2021); its weight decay is part of the gradient, as in torch's Adam.
_BETAS, _WEIGHT_DECAY = (0.5, 0.999), 1e-3


@dataclass(frozen=True)
class TierHistory:
    """The architecture weights of a tier while it was searched.

    Attributes:
        tier: its name.
        candidates: names of the candidates of each decision.
        steps: when the points were taken.
        decisions: title of a decision -> one row of probabilities per point.
    """

    tier: str
    candidates: tuple[str, ...]
    steps: tuple[int, ...]
    decisions: dict[str, list[list[float]]]


def search_tier(
    build: Callable[[], AnyTier],
    scenes: Scenes,
    store: FrameStore,
    settings: SearchSettings,
    chosen: HyperParameters,
    report: Callable[[int], None],
) -> tuple[AnyTier, TierHistory]:
    """Alternate one step on the logits and one on the weights, `tier_steps` times.

    First order as in DARTS (Liu et al., ICLR 2019, section 2.3): the weights are taken as constant in the logits' step.
    All candidates converge to the same function, so of converged weights the logits could learn nothing but noise.
    Two things turn their step towards speed, which is what structures are judged by: the weights begin anew every
    `training.steps` steps, and the mixture is of what each candidate has learned since then, its kernel minus the one
    it began with. The gradient of a logit is then how much further its candidate has come downhill than the others.

    Args:
        build: makes the mixture with fresh weights.
        scenes: `architecture` and `weights` are used.
        store: of decoded frames.
        settings: steps, crops, loss and epilogue.
        chosen: rates and seed.
        report: told the number of finished steps.

    Returns:
        The tier, to be asked for its decision, and how it came to it.

    Raises:
        CheckFailedError: if a loss or a gradient is not finite.
    """
    training = settings.training
    tier = build()
    logits = torch.optim.Adam([tier.logits], lr=chosen.architecture_rate, betas=_BETAS, weight_decay=_WEIGHT_DECAY)
    record = _Recorder(tier, settings.tier_steps)
    for step in range(settings.tier_steps):
        age = step % training.steps
        if age == 0:
            fresh = build()
            tier.load_state_dict({**fresh.state_dict(), "logits": tier.logits.detach().clone()})
            learned = _Learned(tier, tier.begun_with())
            weights = torch.optim.Adam(tier.network_weights(), lr=chosen.learning_rate)
        draws = ((chosen.seed, step), (chosen.seed + 1, step))
        _descend(learned, tier.network_weights(), weights, scenes.weights, store, training, draws[1])
        _descend(learned, [tier.logits], logits, scenes.architecture, store, training, draws[0])
        record.after(step + 1)
        report(step + 1)
    return tier, record.history()


@dataclass(frozen=True)
class _Learned:
    """A mixture of what the candidates of `tier` have learned since `start`."""

    tier: Tier
    start: Tier

    def loss(self, low: Tensor, high: Tensor, training: ShortTraining) -> Tensor:
        """On one batch, (N, 3, H, W) each."""
        (kernel, bias), (kernel_before, bias_before) = self.tier.composed(), self.start.composed()
        u = functional.conv2d(low, kernel - kernel_before, bias - bias_before, padding=1)
        row = EPILOGUES[training.epilogue]
        illumination = None if row.illumination is None else row.illumination(low, u, row.constants)
        output = Output(row.torch_form(low, u, row.constants), illumination)
        return find_loss(training.loss).function(low, output, high, training.loss_recipe())


class _Recorder:
    """Takes points of a tier's history."""

    def __init__(self, tier: Tier, last: int) -> None:
        self._tier, self._last, self._every = tier, last, max(1, last // _POINTS)
        self._steps: list[int] = []
        self._decisions: dict[str, list[list[float]]] = {}
        self.after(0)

    def after(self, step: int) -> None:
        if step % self._every and step != self._last:
            return
        self._steps.append(step)
        for title, row in self._tier.probabilities().items():
            self._decisions.setdefault(title, []).append([round(value, 4) for value in row])

    def history(self) -> TierHistory:
        return TierHistory(self._tier.name, self._tier.candidates(), tuple(self._steps), self._decisions)


def _descend(
    learned: _Learned,
    parameters: list[torch.nn.Parameter],
    optimizer: torch.optim.Optimizer,
    samples: Sequence[Sample],
    store: FrameStore,
    training: ShortTraining,
    draw: tuple[int, int],
) -> None:
    """One step of `optimizer` on `parameters` alone."""
    batch = draw_batch(samples, store, seed=draw[0], step=draw[1], batch=training.batch, crop=training.crop)
    assert batch.high is not None
    loss = learned.loss(torch.from_numpy(batch.low), torch.from_numpy(batch.high), training)
    for parameter, gradient in zip(parameters, torch.autograd.grad(loss, parameters), strict=True):
        parameter.grad = gradient
    norm = torch.nn.utils.clip_grad_norm_(parameters, training.clip)
    if not (math.isfinite(loss.item()) and math.isfinite(norm.item())):
        raise CheckFailedError(
            f"step {draw[1]} of the {learned.tier.name} tier: the loss or its gradient is not finite on the batch of "
            f"{', '.join(sorted(set(batch.names)))}"
        )
    optimizer.step()
