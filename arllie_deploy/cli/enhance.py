"""`arllie-enhance`: a dark picture, or a folder of them, made bright."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from arllie_deploy.cli.output import note, print_json, print_line, progress

if TYPE_CHECKING:
    from arllie_deploy.cli.enhance_raw import RawOptions
    from arllie_deploy.media.enhance_file import Enhanced
    from arllie_deploy.media.folder import Outcome
    from arllie_deploy.media.opener import Opener
    from arllie_deploy.networks.network import Network
    from arllie_deploy.stored_model import Model


def command(
    input_: Annotated[
        Path, typer.Argument(metavar="INPUT", help="A PNG, JPEG, WebP or TIFF file, a folder, or a raw frame.")
    ],
    output: Annotated[Path, typer.Argument(metavar="OUTPUT", help="The file to write, or for a folder another one.")],
    model: Annotated[str, typer.Option(help="A shipped model or a .safetensors file.")] = "arllie",
    runtime: Annotated[str, typer.Option(help="auto, or the engine: native, onnxruntime, numpy.")] = "auto",
    strength: Annotated[float, typer.Option(min=0.0, max=1.0, help="0 gives the input, 1 the model's output.")] = 1.0,
    mask: Annotated[
        Path | None,
        typer.Option(help="Of a network that fills: a picture of the same size, white where it is to be filled."),
    ] = None,
    threads: Annotated[int | None, typer.Option(min=1, max=256, help="Of the engine; all cores if not given.")] = None,
    clip: Annotated[bool, typer.Option("--clip", help="The folder's pictures are frames of one clip.")] = False,
    bayer: Annotated[str | None, typer.Option(help="Of a Bayer dump: rggb, bggr, grbg or gbrg.")] = None,
    bits: Annotated[int | None, typer.Option(help="Of a dump's values: 10, 12, 14 or 16.")] = None,
    size: Annotated[str | None, typer.Option(metavar="WxH", help="Of a dump.")] = None,
    packing: Annotated[str | None, typer.Option(help="Of a dump: plain (16 bits a value, the default), mipi.")] = None,
    black: Annotated[float | None, typer.Option(help="Of a dump: the value without light; 0.")] = None,
    white: Annotated[float | None, typer.Option(help="Of a dump: the value of saturation; all bits set.")] = None,
    white_balance: Annotated[
        str | None, typer.Option(metavar="R,G,B", help="Of a dump: gains; estimated if not given.")
    ] = None,
    orientation: Annotated[int | None, typer.Option(help="Of a dump: 1 to 8, as EXIF numbers it; 1.")] = None,
    exposure: Annotated[float | None, typer.Option(help="Gain on the light of a raw frame; 1.")] = None,
    tone: Annotated[
        str | None, typer.Option(help="Curve of a raw frame: linear (none, the default), smoothstep.")
    ] = None,
    depth: Annotated[
        int | None, typer.Option(help="Bits per channel made of a raw frame: 8 (the default) or 16.")
    ] = None,
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

    A network of gray pictures, as light-dncnn, cleans red, green and blue one after the other. One of larger pictures,
    as light-srresnet, gives four times the sides. One that fills, as light-inpaint, takes a mask: what is black in it
    stays byte for byte: arllie-enhance photo.jpg out.png --model light-inpaint --mask mask.png

    A network of raw frames takes a camera file (DNG and others) or a Bayer dump, which it makes a picture of:
    arllie-enhance photo.dng out.png --model lw-isp --depth 16 · arllie-enhance frame.raw out.png --model lw-isp
    --bayer rggb --bits 10 --size 1920x1080

    Exit 0: everything was written. 2: wrong use or bad input; of a folder, the good pictures are written all the same.
    """
    from arllie_deploy.cli.enhance_mask import refuse_network_use
    from arllie_deploy.cli.enhance_raw import RawOptions, is_raw, refuse_raw_use
    from arllie_deploy.media.opener import opener_for_clip, opener_for_pictures, refuse_other_runtime
    from arllie_deploy.models import find_any
    from arllie_deploy.runtimes.choose import find_runtime

    if runtime != "auto":
        find_runtime(runtime).require()
    found = find_any(model)
    raw = RawOptions(bayer, bits, size, packing, black, white, white_balance, orientation, exposure, tone, depth)
    if is_raw(input_, raw):
        _refuse_for_raw(strength, mask, clip=clip)
        refuse_other_runtime(runtime)
        return _raw_file(found, threads, input_, output, raw, force=force, json=json)
    refuse_raw_use(found, input_, raw)
    refuse_network_use(found, input_, mask, strength)
    opener = (opener_for_clip if clip else opener_for_pictures)(found, runtime, threads)
    if input_.is_dir():
        return _folder(opener, input_, output, strength, force=force, json=json)
    return _file(opener, input_, output, strength, mask, force=force, json=json)


def _file(
    opener: "Opener", source: Path, target: Path, strength: float, mask: Path | None, *, force: bool, json: bool
) -> int:
    from arllie_deploy.media.enhance_file import enhance_file

    with progress() as bar:
        report = _reporter(bar, source.name)
        written = enhance_file(opener, source, target, strength=strength, mask=mask, force=force, progress=report)
    return _written(source, written, json=json)


def _raw_file(
    model: "Model | Network",
    threads: int | None,
    source: Path,
    target: Path,
    options: "RawOptions",
    *,
    force: bool,
    json: bool,
) -> int:
    from arllie_deploy.cli.enhance_raw import development_of, raw_network
    from arllie_deploy.media.raw_file import develop_file

    network, development = raw_network(model, source), development_of(source, options)
    warnings: list[str] = []
    with progress() as bar:
        report = _reporter(bar, source.name)
        written = develop_file(
            network, threads, source, target, development, force=force, progress=report, warn=warnings.append
        )
    for line in warnings:
        note(f"arllie-enhance: {line}")
    return _written(source, written, json=json)


def _refuse_for_raw(strength: float, mask: Path | None, *, clip: bool) -> None:
    from arllie_deploy.errors import ArllieError

    for option, given in (("--strength", strength != 1.0), ("--mask", mask is not None), ("--clip", clip)):
        if given:
            raise ArllieError(f"{option} is for pictures; a raw frame is developed as a whole: leave it out")


def _written(source: Path, written: "Enhanced", *, json: bool) -> int:
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
