"""`arllie-enhance`: a dark picture, or a folder of them, made bright."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from arllie_deploy.cli.output import note, print_json, print_line, progress

if TYPE_CHECKING:
    from arllie_deploy.media.enhance_file import Enhanced
    from arllie_deploy.media.folder import Outcome
    from arllie_deploy.media.opener import Opener


def command(
    input_: Annotated[Path, typer.Argument(metavar="INPUT", help="A PNG, JPEG, WebP or TIFF file, or a folder.")],
    output: Annotated[Path, typer.Argument(metavar="OUTPUT", help="The file to write, or for a folder another one.")],
    model: Annotated[str, typer.Option(help="A shipped model or a .safetensors file.")] = "arllie",
    runtime: Annotated[str, typer.Option(help="auto, or the engine: native, onnxruntime, numpy.")] = "auto",
    strength: Annotated[float, typer.Option(min=0.0, max=1.0, help="0 gives the input, 1 the model's output.")] = 1.0,
    threads: Annotated[int | None, typer.Option(min=1, max=256, help="Of the engine; all cores if not given.")] = None,
    clip: Annotated[bool, typer.Option("--clip", help="The folder's pictures are frames of one clip.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace files that exist.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> int:
    """Enhance a picture, or every picture directly in a folder.

    Examples: arllie-enhance night.jpg bright.jpg · arllie-enhance night.jpg bright.png --strength 0.7 ·
    arllie-enhance photos/ brighter/ --force · arllie-enhance frames/ out/ --clip

    The default model looks at each picture and makes the one convolution for it. With --clip the pictures of the
    folder, in natural order of their names, are frames of one clip: what it sees is smoothed over time, and a scene cut
    resets it.

    8 and 16 bits per channel stay as they are; ICC profile, EXIF, XMP, resolution and transparency are carried.

    Exit 0: everything was written. 2: wrong use or bad input; of a folder, the good pictures are written all the same.
    """
    from arllie_deploy.media.opener import opener_for_clip, opener_for_pictures
    from arllie_deploy.models import find_any
    from arllie_deploy.runtimes.choose import find_runtime

    if runtime != "auto":
        find_runtime(runtime).require()
    opener = (opener_for_clip if clip else opener_for_pictures)(find_any(model), runtime, threads)
    if input_.is_dir():
        return _folder(opener, input_, output, strength, force=force, json=json)
    return _file(opener, input_, output, strength, force=force, json=json)


def _file(opener: "Opener", source: Path, target: Path, strength: float, *, force: bool, json: bool) -> int:
    from arllie_deploy.media.enhance_file import enhance_file

    with progress() as bar:
        report = _reporter(bar, source.name)
        written = enhance_file(opener, source, target, strength=strength, force=force, progress=report)
    if json:
        print_json({"input": str(source), **_facts(written)})
    else:
        print_line(f"{written.path}: {written.width}×{written.height}, {written.bits} bits per channel")
    return 0


def _folder(opener: "Opener", source: Path, target: Path, strength: float, *, force: bool, json: bool) -> int:
    from arllie_deploy.cli.program import DONE, WRONG_USE
    from arllie_deploy.media.folder import enhance_folder

    with progress() as bar:
        report = _reporter(bar, source.name)
        outcomes = enhance_folder(opener, source, target, strength=strength, force=force, progress=report)
    failed = [outcome for outcome in outcomes if outcome.written is None]
    for outcome in failed:
        note(f"arllie-enhance: error: {outcome.reason}")
    written = len(outcomes) - len(failed)
    if json:
        pictures = [_outcome(source, outcome) for outcome in outcomes]
        print_json({"output": str(target), "pictures": pictures, "written": written, "failed": len(failed)})
    else:
        print_line(
            f"{target}: {written} of {len(outcomes)} pictures written" + (f", {len(failed)} failed" * bool(failed))
        )
    return WRONG_USE if failed else DONE


def _reporter(bar: Any, name: str) -> Callable[[float], None]:
    task = bar.add_task(name, total=1.0)
    return lambda share: bar.update(task, completed=share)


def _outcome(source: Path, outcome: "Outcome") -> dict[str, Any]:
    facts = _facts(outcome.written) if outcome.written else {"output": None}
    return {"input": str(source / outcome.name), **facts, "error": outcome.reason}


def _facts(written: "Enhanced") -> dict[str, Any]:
    return {"output": str(written.path), "width": written.width, "height": written.height, "bits": written.bits}
