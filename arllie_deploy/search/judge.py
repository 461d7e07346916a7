"""How a structure is judged: its loss on held-out scenes after a fixed short training, over several fresh seeds.

Every structure fuses to the same 84 parameters, so losses at convergence cannot tell structures apart; how far a short
training gets can.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

import torch

from arllie_deploy.errors import CheckFailedError
from arllie_deploy.reparam.structure import Structure
from arllie_deploy.search.settings import ShortTraining
from arllie_deploy.training.data import FrameStore, Sample, draw_batch
from arllie_deploy.training.losses import find_loss
from arllie_deploy.training.network import OneLayerNetwork
from arllie_deploy.training.validation import validate


@dataclass(frozen=True)
class Score:
    """One training's result on held-out pictures; `psnr_db` is None where a picture is matched exactly."""

    seed: int
    loss: float
    psnr_db: float | None

    def to_json(self) -> dict[str, Any]:
        """JSON values."""
        return dict(vars(self))


@dataclass(frozen=True)
class Judgment:
    """The scores of one structure, one per seed."""

    scores: tuple[Score, ...]

    @property
    def loss(self) -> float:
        """The mean that structures are ranked by; lower is better."""
        return fmean(score.loss for score in self.scores)

    def to_json(self) -> dict[str, Any]:
        """JSON values."""
        return {"mean_loss": self.loss, "scores": [score.to_json() for score in self.scores]}


def judge(
    structure: Structure,
    learned: Sequence[Sample],
    held_out: Sequence[Sample],
    store: FrameStore,
    training: ShortTraining,
    seeds: Sequence[int],
    report: Callable[[int], None],
) -> Judgment:
    """Train `structure` once per seed and score each result.

    Args:
        structure: what is judged.
        learned: training pictures.
        held_out: pictures of other scenes.
        store: of decoded frames.
        training: how it is trained.
        seeds: of initial weights and batches.
        report: told the number of finished steps over all seeds.

    Raises:
        CheckFailedError: if a loss or a gradient is not finite.
    """
    scores = []
    for index, seed in enumerate(seeds):

        def say(step: int, before: int = index * training.steps) -> None:
            report(before + step)

        network = train_briefly(structure, learned, store, training, seed, say)
        scores.append(score(network, held_out, store, training, seed))
    return Judgment(tuple(scores))


def train_briefly(
    structure: Structure,
    samples: Sequence[Sample],
    store: FrameStore,
    training: ShortTraining,
    seed: int,
    report: Callable[[int], None],
) -> OneLayerNetwork:
    """One short training from fresh weights; the network comes back in evaluation mode."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = OneLayerNetwork(structure, training.epilogue)
    loss_row, recipe = find_loss(training.loss), training.loss_recipe()
    optimizer = torch.optim.AdamW(network.parameters(), lr=training.learning_rate, weight_decay=0.0)
    network.train()
    for step in range(training.steps):
        batch = draw_batch(samples, store, seed=seed, step=step, batch=training.batch, crop=training.crop)
        low = torch.from_numpy(batch.low)
        high = None if batch.high is None else torch.from_numpy(batch.high)
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(training, step)
        optimizer.zero_grad()
        loss = loss_row.function(low, network(low), high, recipe)
        loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it unannotated
        norm = torch.nn.utils.clip_grad_norm_(network.parameters(), training.clip)
        if not (math.isfinite(loss.item()) and math.isfinite(norm.item())):
            raise CheckFailedError(
                f"step {step} of the short training: the loss or its gradient is not finite on the batch of "
                f"{', '.join(sorted(set(batch.names)))}"
            )
        optimizer.step()
        report(step + 1)
    return network.eval()


def learning_rate(training: ShortTraining, step: int) -> float:
    """Cosine from the first to the last step (Loshchilov and Hutter, ICLR 2017, eq. 5)."""
    span = training.learning_rate - training.final_learning_rate
    return training.final_learning_rate + span * (1 + math.cos(math.pi * step / training.steps)) / 2


def score(
    network: OneLayerNetwork, held_out: Sequence[Sample], store: FrameStore, training: ShortTraining, seed: int
) -> Score:
    """Loss and PSNR of a network in evaluation mode, means over whole pictures.

    Raises:
        CheckFailedError: if the loss is not finite.
    """
    validation = validate(network, held_out, store, training.loss_recipe(), torch.device("cpu"))
    loss, psnr_db = validation.loss, validation.psnr_db
    if loss is None or not math.isfinite(loss):
        raise CheckFailedError(f"the loss on the held-out pictures is {loss}")
    return Score(seed, loss, psnr_db if psnr_db is not None and math.isfinite(psnr_db) else None)
