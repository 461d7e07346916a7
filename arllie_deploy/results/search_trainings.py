"""The trainings behind `docs/results/search.md`: who takes part, and what each of them comes to."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import cache, partial
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING

from arllie_deploy.reparam.structure import Cell, Structure

if TYPE_CHECKING:
    from arllie_deploy.search.scenes import Scenes
    from arllie_deploy.search.settings import ShortTraining
    from arllie_deploy.training.data import FrameStore

HORIZONS = (100, 300, 1000, 3000)
SEEDS = (101, 102, 103, 104, 105)
RANDOM_SEEDS = (1, 2, 3)
LBFGS_EVALUATIONS = (25, 50, 100, 200)
LBFGS_CROPS = 128
_PLAIN = "plain 3×3"


@dataclass(frozen=True)
class Contestant:
    """One row: `learning_rate` is what its trainings begin with."""

    name: str
    structure: Structure
    learning_rate: float = 1e-2
    note: str = ""


@dataclass(frozen=True)
class Job:
    """One training of one contestant: `steps` of AdamW, or the L-BFGS run where `steps` is 0."""

    contestant: Contestant
    steps: int
    seed: int


@dataclass(frozen=True)
class Measured:
    """The held-out figures of one training.

    Attributes:
        contestant: its name.
        effort: steps, or evaluations of L-BFGS.
        seed: of the training.
        loss: mean over the pictures.
        psnr_db: likewise; None where a picture is matched exactly.
        cpu_s: processor time of the training, its scoring included.
    """

    contestant: str
    effort: int
    seed: int
    loss: float
    psnr_db: float | None
    cpu_s: float


def contestants(searched: Structure) -> tuple[Contestant, ...]:
    """Every row that is trained step by step."""
    plain = structure("conv3x3")
    known = (
        Contestant("searched", searched, note="of `arllie-searched.json`"),
        Contestant("searched, rate ×3", searched, 3e-2, "the same, begun with 0.03"),
        Contestant(_PLAIN, plain, note="the 84 parameters themselves"),
        Contestant(f"{_PLAIN}, rate ×3", plain, 3e-2, "the same, begun with 0.03"),
        Contestant(f"{_PLAIN}, rate ×10", plain, 1e-1, "the same, begun with 0.1"),
        Contestant(
            "RepVGG-style",
            structure("conv3x3+norm", "conv1x1+norm", "skip+norm"),
            note="3×3, 1×1 and identity, each with batch normalization",
        ),
        Contestant(
            "DBB-style",
            structure("conv3x3+norm", "conv1x1+norm", "conv1x1+norm conv3x3+norm", "conv1x1+norm average+norm"),
            note="all four branches, batch normalization in each; mid width 3 as in the original",
        ),
        Contestant(
            "ECB-style",
            structure("conv3x3", "conv1x1 conv3x3", "conv1x1 sobel_x", "conv1x1 laplacian", mid_width=6),
            note="3×3, 1×1 → 3×3 and two edge branches; Sobel y and the identity do not fit into four branches",
        ),
    )
    from arllie_deploy.search.random_structure import random_structure

    drawn = (Contestant(f"random {seed}", random_structure(seed)) for seed in RANDOM_SEEDS)
    return (*known, *(replace(one, note=describe(one.structure)) for one in drawn))


def structure(*branches: str, mid_width: int = 3) -> Structure:
    """A structure from one text per branch, its cells separated by spaces, "+norm" after a cell that has one."""
    cells = [[Cell(cell.removesuffix("+norm"), cell.endswith("+norm")) for cell in b.split()] for b in branches]
    return Structure(tuple(tuple(branch) for branch in cells), mid_width)


def describe(found: Structure) -> str:
    """For a table: the branches and their cells."""
    return "; ".join(" → ".join(cell.operation for cell in branch) for branch in found.branches)


def measure(job: Job, data: Path, split_seed: int, training: ShortTraining) -> list[Measured]:
    """Train and score one job, on one thread."""
    import torch

    torch.set_num_threads(1)
    scenes, store = pictures(data, split_seed, training.crop)
    started = time.process_time()
    if job.steps == 0:
        return _measure_lbfgs(job, scenes, store, training)
    from arllie_deploy.search.judge import judge

    own = replace(training, steps=job.steps, learning_rate=job.contestant.learning_rate)
    found = judge(job.contestant.structure, scenes.learned, scenes.tested, store, own, [job.seed], lambda _: None)
    score, spent = found.scores[0], time.process_time() - started
    return [Measured(job.contestant.name, job.steps, job.seed, score.loss, score.psnr_db, spent)]


@cache
def pictures(data: Path, split_seed: int, crop: int) -> tuple[Scenes, FrameStore]:
    """Once per process, which has many trainings to do."""
    from arllie_deploy.search.scenes import split_scenes
    from arllie_deploy.training.data import FrameStore, find_pairs_to_learn

    return split_scenes(find_pairs_to_learn(data), data, split_seed, crop), FrameStore()


def _measure_lbfgs(job: Job, scenes: Scenes, store: FrameStore, training: ShortTraining) -> list[Measured]:
    """Quasi-Newton steps on the 84 parameters, full batch on fixed crops, scored at some numbers of evaluations."""
    import torch

    from arllie_deploy.search.judge import score
    from arllie_deploy.training.data import draw_batch
    from arllie_deploy.training.losses import find_loss
    from arllie_deploy.training.network import OneLayerNetwork

    crops = draw_batch(scenes.learned, store, seed=job.seed, step=0, batch=LBFGS_CROPS, crop=training.crop)
    assert crops.high is not None
    low, high = torch.from_numpy(crops.low), torch.from_numpy(crops.high)
    torch.manual_seed(job.seed)
    network = OneLayerNetwork(job.contestant.structure, training.epilogue)
    loss, recipe = find_loss(training.loss), training.loss_recipe()
    found, before, started = [], 0, time.process_time()
    for evaluations in LBFGS_EVALUATIONS:
        # Begun anew from where it stands: the number of evaluations of one call is all that torch lets one bound.
        optimizer = torch.optim.LBFGS(
            network.parameters(),
            max_iter=evaluations,
            max_eval=evaluations - before,
            history_size=50,
            line_search_fn="strong_wolfe",
            tolerance_grad=0.0,
            tolerance_change=0.0,
        )

        def closure(optimizer: torch.optim.Optimizer = optimizer) -> torch.Tensor:
            optimizer.zero_grad()
            value = loss.function(low, network(low), high, recipe)
            value.backward()  # type: ignore[no-untyped-call]  # torch leaves it unannotated
            return value

        optimizer.step(closure)  # type: ignore[no-untyped-call]  # as above
        before = evaluations
        scored = score(network.eval(), scenes.tested, store, training, job.seed)
        spent = time.process_time() - started
        found.append(Measured(job.contestant.name, evaluations, job.seed, scored.loss, scored.psnr_db, spent))
    return found


def run(jobs: Sequence[Job], data: Path, split_seed: int, training: ShortTraining, workers: int) -> list[Measured]:
    """All jobs, the longest first, `workers` at a time; says on stderr how far it is."""
    work = partial(measure, data=data, split_seed=split_seed, training=training)
    ordered = sorted(jobs, key=lambda job: -job.steps)
    if workers == 1:
        return _gather(map(work, ordered), len(ordered))
    with ProcessPoolExecutor(workers, get_context("spawn")) as pool:
        return _gather(pool.map(work, ordered), len(ordered))


def _gather(results: Iterable[list[Measured]], total: int) -> list[Measured]:
    started, measured = time.monotonic(), []
    for number, found in enumerate(results, 1):
        measured.extend(found)
        if number % 20 == 0:
            sys.stderr.write(f"{number} of {total} trainings, {time.monotonic() - started:.0f} s\n")
    return sorted(measured, key=lambda one: (one.contestant, one.effort, one.seed))
