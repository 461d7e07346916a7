"""`docs/results/search.md`: the searched structure against known blocks, random structures and L-BFGS."""

from __future__ import annotations

import argparse
import math
import shlex
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

from arllie_deploy.atomic import ensure_folder
from arllie_deploy.errors import ArllieError
from arllie_deploy.reparam.structure import Structure
from arllie_deploy.results.page import Origin, plot, summarize, table, write_numbers, write_page
from arllie_deploy.results.program import as_program
from arllie_deploy.results.search_trainings import (
    HORIZONS,
    LBFGS_CROPS,
    LBFGS_EVALUATIONS,
    SEEDS,
    Contestant,
    Job,
    Measured,
    contestants,
    describe,
    pictures,
    run,
    structure,
)

_PACKAGES = ("torch", "numpy", "matplotlib")


def figures(measured: Sequence[Measured], name: str, effort: int) -> tuple[str, str]:
    """Loss and PSNR of one cell of the tables, mean ± deviation over the seeds."""
    chosen = [one for one in measured if one.contestant == name and one.effort == effort]
    ratios = [one.psnr_db for one in chosen if one.psnr_db is not None]
    loss = summarize([one.loss for one in chosen]).show(4)
    return loss, summarize(ratios).show(2) if len(ratios) == len(chosen) else "exact"


def verdict(measured: Sequence[Measured], names: Sequence[str], horizon: int) -> str:
    """One sentence: where the searched structure stands among `names` at a horizon, and whether the seeds can tell."""
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


def verdicts(measured: Sequence[Measured], everybody: Sequence[Contestant]) -> str:
    """The section "In short": among structures at one rate, and against a plain layer whose rate was raised."""
    usual = everybody[0].learning_rate
    same = [one.name for one in everybody if one.learning_rate == usual]
    plain = [one.name for one in everybody if one.structure == structure("conv3x3")]
    return "\n\n".join(
        [
            "## In short",
            "The searched structure among all structures, everybody at the same learning rate:",
            "\n".join(verdict(measured, same, steps) for steps in HORIZONS),
            "The same against nothing but the plain layer, which may take three or ten times the rate as well. Where "
            "it is behind, a larger rate is the simpler way to get there:",
            "\n".join(verdict(measured, ["searched", *plain], steps) for steps in HORIZONS),
        ]
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
    scenes, _ = pictures(data, split_seed, training.crop)
    if scenes.sha256 != facts["data_sha256"]:
        raise ArllieError(f"{data}: not the pictures that {searched.name} was searched on; its test scenes were seen")
    ensure_folder(out)
    everybody = contestants(found)
    lbfgs = Contestant("L-BFGS", structure("conv3x3"), note="on the 84 parameters")
    jobs = [Job(one, steps, seed) for one in everybody for steps in HORIZONS for seed in SEEDS]
    jobs += [Job(lbfgs, 0, seed) for seed in SEEDS]
    measured = run(jobs, data, split_seed, training, workers)
    command = shlex.join(
        ["python", "-P", "-m", "arllie_deploy.results.search", "--data", data.name, "--out", "docs/results"]
    )
    origin = Origin(command, {"pictures and their split": scenes.sha256}, {}, _PACKAGES)
    _draw(out / "search.png", measured, [one.name for one in everybody])
    write_numbers(
        out / "search.json",
        {"measured": [vars(one) for one in measured], "searched": found.to_json()},
        origin,
    )
    parts = page_parts(measured, everybody, scenes.counts(), facts)
    write_page(out / "search.md", "What the search finds, and what it is worth", parts, origin)


def page_parts(
    measured: Sequence[Measured],
    everybody: Sequence[Contestant],
    counts: Mapping[str, int],
    facts: Mapping[str, Any],
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
        verdicts(measured, everybody),
        "![loss on unseen scenes over the steps](search.png)",
        f"## Loss on unseen scenes (L1, lower is better)\n\n{table(header, losses)}",
        f"## PSNR on unseen scenes (dB)\n\n{table(header, ratios)}",
        "The loss is what is trained; PSNR weighs large errors more and follows it only roughly: a training that is "
        "stopped early can have a worse loss and a better PSNR.",
        "## L-BFGS directly on the 84 parameters\n\n"
        + table(["", *(f"{n} evaluations" for n in LBFGS_EVALUATIONS)], quasi)
        + f"\n\nFull batch on {LBFGS_CROPS} fixed crops: one evaluation reads {LBFGS_CROPS // 8} times the pixels of "
        "a step above.",
        "## Who is who\n\n" + table(["structure", "branches"], [[one.name, one.note] for one in everybody]),
        "RepVGG-, DBB- and ECB-style blocks follow their papers (Ding et al., CVPR 2021; Ding et al., CVPR 2021; Zhang "
        "et al., ACM MM 2021) as far as four branches of three cells allow; they are not those authors' code. Blocks "
        "with batch normalization train branch by branch and cost several times as much per step; steps are equal "
        "here, not seconds.",
        f"## How\n\nAdamW from 0.01 (unless the row says otherwise) down a cosine to 0.0001 over the given number of "
        "steps, each column a training of its own; 8 crops of 48×48 per step, gradients clipped to norm 1, residual "
        f"epilogue, L1 loss; {len(SEEDS)} seeds, mean ± standard deviation. Trained on "
        f"{counts['weights'] + counts['architecture']} pairs, scored on the {counts['tested']} whole pictures of "
        "scenes that neither the search nor its choice among trials has seen. "
        f"{cpu_minutes(measured):.0f} minutes of one core for all trainings.",
    ]


def cpu_minutes(measured: Sequence[Measured]) -> float:
    """Processor time of all trainings; the rows of one L-BFGS run grow, and its last one holds all of its time."""
    lbfgs = [one.cpu_s for one in measured if one.contestant == "L-BFGS" and one.effort == max(LBFGS_EVALUATIONS)]
    return (sum(one.cpu_s for one in measured if one.contestant != "L-BFGS") + sum(lbfgs)) / 60


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
                color="black" if name.startswith("searched") else f"C{index - 2}",
                linewidth=2.4 if name == "searched" else 1.2,
                linestyle="--" if name.startswith("random") or "rate" in name else "-",
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
    as_program(main)
