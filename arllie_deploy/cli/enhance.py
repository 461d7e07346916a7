"""`arllie-enhance`: a dark picture, or a folder of them, made bright."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from arllie_deploy.cli.enhance_raw import RawOptions, development_of, is_raw, raw_network, refuse_raw_use
from arllie_deploy.cli.enhance_request import Delivery, Request
from arllie_deploy.cli.options import with_fields_as_options
from arllie_deploy.cli.output import note, print_json, print_line, progress

if TYPE_CHECKING:
    from arllie_deploy.media.enhance_file import Enhanced
    from arllie_deploy.media.folder import Outcome
    from arllie_deploy.media.opener import Opener
    from arllie_deploy.networks.network import Network
    from arllie_deploy.stored_model import Model


@with_fields_as_options
def command(
    input_: Annotated[
        Path, typer.Argument(metavar="INPUT", help="A PNG, JPEG, WebP or TIFF file, a folder, or a raw frame.")
    ],
    output: Annotated[Path, typer.Argument(metavar="OUTPUT", help="The file to write, or for a folder another one.")],
    request: Request,
    raw: RawOptions,
    delivery: Delivery,
) -> int:
    """Enhance a picture, or every picture directly in a folder.

    Examples: arllie-enhance night.jpg bright.jpg · arllie-enhance night.jpg bright.png --strength 0.7 ·
    arllie-enhance photos/ brighter/ --force · arllie-enhance frames/ out/ --clip

    The default model looks at each picture and makes the one convolution for it. With --clip the pictures of the
    folder, in natural order of their names, are frames of one clip: what it sees is smoothed over time, and a scene cut
    resets it.

    8 and 16 bits per channel stay as they are; ICC profile, EXIF, XMP, resolution and transparency are carried.

    A network of gray pictures, as light-dncnn, cleans red, green and blue one after the other. One of larger pictures,
    as light-srresnet, gives four times the sides. One that fills, as light-inpaint, takes a mask: what is black in it
    stays byte for byte: arllie-enhance photo.jpg out.png --model light-inpaint --mask mask.png

    A network of raw frames takes a camera file (DNG and others) or a Bayer dump, which it makes a picture of:
    arllie-enhance photo.dng out.png --model lw-isp --depth 16 · arllie-enhance frame.raw out.png --model lw-isp
    --bayer rggb --bits 10 --size 1920x1080

    Exit 0: everything was written. 2: wrong use or bad input; of a folder, the good pictures are written all the same.
    """
    from arllie_deploy.cli.enhance_mask import refuse_network_use
    from arllie_deploy.media.opener import opener_for_clip, opener_for_pictures, refuse_other_runtime
    from arllie_deploy.models import find_any
    from arllie_deploy.runtimes.choose import find_runtime

    if request.runtime != "auto":
        find_runtime(request.runtime).require()
    found = find_any(request.model)
    if is_raw(input_, raw):
        _refuse_for_raw(request)
        refuse_other_runtime(request.runtime)
        return _raw_file(found, request.threads, input_, output, raw, delivery)
    refuse_raw_use(found, input_, raw)
    refuse_network_use(found, input_, request.mask, request.strength)
    opener = (opener_for_clip if request.clip else opener_for_pictures)(found, request.runtime, request.threads)
    return (_folder if input_.is_dir() else _file)(opener, input_, output, request, delivery)


def _file(opener: "Opener", source: Path, target: Path, request: Request, delivery: Delivery) -> int:
    from arllie_deploy.media.enhance_file import enhance_file

    asked: dict[str, Any] = {"strength": request.strength, "mask": request.mask, "force": delivery.force}
    with progress() as bar:
        written = enhance_file(opener, source, target, **asked, progress=_reporter(bar, source.name))
    return _written(source, written, json=delivery.json)


def _raw_file(
    model: "Model | Network",
    threads: int | None,
    source: Path,
    target: Path,
    options: RawOptions,
    delivery: Delivery,
) -> int:
    from arllie_deploy.media.raw_file import develop_file

    network, development = raw_network(model, source), development_of(source, options)
    warnings: list[str] = []
    with progress() as bar:
        report = _reporter(bar, source.name)
        written = develop_file(
            network, threads, source, target, development, force=delivery.force, progress=report, warn=warnings.append
        )
    for line in warnings:
        note(f"arllie-enhance: {line}")
    return _written(source, written, json=delivery.json)


def _refuse_for_raw(request: Request) -> None:
    from arllie_deploy.errors import ArllieError

    given = {
        "--strength": request.strength != Request.strength,
        "--mask": request.mask is not None,
        "--clip": request.clip,
    }
    for option, is_given in given.items():
        if is_given:
            raise ArllieError(f"{option} is for pictures; a raw frame is developed as a whole: leave it out")


def _written(source: Path, written: "Enhanced", *, json: bool) -> int:
    if json:
        print_json({"input": str(source), **_facts(written)})
    else:
        print_line(f"{written.path}: {written.width}×{written.height}, {written.bits} bits per channel")
    return 0


def _folder(opener: "Opener", source: Path, target: Path, request: Request, delivery: Delivery) -> int:
    from arllie_deploy.cli.program import DONE, WRONG_USE
    from arllie_deploy.media.folder import enhance_folder

    with progress() as bar:
        report = _reporter(bar, source.name)
        outcomes = enhance_folder(
            opener, source, target, strength=request.strength, force=delivery.force, progress=report
        )
    failed = [outcome for outcome in outcomes if outcome.written is None]
    for outcome in failed:
        note(f"arllie-enhance: error: {outcome.reason}")
    written = len(outcomes) - len(failed)
    if delivery.json:
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
