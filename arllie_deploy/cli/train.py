"""`arllie-train`: from a folder of pictures to a model file."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from arllie_deploy.cli.odd_pairs import odd_pairs
from arllie_deploy.cli.output import note, print_json, print_line, progress
from arllie_deploy.cli.save_trained import require_packager, save_trained
from arllie_deploy.errors import UnavailableError

if TYPE_CHECKING:
    import torch

    from arllie_deploy.training.data import Sample, Split
    from arllie_deploy.training.loop import Progress, Trained
    from arllie_deploy.training.recipe_file import AnyRecipe
    from arllie_deploy.training.tasks import Outcome


def command(
    recipe: Annotated[str, typer.Option(help="A shipped recipe (arllie-adaptive, arllie-lol, …) or a .toml file.")],
    data: Annotated[
        Path,
        typer.Option(
            help="Folder with low/ and, for supervised recipes, high/; or see --layout; or any of clean pictures."
        ),
    ],
    out: Annotated[Path, typer.Option(help="Folder for the model, the checkpoint, the log and its curve.")],
    layout: Annotated[
        str,
        typer.Option(help="Of DATA: pairs, lol-v1, lol-v2-real, lol-v2-synthetic, lsrw, fivek, sice, dark-face, baid."),
    ] = "pairs",
    crops: Annotated[
        Path | None, typer.Option(help="Full-resolution crops of DATA's pictures, for recipes that take them.")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Instead of the recipe's seed.")] = None,
    steps: Annotated[int | None, typer.Option(help="Instead of the recipe's number of steps.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on from the checkpoint in OUT.")] = False,
    device: Annotated[str, typer.Option(help="auto, cpu or cuda.")] = "auto",
    skip_pair_check: Annotated[
        bool, typer.Option("--skip-pair-check", help="Train on swapped, shifted, unrelated and constant pairs too.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace a run that OUT holds already.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Train a fused 3×3 convolution, the head of an adaptive model, or a network of many layers.

    Examples: arllie-train --recipe arllie-lol --data LOL/our485 --out runs/lol · arllie-train --recipe arllie-lol
    --data LSRW --layout lsrw --out runs/lsrw · arllie-train --recipe arllie-adaptive --data lol/train --crops
    lol/train_crops --out runs/adaptive

    Every picture is read once before the first step; a pair that looks wrong is left out and named; where more than one
    in a hundred do, the command ends. Killed at any moment, the same command with --resume gives the weights of an
    uninterrupted run, bit for bit on a CPU.
    """
    _require_torch()
    from arllie_deploy.atomic import refuse_existing
    from arllie_deploy.cli.torchrun import speak_once
    from arllie_deploy.models import find_recipe
    from arllie_deploy.training.device import find_device
    from arllie_deploy.training.recipe_file import read_recipe

    speak_once()
    chosen = read_recipe(find_recipe(recipe)).with_overrides(seed=seed, steps=steps)
    require_packager(chosen)
    target = out / f"{chosen.name}.safetensors"
    refuse_existing(target, force=force)
    place = find_device(device)
    pictures = _pictures(chosen, data, layout, crops, skip_pair_check=skip_pair_check)
    trained = _train(chosen, pictures, out, place, resume=resume, force=force)
    save_trained(trained.enhancer, target)
    _report(trained, target, out, json=json)


def _pictures(
    recipe: "AnyRecipe", data: Path, layout: str, crops: Path | None, *, skip_pair_check: bool
) -> "tuple[Split, tuple[Sample, ...]]":
    """The split of the whole frames, and the crops."""
    from arllie_deploy.training.data import check_crop
    from arllie_deploy.training.hold_out import hold_out
    from arllie_deploy.training.network_recipe import NetworkRun
    from arllie_deploy.training.tasks import find_to_learn

    find = find_to_learn(recipe)
    samples, details = find(data, layout), find(crops, "pairs") if crops else ()
    if not skip_pair_check:
        samples, details = _without_odd(samples), _without_odd(details)
    split = hold_out(samples, data, recipe.data)
    whole, crop = recipe.data.crop, recipe.data.crop
    if isinstance(recipe, NetworkRun):
        whole, crop = recipe.smallest_frame, recipe.crop_of_each["crops"]
    check_crop(split.train, whole)
    if isinstance(recipe, NetworkRun):
        check_crop(split.validation, whole)
    check_crop(details, crop)
    return split, details


def _train(
    recipe: "AnyRecipe",
    pictures: "tuple[Split, tuple[Sample, ...]]",
    out: Path,
    device: "torch.device",
    *,
    resume: bool,
    force: bool,
) -> "Trained[Outcome]":
    from arllie_deploy.training.loop import run_task
    from arllie_deploy.training.tasks import make_task

    with progress("[cyan]{task.fields[figures]}") as bar:
        task = bar.add_task(recipe.name, total=recipe.steps, figures="")

        def report(now: "Progress") -> None:
            ratio = None if now.validation is None else now.validation.psnr_db
            psnr = "" if ratio is None else f" · validation {ratio:.2f} dB"
            bar.update(task, completed=now.step, figures=f"loss {now.loss:.4f}{psnr}")

        return run_task(
            make_task(recipe, *pictures, device), out, resume=resume, force=force, device=device, report=report
        )


def _report(trained: "Trained[Outcome]", target: Path, out: Path, *, json: bool) -> None:
    result = {
        "model": str(target),
        "sha256": trained.enhancer.sha256,
        "best_step": trained.best_step,
        "validation": trained.validation.to_json(),
        "log": str(out / "log.csv"),
        "curve": str(out / "curve.png"),
    }
    if json:
        print_json(result)
        return
    for key in ("model", "sha256", "best_step", "log", "curve"):
        print_line(f"{key:10} {result[key]}")
    if trained.validation.psnr_db is not None:
        note(f"validation PSNR {trained.validation.psnr_db:.3f} dB on held-out scenes")


def _without_odd(samples: "tuple[Sample, ...]") -> "tuple[Sample, ...]":
    odd = odd_pairs(samples)
    for pair in odd:
        note(f"{pair.name} is left out: {pair.text}; --skip-pair-check keeps it")
    names = {pair.name for pair in odd}
    return tuple(sample for sample in samples if sample.name not in names)


def _require_torch() -> None:
    from importlib.util import find_spec

    for module in ("torch", "matplotlib"):
        if find_spec(module) is None:
            raise UnavailableError(f'training needs {module}: pip install "arllie-deploy[train]"')
