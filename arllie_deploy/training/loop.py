"""The training loop: seeded, resumable bit for bit on the CPU, stopping on the first value that is not finite."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

import torch

from arllie_deploy.atomic import ensure_folder
from arllie_deploy.enhancer import Enhancer
from arllie_deploy.errors import ArllieError, CheckFailedError
from arllie_deploy.training.checkpoint import (
    FILE_NAME,
    Checkpoint,
    damaged_checkpoint,
    load_checkpoint,
    save_checkpoint,
)
from arllie_deploy.training.data import (
    FrameStore,
    Split,
    check_crop,
    draw_batch,
    find_lows_to_learn,
    find_pairs_to_learn,
    split_by_scene,
)
from arllie_deploy.training.log import Row, write_curve, write_log
from arllie_deploy.training.losses import find_loss
from arllie_deploy.training.network import OneLayerNetwork
from arllie_deploy.training.recipe import Recipe
from arllie_deploy.training.validation import Validation, validate


@dataclass(frozen=True)
class Progress:
    """What a progress bar shows after one step; `validation` is the newest one, None before the first."""

    step: int
    loss: float
    validation: Validation | None


@dataclass(frozen=True)
class Trained:
    """The result: the best model on the validation pictures, and its scores there."""

    enhancer: Enhancer
    best_step: int
    validation: Validation


def train(
    recipe: Recipe,
    data: Path,
    out: Path,
    *,
    resume: bool,
    force: bool,
    device: torch.device,
    report: Callable[[Progress], None],
) -> Trained:
    """Run a recipe; `out` gets the checkpoint, the log and its picture.

    Raises:
        ArllieError: on unusable data, or if `out` holds another run.
        CheckFailedError: if the loss or a gradient is not finite; the last checkpoint stays.
    """
    loss = find_loss(recipe.loss.name)
    samples = find_pairs_to_learn(data) if loss.supervised else find_lows_to_learn(data)
    split = split_by_scene(samples, data, recipe.data.validation_fraction, recipe.seed)
    ensure_folder(out)
    check_crop(split.train, recipe.data.crop)
    run = _Run(recipe, split, _fingerprint(split), out, device)
    if resume:
        run.restore()
    elif (out / FILE_NAME).exists() and not force:
        raise ArllieError(f"{out} holds a run already; go on with --resume or start over with --force")
    while run.step < recipe.steps:
        value = run.advance()
        if run.step % recipe.evaluate_every == 0 or run.step == recipe.steps:
            run.evaluate()
        report(Progress(run.step, value, run.validation))
    return run.finish()


class _Run:
    """One run in progress."""

    def __init__(self, recipe: Recipe, split: Split, data: str, out: Path, device: torch.device) -> None:
        torch.manual_seed(recipe.seed)
        self._recipe, self._split, self._data, self._out, self._device = recipe, split, data, out, device
        self._loss = find_loss(recipe.loss.name)
        self._store = FrameStore()
        self._network = OneLayerNetwork(recipe.model.structure(), recipe.model.epilogue).to(device)
        self._optimizer = torch.optim.AdamW(
            self._network.parameters(), lr=recipe.optimizer.learning_rate, weight_decay=recipe.optimizer.weight_decay
        )
        self.step = 0
        self.validation: Validation | None = None
        self._rows: list[Row] = []
        self._sum, self._count = 0.0, 0
        self._names: tuple[str, ...] = ()
        self._best = deepcopy(self._network.state_dict())
        self._best_step, self._best_score = 0, -math.inf

    def restore(self) -> None:
        saved = load_checkpoint(self._out, self._recipe, self._data, self._device)
        try:
            self._network.load_state_dict(saved.best)
            self._network.load_state_dict(saved.network)
            self._optimizer.load_state_dict(saved.optimizer)
        except (RuntimeError, KeyError, ValueError, TypeError, AttributeError):
            raise damaged_checkpoint(self._out) from None
        self.step, self._rows = saved.step, saved.rows
        self._best, self._best_step, self._best_score = saved.best, saved.best_step, saved.best_score

    def advance(self) -> float:
        """One optimizer step; the loss before it."""
        recipe = self._recipe
        self._network.train()
        batch = draw_batch(
            self._split.train,
            self._store,
            seed=recipe.seed,
            step=self.step,
            batch=recipe.data.batch,
            crop=recipe.data.crop,
        )
        for group in self._optimizer.param_groups:
            group["lr"] = self._learning_rate()
        self._optimizer.zero_grad()
        low = torch.from_numpy(batch.low).to(self._device)
        high = None if batch.high is None else torch.from_numpy(batch.high).to(self._device)
        loss = self._loss.function(low, self._network(low), high, recipe.loss)
        loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it unannotated
        norm = torch.nn.utils.clip_grad_norm_(self._network.parameters(), recipe.optimizer.clip)
        value = loss.item()
        self._names = batch.names
        if not math.isfinite(value) or not math.isfinite(norm.item()):
            raise self._diverged("gradient" if math.isfinite(value) else "loss")
        self._optimizer.step()
        self.step += 1
        self._sum, self._count = self._sum + value, self._count + 1
        return value

    def evaluate(self) -> None:
        """Score the validation pictures, remember the best, write log and checkpoint."""
        self._network.eval()
        if not all(torch.isfinite(part).all() for part in self._network.block.composed()):
            raise self._diverged("fused kernel")
        self.validation = validate(self._network, self._split.validation, self._store, self._recipe.loss, self._device)
        if self.validation.score > self._best_score or not self._split.validation:
            self._best, self._best_step = deepcopy(self._network.state_dict()), self.step
            self._best_score = self.validation.score
        self._rows.append(
            Row(
                self.step,
                self._sum / self._count,
                self._learning_rate(),
                self.validation.loss,
                self.validation.psnr_db,
            )
        )
        self._sum, self._count = 0.0, 0
        write_log(self._rows, self._out)
        save_checkpoint(
            Checkpoint(
                step=self.step,
                recipe=self._recipe.to_json(),
                data=self._data,
                network=self._network.state_dict(),
                optimizer=self._optimizer.state_dict(),
                best=self._best,
                best_step=self._best_step,
                best_score=self._best_score,
                rows=self._rows,
            ),
            self._out,
        )

    def finish(self) -> Trained:
        """Fuse the best state and draw the curve."""
        write_curve(self._rows, self._recipe.name, self._out)
        self._network.load_state_dict(self._best)
        self._network.eval()
        validation = validate(self._network, self._split.validation, self._store, self._recipe.loss, self._device)
        provenance = {
            "recipe": self._recipe.to_json(),
            "data_sha256": self._data,
            "train_pictures": len(self._split.train),
            "validation_pictures": len(self._split.validation),
            "step": self._best_step,
            "validation": validation.to_json(),
        }
        enhancer = self._network.to_enhancer(self._recipe.name, provenance, self._recipe.license)
        return Trained(enhancer, self._best_step, validation)

    def _learning_rate(self) -> float:
        """Cosine from the first to the last step (Loshchilov and Hutter, ICLR 2017, eq. 5)."""
        optimizer = self._recipe.optimizer
        share = self.step / self._recipe.steps
        span = optimizer.learning_rate - optimizer.final_learning_rate
        return optimizer.final_learning_rate + span * (1 + math.cos(math.pi * share)) / 2

    def _diverged(self, what: str) -> CheckFailedError:
        names = ", ".join(sorted(set(self._names)))
        kept = f"the last good checkpoint is kept in {self._out}" if self._rows else "no checkpoint was written yet"
        where = f"step {self.step}: the {what} is not finite on the batch of {names}"
        return CheckFailedError(f"{where}; {kept}; lower the learning rate")


def _fingerprint(split: Split) -> str:
    """Hash of the names and contents of the pictures, and of which of them are held out."""
    digest = hashlib.sha256()
    for sample in (*split.train, None, *split.validation):
        digest.update(b"-- held out --\n" if sample is None else b"")
        for path in filter(None, (sample.low, sample.high) if sample else ()):
            digest.update(f"{path.parent.name}/{path.name}\n".encode())
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()
