"""`docs/results/search.md`: the searched structure against known blocks, random structures and L-BFGS."""

from __future__ import annotations

import argparse
import math
import shlex
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import cache, partial
from importlib.resources import files
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any

from arllie_deploy.atomic import ensure_folder
from arllie_deploy.errors import ArllieError
from arllie_deploy.reparam.structure import Cell, Structure
from arllie_deploy.results.page import Origin, plot, summarize, table, write_numbers, write_page

if TYPE_CHECKING:
    from arllie_deploy.search.scenes import Scenes
    from arllie_deploy.search.settings import ShortTraining
    from arllie_deploy.training.data import FrameStore

HORIZONS = (100, 300, 1000, 3000)
SEEDS = (101, 102, 103, 104, 105)
RANDOM_SEEDS = (1, 2, 3)
LBFGS_EVALUATIONS = (25, 50, 100, 200)
_LBFGS_CROPS = 128
_PACKAGES = ("torch", "numpy", "matplotlib")
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
    """The held-out figures of one training after `effort` steps or evaluations."""

    contestant: str
    effort: int
    seed: int
    loss: float
    psnr_db: float | None


def contestants(searched: Structure) -> tuple[Contestant, ...]:
    """Every row that is trained step by step."""
    plain = structure("conv3x3")
    known = (
        Contestant("searched", searched, note="of `arllie-searched.json`"),
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
    scenes, store = _pictures(data, split_seed, training.crop)
    if job.steps == 0:
        return _measure_lbfgs(job, scenes, store, training)
    from arllie_deploy.search.judge import judge

    own = replace(training, steps=job.steps, learning_rate=job.contestant.learning_rate)
    found = judge(job.contestant.structure, scenes.learned, scenes.tested, store, own, [job.seed], lambda _: None)
    score = found.scores[0]
    return [Measured(job.contestant.name, job.steps, job.seed, score.loss, score.psnr_db)]


@cache
def _pictures(data: Path, split_seed: int, crop: int) -> tuple[Scenes, FrameStore]:
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

    crops = draw_batch(scenes.learned, store, seed=job.seed, step=0, batch=_LBFGS_CROPS, crop=training.crop)
    assert crops.high is not None
    low, high = torch.from_numpy(crops.low), torch.from_numpy(crops.high)
    torch.manual_seed(job.seed)
    network = OneLayerNetwork(job.contestant.structure, training.epilogue)
    loss, recipe = find_loss(training.loss), training.loss_recipe()
    found, before = [], 0
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
        found.append(Measured(job.contestant.name, evaluations, job.seed, scored.loss, scored.psnr_db))
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


def figures(measured: Sequence[Measured], name: str, effort: int) -> tuple[str, str]:
    """Loss and PSNR of one cell of the tables, mean ± deviation over the seeds."""
    chosen = [one for one in measured if one.contestant == name and one.effort == effort]
    ratios = [one.psnr_db for one in chosen if one.psnr_db is not None]
    loss = summarize([one.loss for one in chosen]).show(4)
    return loss, summarize(ratios).show(2) if len(ratios) == len(chosen) else "exact"


def verdict(measured: Sequence[Measured], names: Sequence[str], horizon: int) -> str:
    """One sentence: where the searched structure stands at a horizon, and whether seeds can tell it from the best."""
    found = {
        name: summarize([one.loss for one in measured if one.contestant == name and one.effort == horizon])
        for name in names
    }
    order = sorted(found, key=lambda name: found[name].mean)
    own, rank = found["searched"], order.index("searched") + 1
    other = order[1] if rank == 1 else order[0]
    gap = found[other].mean - own.mean
    # Standard error of the difference of two means.
    error = math.hypot(own.deviation or 0.0, found[other].deviation or 0.0) / math.sqrt(own.count)
    clear = "more than" if abs(gap) > 2 * error else "less than"
    side = "ahead of" if gap > 0 else "behind"
    return (
        f"- **{horizon} steps**: rank {rank} of {len(order)}, {abs(gap):.4f} {side} {other}; "
        f"that is {clear} twice the standard error ({2 * error:.4f})."
    )


def main(arguments: Sequence[str]) -> None:
    """Make the page."""
    parser = argparse.ArgumentParser(prog="python -P -m arllie_deploy.results.search", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with low/ and high/")
    parser.add_argument("--out", type=Path, default=Path("docs/results"), help="folder for the page")
    parser.add_argument("--searched", type=Path, help="result of arllie-search [default: the packaged one]")
    parser.add_argument("--workers", type=int, default=2, help="processes")
    given = parser.parse_args(arguments)
    make_page(given.data, given.out, given.searched or packaged_result(), given.workers)


def packaged_result() -> Path:
    """The result of the search that ships with the package."""
    return Path(str(files("arllie_deploy.models"))) / "arllie" / "arllie-searched.json"


def make_page(data: Path, out: Path, searched: Path, workers: int) -> None:
    """Train everybody, then write search.md, search.json and search.png to `out`."""
    from arllie_deploy.search.result import read_structure
    from arllie_deploy.search.settings import ShortTraining

    found, facts = read_structure(searched)
    training, split_seed = ShortTraining(), int(facts["settings"]["seed"])
    scenes, _ = _pictures(data, split_seed, training.crop)
    if scenes.sha256 != facts["data_sha256"]:
        raise ArllieError(f"{data}: not the pictures that {searched.name} was searched on; its test scenes were seen")
    ensure_folder(out)
    everybody = contestants(found)
    lbfgs = Contestant("L-BFGS", structure("conv3x3"), note="on the 84 parameters")
    jobs = [Job(one, steps, seed) for one in everybody for steps in HORIZONS for seed in SEEDS]
    jobs += [Job(lbfgs, 0, seed) for seed in SEEDS]
    started = time.monotonic()
    measured = run(jobs, data, split_seed, training, workers)
    minutes = (time.monotonic() - started) / 60
    command = shlex.join(
        ["python", "-P", "-m", "arllie_deploy.results.search", "--data", data.name, "--out", "docs/results"]
    )
    origin = Origin(command, {"pictures and their split": scenes.sha256}, {}, _PACKAGES)
    _draw(out / "search.png", measured, [one.name for one in everybody])
    write_numbers(
        out / "search.json",
        {"measured": [vars(one) for one in measured], "searched": found.to_json(), "minutes": round(minutes, 1)},
        origin,
    )
    parts = page_parts(measured, everybody, scenes.counts(), facts, minutes)
    write_page(out / "search.md", "What the search finds, and what it is worth", parts, origin)


def page_parts(
    measured: Sequence[Measured],
    everybody: Sequence[Contestant],
    pictures: Mapping[str, int],
    facts: Mapping[str, Any],
    minutes: float,
) -> list[str]:
    """The paragraphs and tables of the page."""
    names = [one.name for one in everybody]
    header = ["structure", *(f"{steps} steps" for steps in HORIZONS)]
    losses = [[name, *(figures(measured, name, steps)[0] for steps in HORIZONS)] for name in names]
    ratios = [[name, *(figures(measured, name, steps)[1] for steps in HORIZONS)] for name in names]
    quasi = [["L-BFGS, loss", *(figures(measured, "L-BFGS", n)[0] for n in LBFGS_EVALUATIONS)]]
    quasi += [["L-BFGS, PSNR (dB)", *(figures(measured, "L-BFGS", n)[1] for n in LBFGS_EVALUATIONS)]]
    found = Structure.from_json(facts["structure"])
    judged = [trial for trial in facts["trials"] if trial["state"] == "judged"]
    return [
        "Every structure here fuses to the same 84 parameters, one 3×3 convolution: given enough steps all of them "
        "reach the same function. A structure can only be better by getting there sooner, so structures are compared "
        "after equal, short trainings, and with other ways of getting there.",
        f"**Searched**: {describe(found)} (mid width {found.mid_width}), trial {facts['proposal']} of {len(judged)} "
        f"judged ones in `arllie-searched.json`. It was chosen by the loss after "
        f"{facts['settings']['training']['steps']} steps.",
        "## In short\n\n" + "\n".join(verdict(measured, names, steps) for steps in HORIZONS),
        "![loss on unseen scenes over the steps](search.png)",
        f"## Loss on unseen scenes (L1, lower is better)\n\n{table(header, losses)}",
        f"## PSNR on unseen scenes (dB)\n\n{table(header, ratios)}",
        "The loss is what is trained; PSNR weighs large errors more and follows it only roughly: a training that is "
        "stopped early can have a worse loss and a better PSNR.",
        "## L-BFGS directly on the 84 parameters\n\n"
        + table(["", *(f"{n} evaluations" for n in LBFGS_EVALUATIONS)], quasi)
        + f"\n\nFull batch on {_LBFGS_CROPS} fixed crops: one evaluation reads {_LBFGS_CROPS // 8} times the pixels of "
        "a step above.",
        "## Who is who\n\n" + table(["structure", "branches"], [[one.name, one.note] for one in everybody]),
        "RepVGG-, DBB- and ECB-style blocks follow their papers (Ding et al., CVPR 2021; Ding et al., CVPR 2021; Zhang "
        "et al., ACM MM 2021) as far as four branches of three cells allow; they are not those authors' code. Blocks "
        "with batch normalization train branch by branch and cost several times as much per step; steps are equal "
        "here, not seconds.",
        f"## How\n\nAdamW from 0.01 (unless the row says otherwise) down a cosine to 0.0001 over the given number of "
        "steps, each column a training of its own; 8 crops of 48×48 per step, gradients clipped to norm 1, residual "
        f"epilogue, L1 loss; {len(SEEDS)} seeds, mean ± standard deviation. Trained on "
        f"{pictures['weights'] + pictures['architecture']} pairs, scored on the {pictures['tested']} whole pictures of "
        "scenes that neither the search nor its choice among trials has seen. "
        f"{minutes:.0f} minutes for all trainings.",
    ]


def _draw(path: Path, measured: Sequence[Measured], names: Sequence[str]) -> None:
    with plot(path, 8, 4.8) as figure:
        axes = figure.subplots()
        for index, name in enumerate(names):
            spreads = [
                summarize([one.loss for one in measured if one.contestant == name and one.effort == steps])
                for steps in HORIZONS
            ]
            axes.errorbar(
                HORIZONS,
                [spread.mean for spread in spreads],
                [spread.deviation or 0.0 for spread in spreads],
                color="black" if name == "searched" else f"C{index - 1}",
                linewidth=2.4 if name == "searched" else 1.2,
                linestyle="--" if name.startswith("random") else "-",
                marker="o",
                markersize=3,
                capsize=2,
                label=name,
            )
        last = max(LBFGS_EVALUATIONS)
        floor = summarize([one.loss for one in measured if one.contestant == "L-BFGS" and one.effort == last]).mean
        axes.axhline(floor, color="gray", linewidth=1, linestyle=":", label="L-BFGS")
        axes.set(xscale="log", xlabel="steps of the training", ylabel="loss on unseen scenes (L1)")
        axes.set_xticks(HORIZONS, [str(steps) for steps in HORIZONS])
        axes.minorticks_off()
        axes.grid(alpha=0.3)
        axes.legend(frameon=False, fontsize=8)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except ArllieError as error:
        sys.stderr.write(f"error: {error}\n")
        sys.exit(error.exit_code)
