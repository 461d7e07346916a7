"""`arllie-search`: which branches and cells to train the one layer with."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from arllie_deploy.cli.odd_pairs import odd_pairs
from arllie_deploy.cli.output import note, print_json, print_line, progress
from arllie_deploy.errors import ArllieError, UnavailableError

if TYPE_CHECKING:
    from arllie_deploy.search.scenes import Scenes
    from arllie_deploy.search.session import Outcome
    from arllie_deploy.search.settings import SearchSettings


def command(
    data: Annotated[Path, typer.Option(help="Folder with low/ and high/, the same file names; or see --layout.")],
    out: Annotated[Path, typer.Option(help="FILE.json for the result; its pictures and recipe go beside it.")],
    seed: Annotated[int, typer.Option(help="Decides the split of the scenes and every trial.")] = 0,
    budget: Annotated[int, typer.Option(help="Steps of the short training that structures are judged by.")] = 100,
    trials: Annotated[int, typer.Option(help="Whole searches, each with its own seed and rates.")] = 40,
    storage: Annotated[
        str | None, typer.Option(help="A database URL or a journal file for the study [default: FILE.study.journal].")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the study, or help others with it.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace an earlier result and its study.")] = False,
    layout: Annotated[
        str, typer.Option(help="Of DATA: pairs, lol-v1, lol-v2-real, lol-v2-synthetic, lsrw, fivek, sice, baid.")
    ] = "pairs",
    skip_pair_check: Annotated[
        bool, typer.Option("--skip-pair-check", help="Do not look for swapped, shifted, unrelated and constant pairs.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print the result as one JSON object.")] = False,
) -> None:
    """Search width, depth and cells of the multi-branch structure; keep the one that trains fastest.

    Examples: arllie-search --data LOL/our485 --out runs/found.json · arllie-train --recipe runs/found.toml
    --data LOL/our485 --out runs/found

    All structures fuse to the same 84 parameters, so they are judged by the loss on held-out scenes after a fixed short
    training (--budget), the mean over 5 fresh seeds.

    Writes FILE.json, FILE.toml (a recipe), FILE.svg (the structure), FILE-weights.png (architecture weights over the
    steps). Killed at any moment, the same command with --resume comes to the same structure. It uses one core: started
    again with --resume meanwhile, here or on another machine with the same --storage, it takes part in the same study.
    """
    _require_packages()
    from arllie_deploy.atomic import ensure_folder, refuse_existing
    from arllie_deploy.search.scenes import split_scenes
    from arllie_deploy.search.session import Progress, StudyPlace, search
    from arllie_deploy.search.settings import SearchSettings, ShortTraining
    from arllie_deploy.training.data import find_pairs_to_learn

    settings = SearchSettings(seed, ShortTraining(steps=budget))
    files = _files(out)
    for path in files.values():
        refuse_existing(path, force=force or resume)
    if resume and force:
        raise ArllieError("--resume goes on with a study and --force replaces it; give one of them")
    samples = find_pairs_to_learn(data, layout)
    scenes = split_scenes(samples, data, settings.seed, settings.training.crop)
    if not (skip_pair_check or resume):  # a study that goes on knows its pictures by their content
        odd_pairs(samples)  # a single one harms no comparison
    ensure_folder(out.parent)
    place = StudyPlace(storage or str(out.with_suffix(".study.journal")), f"arllie-search {out.stem}")
    with progress("[cyan]{task.fields[figures]}") as bar:
        task = bar.add_task("reading", total=None, figures="")

        def report(now: Progress) -> None:
            best = "" if now.best_loss is None else f" · best loss {now.best_loss:.4f}"
            stage = f"trial {now.proposal}: {now.stage}"
            bar.update(task, description=stage, total=now.total, completed=now.done, figures=best)

        outcome = search(scenes, settings, trials, place, resume=resume, force=force, report=report)
    result = _write(outcome, scenes, settings, files)
    if json:
        print_json(result)
    else:
        _print(outcome, files)
    _note_doubts(outcome)


def _files(out: Path) -> dict[str, Path]:
    if out.suffix != ".json":
        raise ArllieError(f"--out {out}: give a file name that ends in .json; the other files go beside it")
    return {
        "result": out,
        "recipe": out.with_suffix(".toml"),
        "drawing": out.with_suffix(".svg"),
        "weights": out.with_name(f"{out.stem}-weights.png"),
    }


def _write(outcome: "Outcome", scenes: "Scenes", settings: "SearchSettings", files: dict[str, Path]) -> dict[str, Any]:
    import json

    from arllie_deploy.atomic import write_text
    from arllie_deploy.pictures import picture_size
    from arllie_deploy.search.curves import write_curves
    from arllie_deploy.search.drawing import draw_structure
    from arllie_deploy.search.result import to_json, to_recipe

    structure, stem = outcome.kept.proposal.structure, files["result"].stem
    result = to_json(outcome, scenes, settings)
    smallest = min(min(picture_size(sample.low)) for sample in scenes.learned)
    title = f"{stem}: trial {outcome.kept.number}, the kept one of {len(outcome.standing.finished)}"
    write_curves(outcome.kept.proposal.histories, title, files["weights"])
    write_text(files["drawing"], draw_structure(structure, stem))
    write_text(files["recipe"], to_recipe(structure, settings.training, stem, smallest))
    write_text(files["result"], json.dumps(result, indent=1, sort_keys=True, allow_nan=False) + "\n")
    return result


def _print(outcome: "Outcome", files: dict[str, Path]) -> None:
    structure = outcome.kept.proposal.structure
    for number, branch in enumerate(structure.branches):
        print_line(f"branch {number + 1}   {' → '.join(cell.operation for cell in branch)}")
    print_line(f"mid width  {structure.mid_width}")
    print_line(f"judged     loss {outcome.kept.judgment.loss:.4f}, the lowest of {len(outcome.standing.finished)}")
    print_line(f"tested     loss {outcome.tested.loss:.4f}, other seeds, scenes that nothing was chosen by")
    for name, path in files.items():
        print_line(f"{name:10} {path}")


def _note_doubts(outcome: "Outcome") -> None:
    """What a user should know before trusting the result."""
    standing = outcome.standing
    if standing.failed:
        first = standing.failed[0]
        note(f"{len(standing.failed)} trials failed; trial {first.number}: {first.reason}")
    if standing.open:
        note(f"{standing.open} trials are not done; once the others are through, run again with --resume")
    losses = {finished.judgment.loss for finished in standing.finished}
    if len(standing.finished) > 1 and len(losses) == 1:
        note("all trials have the same loss: these pictures do not tell structures apart")


def _require_packages() -> None:
    from importlib.util import find_spec

    for module in ("torch", "matplotlib", "optuna"):
        if find_spec(module) is None:
            raise UnavailableError(f'searching needs {module}: pip install "arllie-deploy[search]"')
