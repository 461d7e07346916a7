"""`docs/results/light_modules.md`: networks of light modules beside their baselines, and four upsamplers."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from arllie_deploy.atomic import ensure_folder
from arllie_deploy.networks.network import Network
from arllie_deploy.pictures.folder import picture_files
from arllie_deploy.results import light_modules_scores as scores
from arllie_deploy.results import light_modules_upsamplers as upsamplers
from arllie_deploy.results.light_modules_cost import Budget, Cost, budget_of, budget_table, cost_table, measure
from arllie_deploy.results.light_modules_pictures import draw_all
from arllie_deploy.results.light_modules_scores import DENOISERS, FILLERS, RESOLVERS, Case, Restore, Score
from arllie_deploy.results.lw_isp_pictures import (
    clean_split,
    find_networks,
    held_out,
    of_each,
    read_folder,
    refuse_seen,
    whole_split,
)
from arllie_deploy.results.page import Origin, fingerprint, table, write_numbers, write_page
from arllie_deploy.results.program import as_program
from arllie_deploy.results.quality.scores import load_pairs, pair_files, score
from arllie_deploy.results.short_trainings import Measured
from arllie_deploy.runtimes.network import OpenedNetwork

_COMMAND = (
    "python -P -m arllie_deploy.results.light_modules --data LOL --denoise DENOISE --sr SR_X4 --models MODELS "
    "--out docs/results"
)
_PACKAGES = ("torch", "onnxruntime", "numpy", "scikit-image", "matplotlib")
UNETS = ("sad-unet", "light-sad-unet", "lw-isp-lol", "light-lw-isp")

_INTRO = (
    "What [light modules](../light_modules.md) cost in quality and save in time: each light network beside the full "
    "one, trained by one recipe at equal steps (the full ones at half the learning rate), one training each; "
    "light-dncnn goes on in two more stages of 9,000 and 6,000 steps, and light-inpaint-delegate takes 2,000. PSNR in "
    "dB and SSIM are means over pictures that no network was trained on; results are rounded to 8 bits, as a user gets "
    "them. The training pictures are LOL's well-lit ones: frames of 150×100 and 68 crops of 256×192. The test sets "
    "chose no weights; light-dncnn was trained on because BSD68 was below a goal of 28.5 dB. A row that says "
    "`no network file` has no weights yet."
)
_TASKS = {
    "denoising": (
        "Gray pictures with Gaussian noise of σ = 25, neither clipped nor rounded, as in DnCNN's tables, the same "
        "noise in every row. DnCNN's authors report 29.23 dB on BSD68 and 30.44 dB on Set12 after a training on 400 "
        "pictures of BSDS that took much longer. light-dncnn-stage-1 has the recipe and the steps of dncnn, and "
        "light-dncnn goes on from it; its budget above is that of its last stage. All its operators are those that "
        "delegates have: it is its own delegate form."
    ),
    "super-resolution": (
        "Four times the sides. Scored on the brightness (BT.601, video range) without a border of 4 pixels, as is the "
        "convention; the small pictures are those of the benchmarks."
    ),
    "inpainting": (
        "One rectangle of 12 to 32 pixels a side in each of the pictures that the recipes hold out, the same in every "
        "row; PSNR and SSIM within the rectangle. The networks have half of the published width. Two of them begin "
        "with the smooth guess, which is not trained, and say what is to be added to it; delegates do not have its "
        "division. Of the checkpoints of a training these pictures chose one, by PSNR over the whole of each."
    ),
}


@dataclass(frozen=True)
class Found:
    """All that the page shows.

    Attributes:
        scores: task -> set of pictures -> method -> score; None where there is no file.
        unets: network -> score on eval15 (PSNR, SSIM); None where there is no file.
        costs: network -> cost; None where there is no file.
        budgets: network of a task -> its training; None where there is no file.
        measured: the trainings of the upsamplers.
        pictures: files beside the page.
    """

    scores: Mapping[str, Mapping[str, Mapping[str, Score | None]]]
    unets: Mapping[str, Score | None]
    costs: Mapping[str, Cost | None]
    budgets: Mapping[str, Budget | None]
    measured: Sequence[Measured]
    pictures: Sequence[str]

    def numbers(self) -> dict[str, Any]:
        """JSON values; without the recipes."""
        return {
            **{
                task: {name: _json(of_methods) for name, of_methods in sets.items()}
                for task, sets in self.scores.items()
            },
            "eval15": _json(self.unets),
            "costs": _json(self.costs),
            "budgets": _json(self.budgets),
            "upsamplers": [one.figures() for one in self.measured],
        }


def page_parts(found: Found) -> list[str]:
    """The paragraphs and tables of the page."""
    tasks = [
        f"## {task.capitalize()}\n\n{_TASKS[task]}\n\n{_score_table(sets)}\n\n![{task}]({picture})"
        for (task, sets), picture in zip(found.scores.items(), found.pictures, strict=True)
    ]
    return [_INTRO, _cost_part(found), *tasks, upsamplers.upsamplers_part(found.measured), _unets_part(found)]


def main(arguments: Sequence[str]) -> None:
    """Make the page."""
    parser = argparse.ArgumentParser(prog="python -P -m arllie_deploy.results.light_modules", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="LOL: folder with train/, train_crops/ and eval15/")
    parser.add_argument("--denoise", type=Path, required=True, help="folder with bsd68/ and set12/")
    parser.add_argument("--sr", type=Path, required=True, help="folder with set5/ and set14/, each with hr/ and lr/")
    parser.add_argument("--out", type=Path, default=Path("docs/results"), help="folder for the page")
    parser.add_argument("--work", type=Path, default=Path("runs/light-modules-page"), help="keeps finished trainings")
    parser.add_argument("--models", type=Path, help="folder of NAME.safetensors, before those that ship")
    given = parser.parse_args(arguments)
    make_page(given.data, given.denoise, given.sr, given.out, given.work, given.models)


def make_page(data: Path, denoise: Path, sr: Path, out: Path, work: Path, models: Path | None) -> None:
    """Train the upsamplers that are not trained yet, score everybody, write the page, its numbers and pictures."""
    from arllie_deploy.training.fingerprint import fingerprint as fingerprint_of_split

    ensure_folder(out)
    split = clean_split(data)
    digest = fingerprint_of_split(split)
    networks = find_networks((*DENOISERS, *RESOLVERS, *FILLERS, *UNETS), models)
    for name in FILLERS:
        if network := networks[name]:
            refuse_seen(network, digest)
    unseen = [scores.holed_case(picture, index) for index, picture in enumerate(held_out(split))]
    known = {name: network for name, network in networks.items() if network}
    costs = measure(known)
    found = Found(
        scores={
            "denoising": _score("denoising", _noisy(denoise), networks, DENOISERS, scores.score_denoising),
            "super-resolution": _score("super-resolution", _small(sr), networks, RESOLVERS, scores.score_resolution),
            "inpainting": _score(
                "inpainting", {f"held out ({len(unseen)})": unseen}, networks, FILLERS, scores.score_inpainting
            ),
        },
        unets=_score_unets(data / "eval15", networks),
        costs={name: costs.get(name) for name in networks},
        budgets=of_each((*DENOISERS, *RESOLVERS, *FILLERS), networks, budget_of),
        measured=upsamplers.run(upsamplers.ARMS, upsamplers.SEEDS, whole_split(data), work),
        pictures=draw_all(out, networks),
    )
    origin = _origin(known, digest, data, denoise, sr)
    write_numbers(out / "light_modules.json", found.numbers(), origin)
    write_page(out / "light_modules.md", "Light modules: quality beside cost", page_parts(found), origin)


def _noisy(folder: Path) -> dict[str, list[Case]]:
    sets = {"BSD68": "bsd68", "Set12": "set12"}
    return {
        title: [scores.noisy_case(picture, index) for index, picture in enumerate(read_folder(folder / name))]
        for title, name in sets.items()
    }


def _small(folder: Path) -> dict[str, list[Case]]:
    return {title: scores.read_small(folder / title.lower()) for title in ("Set5", "Set14")}


def _score(
    task: str,
    sets: Mapping[str, Sequence[Case]],
    networks: Mapping[str, Network | None],
    names: Sequence[str],
    of_cases: Callable[[Sequence[Case], Restore], Score],
) -> dict[str, dict[str, Score | None]]:
    everybody: dict[str, Restore | None] = {
        **scores.UNTRAINED[task],
        **of_each(names, networks, scores.restorer_of),
    }
    return {
        name: {method: restore and of_cases(cases, restore) for method, restore in everybody.items()}
        for name, cases in sets.items()
    }


def _score_unets(pairs: Path, networks: Mapping[str, Network | None]) -> dict[str, Score | None]:
    frames = load_pairs(pairs)
    found = of_each(UNETS, networks, lambda network: score(frames, OpenedNetwork(network, 1).run))
    return {name: None if one is None else Score(one.psnr, one.ssim) for name, one in found.items()}


def _score_table(sets: Mapping[str, Mapping[str, Score | None]]) -> str:
    methods = next(iter(sets.values()))
    rows = []
    for method in methods:
        found = [of_methods[method] for of_methods in sets.values()]
        cells = [cell for one in found for cell in (("", "") if one is None else _cells(one))]
        rows.append([method, *(cells if found[0] else ["no network file", *cells[1:]])])
    return table(["", *(title for name in sets for title in (f"{name}: PSNR", "SSIM"))], rows)


def _cost_part(found: Found) -> str:
    return (
        f"## Cost\n\n{cost_table(found.costs)}\n\nMilliseconds are of onnxruntime on one thread of this machine, for "
        "an input of 256×256. Multiply-accumulates do not say how long a frame takes: 1×1 and depthwise convolutions "
        f"wait for memory.\n\n## Budget\n\n{budget_table(found.budgets)}\n\nMinutes are the steps times the processor "
        "time that one takes here, without reading pictures and scoring. AdamW down a cosine; a running average of the "
        "weights; the recipes are `models/light_modules/*.toml`."
    )


def _unets_part(found: Found) -> str:
    rows = [
        [name, *(["no network file", ""] if one is None else _cells(one)), _milliseconds(found.costs[name])]
        for name, one in found.unets.items()
    ]
    return (
        "## Lightened U-Nets\n\nLOL's test pairs (eval15) at 600×400. `light-sad-unet` and `light-lw-isp` are the "
        "networks above them, lightened by the converter and trained anew, for a short time and in one stage.\n\n"
        + table(["", "PSNR (dB)", "SSIM", "ms at 256×256"], rows)
    )


def _milliseconds(cost: Cost | None) -> str:
    return "" if cost is None else f"{cost.milliseconds:.0f}"


def _cells(one: Score) -> list[str]:
    return [f"{one.psnr_db:.2f}", f"{one.ssim:.3f}"]


def _json(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: one and asdict(one) for name, one in values.items()}


def _origin(networks: Mapping[str, Network], digest: str, data: Path, denoise: Path, sr: Path) -> Origin:
    gray = {name: fingerprint(picture_files(denoise / name)) for name in ("bsd68", "set12")}
    large = {
        name: fingerprint([*picture_files(sr / name / "hr"), *picture_files(sr / name / "lr")])
        for name in ("set5", "set14")
    }
    return Origin(
        _COMMAND,
        {"clean pictures and their split": digest, "eval15": fingerprint(pair_files(data / "eval15")), **gray, **large},
        {name: network.sha256 for name, network in networks.items()},
        _PACKAGES,
    )


if __name__ == "__main__":
    as_program(main)
