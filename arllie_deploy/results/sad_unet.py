"""`docs/results/sad_unet.md`: what each idea of the network is worth in short trainings, quality against latency."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from arllie_deploy.atomic import ensure_folder
from arllie_deploy.results.page import Origin, plot, summarize, table, write_numbers, write_page
from arllie_deploy.results.program import as_program
from arllie_deploy.results.sad_unet_latency import Cost, key, measure_once
from arllie_deploy.results.sad_unet_trainings import ARMS, SEEDS, WIDTHS, Arm, recipe_of, run
from arllie_deploy.results.short_trainings import Measured, compared, verdict

_COMMAND = "python -P -m arllie_deploy.results.sad_unet --data LOL/train --out docs/results"
_PACKAGES = ("torch", "onnxruntime", "numpy", "matplotlib")


def rows(measured: Sequence[Measured], arms: Sequence[Arm], costs: Mapping[str, Cost]) -> list[list[str]]:
    """One per arm: figures, difference to the reference, cost."""
    made = []
    for arm in arms:
        own = [one for one in measured if one.arm == arm.name]
        cost = costs[key(_arguments(arm))]
        made.append(
            [
                arm.name,
                *compared(measured, arm.name),
                summarize([one.ssim for one in own]).show(3),
                f"{100 * summarize([one.clamped for one in own]).mean:.1f}%",
                f"{cost.parameters:,}",
                f"{cost.macs / 1e6:.0f}",
                f"{cost.milliseconds:.0f}",
            ]
        )
    return made


def page_parts(measured: Sequence[Measured], costs: Mapping[str, Cost]) -> list[str]:
    """The paragraphs and tables of the page."""
    header = ["", "PSNR (dB)", "against the reference", "at 95 %", "SSIM", "cut off"]
    header += ["parameters", "MMAC at 256²", "ms at 1080p"]
    recipe = recipe_of(ARMS[0], SEEDS[0])
    minutes = sum(one.cpu_s for one in measured) / 60
    told = [name for name in (arm.name for arm in ARMS[1:]) if verdict(measured, name) != "not told apart"]
    short = ", ".join(f"{name} ({verdict(measured, name)})" for name in told) or "none"
    return [
        "The reference configuration of the self-attention-distilled U-Net (two first convolutions of 64 channels, "
        "FPN skips, axial depthwise convolutions, ReLU6, linear bottleneck, L2-normalized distillation) at a quarter "
        f"of its width and with a gain of {recipe.network.arguments['gain']:g}, one thing changed at a time. Trainings "
        "are short and equal, so this is what an idea is worth early in a training, not at its end. Neither LOL's test "
        "set nor the scenes it shares were used.",
        f"**Told apart from the reference over {len(SEEDS)} seeds:** {short}. Differences are taken seed by seed, "
        "since equal seeds draw equal batches; a row is told apart where zero is outside the 95 % interval of its mean "
        f"difference (Student's t). Of {len(ARMS) - 1} ideas that change nothing, at least one would be told apart by "
        f"chance on {100 * (1 - 0.95 ** (len(ARMS) - 1)):.0f}% of such pages.",
        f"## One thing at a time\n\n{table(header, rows(measured, ARMS, costs))}",
        "Distillation changes nothing in the graph for inference, so its cost is the reference's.",
        "## Quality against latency\n\nThe same short training at other widths. A wider network is further from the "
        "end of its training after equal steps.\n\n![PSNR over latency](sad_unet.png)\n\n"
        + table(header, rows(measured, (ARMS[0], *WIDTHS), costs)),
        f"## How\n\n{recipe.steps} steps of AdamW from {recipe.optimizer.learning_rate:g} down a cosine, each with "
        f"{recipe.frames.batch} whole frames of 150×100, or more that are smaller (down to ×{recipe.frames.least:g}), "
        "with a little noise added; the running average of the weights is scored, on the frames of held-out scenes at "
        "150×100, rounded to 8 bits; mean ± standard deviation. PSNR and SSIM as everywhere in this project. `cut off` "
        "is the share of values beyond [0, 1] before clamping. Milliseconds: "
        "onnxruntime, one thread, one frame of 1920×1080 (padded to 1920×1088), the least of three interleaved rounds "
        "with nothing else running; rows that compute the same differ by some per cent. Compare rows, not machines. "
        f"{minutes:.0f} minutes of one core for all trainings.",
    ]


def main(arguments: Sequence[str]) -> None:
    """Make the page."""
    parser = argparse.ArgumentParser(prog="python -P -m arllie_deploy.results.sad_unet", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with low/ and high/")
    parser.add_argument("--out", type=Path, default=Path("docs/results"), help="folder for the page")
    parser.add_argument("--work", type=Path, default=Path("runs/sad-unet-ablation"), help="keeps what is finished")
    given = parser.parse_args(arguments)
    make_page(given.data, given.out, given.work)


def make_page(data: Path, out: Path, work: Path) -> None:
    """Train everybody who is not trained yet, measure latencies, write sad_unet.md, sad_unet.json and sad_unet.png."""
    arms = (*ARMS, *WIDTHS)
    measured = run(arms, SEEDS, data, work)
    costs = measure_once([_arguments(arm) for arm in arms], work / "costs.json")
    ensure_folder(out)
    origin = Origin(_COMMAND, {"pictures and their split": measured[0].data}, {}, _PACKAGES)
    _draw(out / "sad_unet.png", measured, costs)
    numbers = {
        "measured": [{name: value for name, value in asdict(one).items() if name != "recipe"} for one in measured],
        "costs": {name: asdict(cost) for name, cost in costs.items()},
        "recipe": measured[0].recipe,
    }
    write_numbers(out / "sad_unet.json", numbers, origin)
    write_page(
        out / "sad_unet.md", "The ideas of the self-attention-distilled U-Net", page_parts(measured, costs), origin
    )


def _arguments(arm: Arm) -> Mapping[str, object]:
    return recipe_of(arm, SEEDS[0]).network.arguments


def _draw(path: Path, measured: Sequence[Measured], costs: Mapping[str, Cost]) -> None:
    with plot(path, 6.5, 4) as figure:
        axes = figure.subplots()
        for arm in (ARMS[0], *WIDTHS):
            spread = summarize([one.psnr_db for one in measured if one.arm == arm.name])
            arguments = _arguments(arm)
            axes.errorbar(
                [costs[key(arguments)].milliseconds],
                [spread.mean],
                [spread.deviation or 0.0],
                marker="o",
                capsize=3,
                label=f"width {arguments['width']}",
            )
        axes.set(xlabel="milliseconds at 1920×1080, one thread", ylabel="PSNR on held-out scenes (dB)", xscale="log")
        ticks = [costs[key(_arguments(arm))].milliseconds for arm in (ARMS[0], *WIDTHS)]
        axes.set_xticks(ticks, [f"{tick:,.0f}" for tick in ticks])
        axes.minorticks_off()
        axes.grid(alpha=0.3)
        axes.legend(frameon=False)


if __name__ == "__main__":
    as_program(main)
