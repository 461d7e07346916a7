"""The training loop: seeded, resumable bit for bit on the CPU, stopping on the first value that is not finite."""

from __future__ import annotations

import math
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

import numpy as np
import torch

from arllie_deploy.atomic import ensure_folder
from arllie_deploy.errors import ArllieError, CheckFailedError
from arllie_deploy.training.checkpoint import (
    FILE_NAME,
    Checkpoint,
    damaged_checkpoint,
    load_checkpoint,
    save_checkpoint,
)
from arllie_deploy.training.distributed import Processes, joined
from arllie_deploy.training.fingerprint import fingerprint
from arllie_deploy.training.log import Row, write_curve, write_log
from arllie_deploy.training.task import Task
from arllie_deploy.training.validation import Validation

Model = TypeVar("Model")


@dataclass(frozen=True)
class Progress:
    """What a progress bar shows after one step; `validation` is the newest one, None before the first."""

    step: int
    loss: float
    validation: Validation | None


@dataclass(frozen=True)
class Trained(Generic[Model]):
    """The result: the best model on the validation pictures, and its scores there."""

    enhancer: Model
    best_step: int
    validation: Validation


def run_task(
    task: Task[Model],
    out: Path,
    *,
    resume: bool,
    force: bool,
    device: torch.device,
    report: Callable[[Progress], None],
) -> Trained[Model]:
    """Train a task; `out` gets the checkpoint, the log and its picture.

    Under torchrun every process calls this, and only the first one returns; see `distributed`.

    Raises:
        ArllieError: if `out` holds another run, or `resume` finds none that can go on.
        CheckFailedError: if the loss or a gradient is not finite; the last checkpoint stays.
    """
    with joined(device) as processes:
        run = _Run(task, out, device, processes)
        run.complete(resume=resume, force=force, report=report)
    return run.finish()


class _Run(Generic[Model]):
    """One run in progress."""

    def __init__(self, task: Task[Model], out: Path, device: torch.device, processes: Processes) -> None:
        self._task, self._recipe, self._network = task, task.recipe, task.network
        self._out, self._device, self._processes = out, device, processes
        with processes.agreed():
            self._data = fingerprint(task.split)
            processes.prepare(self._network, self._recipe.data.batch)
        optimizer = self._recipe.optimizer
        self._optimizer = torch.optim.AdamW(
            self._network.parameters(), lr=optimizer.learning_rate, weight_decay=optimizer.weight_decay
        )
        self._step = 0
        self._validation: Validation | None = None
        self._rows: list[Row] = []
        self._sum, self._count = 0.0, 0
        self._names: tuple[str, ...] = ()
        self._best = deepcopy(self._network.state_dict())
        self._best_step, self._best_score = 0, -math.inf

    def complete(self, *, resume: bool, force: bool, report: Callable[[Progress], None]) -> None:
        """All steps that are not done yet."""
        with self._processes.agreed():
            if self._first:
                self._open_folder(resume=resume, force=force)
        self._follow_first()
        while self._step < self._recipe.steps:
            value = self._advance()
            due = self._step % self._recipe.evaluate_every == 0 or self._step == self._recipe.steps
            if due:
                with self._processes.agreed():
                    if self._first:
                        self._evaluate()
            if self._first:
                report(Progress(self._step, value, self._validation))

    def finish(self) -> Trained[Model]:
        """Make the model of the best state and draw the curve."""
        write_curve(self._rows, self._recipe.name, self._out)
        self._network.load_state_dict(self._best)
        self._network.eval()
        validation = self._task.validate()
        provenance = {
            "recipe": self._recipe.to_json(),
            "data_sha256": self._data,
            "train_pictures": len(self._task.split.train),
            "validation_pictures": len(self._task.split.validation),
            "step": self._best_step,
            "validation": validation.to_json(),
        }
        return Trained(self._task.to_model(provenance), self._best_step, validation)

    @property
    def _first(self) -> bool:
        return self._processes.share.rank == 0

    def _open_folder(self, *, resume: bool, force: bool) -> None:
        ensure_folder(self._out)
        if resume:
            self._restore()
        elif (self._out / FILE_NAME).exists() and not force:
            raise ArllieError(f"{self._out} holds a run already; go on with --resume or start over with --force")
        elif self._task.start_is_a_candidate:
            self._network.eval()
            self._best_score = self._task.validate().score

    def _restore(self) -> None:
        saved = load_checkpoint(self._out, self._recipe.to_json(), self._data, self._device)
        try:
            self._network.load_state_dict(saved.best)
            self._network.load_state_dict(saved.network)
            self._optimizer.load_state_dict(saved.optimizer)
        except (RuntimeError, KeyError, ValueError, TypeError, AttributeError):
            raise damaged_checkpoint(self._out) from None
        self._step, self._rows = saved.step, saved.rows
        self._best, self._best_step, self._best_score = saved.best, saved.best_step, saved.best_score

    def _follow_first(self) -> None:
        """Go on from the first process's state; all processes must be given the same run."""
        mine = {
            "recipe": self._recipe.to_json(),
            "data": self._data,
            "step": self._step,
            "network": self._network.state_dict(),
            "optimizer": self._optimizer.state_dict(),
        }
        first = self._processes.of_first(mine)
        with self._processes.agreed():
            for what in ("recipe", "data"):
                if first[what] != mine[what]:
                    raise ArllieError(f"has another {what} than the first process; give all nodes the same command")
            self._network.load_state_dict(first["network"])
            self._optimizer.load_state_dict(first["optimizer"])
        self._step = first["step"]

    def _advance(self) -> float:
        """One optimizer step; the loss before it."""
        share = self._processes.share
        with self._processes.agreed():
            self._network.train()
            torch.manual_seed(_step_seed(self._recipe.seed, self._step, share.rank))
            self._optimizer.zero_grad()
            computed = self._task.step_loss(self._step, share)
            self._names = computed.names
            computed.loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it unannotated
        value = self._processes.average(self._network, computed.loss)
        norm = torch.nn.utils.clip_grad_norm_(self._network.parameters(), self._recipe.optimizer.clip)
        if not math.isfinite(value) or not math.isfinite(norm.item()):
            raise self._diverged("gradient" if math.isfinite(value) else "loss")
        for group in self._optimizer.param_groups:
            group["lr"] = self._learning_rate()
        self._optimizer.step()
        self._step += 1
        self._sum, self._count = self._sum + value, self._count + 1
        return value

    def _evaluate(self) -> None:
        """Score the validation pictures, remember the best, write log and checkpoint."""
        self._network.eval()
        if unsound := self._task.unsound():
            raise self._diverged(unsound)
        self._validation = self._task.validate()
        if self._validation.score > self._best_score or not self._task.split.validation:
            self._best, self._best_step = deepcopy(self._network.state_dict()), self._step
            self._best_score = self._validation.score
        mean = self._sum / self._count
        rate = self._learning_rate()
        self._rows.append(
            Row(self._step, mean, rate, self._validation.loss, self._validation.psnr_db, self._validation.clamped)
        )
        self._sum, self._count = 0.0, 0
        write_log(self._rows, self._out)
        save_checkpoint(
            Checkpoint(
                step=self._step,
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

    def _learning_rate(self) -> float:
        """Cosine from the first to the last step (Loshchilov and Hutter, ICLR 2017, eq. 5)."""
        optimizer = self._recipe.optimizer
        share = self._step / self._recipe.steps
        span = optimizer.learning_rate - optimizer.final_learning_rate
        return optimizer.final_learning_rate + span * (1 + math.cos(math.pi * share)) / 2

    def _diverged(self, what: str) -> CheckFailedError:
        names = ", ".join(sorted(set(self._names)))
        kept = f"the last good checkpoint is kept in {self._out}" if self._rows else "no checkpoint was written yet"
        where = f"step {self._step}: the {what} is not finite on the batch of {names}"
        return CheckFailedError(f"{where}; {kept}; lower the learning rate")


def _step_seed(seed: int, step: int, rank: int) -> int:
    return int(np.random.SeedSequence([seed, step, rank]).generate_state(1, np.uint64)[0] >> 1)
