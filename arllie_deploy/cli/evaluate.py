"""`arllie-eval`: how close a model's pictures come to their references."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from arllie_deploy.cli.output import print_json, print_table, progress

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from arllie_deploy.quality.evaluation import Evaluation
    from arllie_deploy.quality.metrics import Metric

IDENTITY = "identity"


def command(
    data: Annotated[Path, typer.Option(help="Folder with low/ and high/, the same file names in both.")],
    model: Annotated[str, typer.Option(help="A shipped model, a .safetensors file, or identity.")] = "arllie",
    runtime: Annotated[str, typer.Option(help="auto, or the engine: onnxruntime, numpy.")] = "auto",
    metrics: Annotated[str, typer.Option(help="Comma-separated: psnr, ssim.")] = "psnr,ssim",
    threads: Annotated[int | None, typer.Option(min=1, max=256, help="Of the engine; all cores if not given.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Score a model on pairs of dark and well-lit pictures, on the integer frames that a user gets.

    Examples: arllie-eval --data LOL/eval15 · arllie-eval --data LOL/eval15 --model identity --metrics psnr ·
    arllie-eval --data LOL/eval15 --model mine.safetensors --runtime numpy --json

    The model identity scores the dark pictures themselves. PSNR is the mean of the pictures' decibels; SSIM is taken on
    RGB with an 11×11 Gaussian window.
    """
    from arllie_deploy.pictures.pairs import find_pairs, read_pairs
    from arllie_deploy.quality.evaluation import evaluate
    from arllie_deploy.quality.metrics import find_metrics

    rows = find_metrics(metrics)
    enhance = _enhance(model, runtime, threads)
    pairs = find_pairs(data)
    with progress() as bar:
        frames = bar.track(read_pairs(pairs), total=len(pairs), description=model)
        evaluation = evaluate(frames, enhance, rows)
    if json:
        print_json({"data": str(data), "model": model, "runtime": runtime, **evaluation.to_json()})
    else:
        _print(evaluation, rows)


def _enhance(model: str, runtime: str, threads: int | None) -> "Callable[[NDArray[Any]], NDArray[Any]]":
    from functools import cache, partial

    from arllie_deploy.media.strips import enhance_in_strips
    from arllie_deploy.models import find_model
    from arllie_deploy.runtimes.choose import find_runtime, open_model

    if runtime != "auto":
        find_runtime(runtime).require()
    if model == IDENTITY:
        return lambda frame: frame
    model_for = cache(partial(open_model, find_model(model), runtime, threads))
    return lambda frame: enhance_in_strips(model_for(frame.dtype), frame)


def _print(evaluation: "Evaluation", rows: "Sequence[Metric]") -> None:
    header = ["picture", *(f"{row.name} ({row.unit})" if row.unit else row.name for row in rows)]
    lines = [(picture.name, picture.scores) for picture in evaluation.pictures]
    lines.append((f"mean of {len(lines)}", evaluation.means))
    print_table(header, [[name, *(f"{scores[row.name]:.{row.digits}f}" for row in rows)] for name, scores in lines])
