"""`arllie-train`: from a folder of pictures to a fused model file."""

from pathlib import Path
from typing import Annotated, Any

import typer

from arllie_deploy.cli.output import note, print_json, print_line, progress
from arllie_deploy.errors import UnavailableError


def command(
    recipe: Annotated[str, typer.Option(help="A shipped recipe (arllie-lol, arllie-unsupervised) or a .toml file.")],
    data: Annotated[Path, typer.Option(help="Folder with low/ and, for supervised recipes, high/.")],
    out: Annotated[Path, typer.Option(help="Folder for the model, the checkpoint, the log and its curve.")],
    seed: Annotated[int | None, typer.Option(help="Instead of the recipe's seed.")] = None,
    steps: Annotated[int | None, typer.Option(help="Instead of the recipe's number of steps.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on from the checkpoint in OUT.")] = False,
    device: Annotated[str, typer.Option(help="auto, cpu or cuda.")] = "auto",
    force: Annotated[bool, typer.Option("--force", help="Replace a run that OUT holds already.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Train the multi-branch network and fuse it into one 3×3 convolution.

    Example: arllie-train --recipe arllie-lol --data LOL/our485 --out runs/lol

    Killed at any moment, the same command with --resume gives the weights of an uninterrupted run, bit for bit on a
    CPU.
    """
    _require_torch()
    from arllie_deploy.atomic import refuse_existing
    from arllie_deploy.enhancer_file import save
    from arllie_deploy.models import find_recipe
    from arllie_deploy.training.device import find_device
    from arllie_deploy.training.loop import train
    from arllie_deploy.training.recipe import read_recipe

    chosen = read_recipe(find_recipe(recipe)).with_overrides(seed=seed, steps=steps)
    target = out / f"{chosen.name}.safetensors"
    refuse_existing(target, force=force)
    with progress("[cyan]{task.fields[figures]}") as bar:
        task = bar.add_task(chosen.name, total=chosen.steps, figures="")

        def report(now: Any) -> None:
            scored = now.validation is not None and now.validation.psnr_db is not None
            psnr = f" · validation {now.validation.psnr_db:.2f} dB" if scored else ""
            bar.update(task, completed=now.step, figures=f"loss {now.loss:.4f}{psnr}")

        trained = train(chosen, data, out, resume=resume, force=force, device=find_device(device), report=report)
    save(trained.enhancer, target)
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


def _require_torch() -> None:
    from importlib.util import find_spec

    for module in ("torch", "matplotlib"):
        if find_spec(module) is None:
            raise UnavailableError(f'training needs {module}: pip install "arllie-deploy[train]"')
