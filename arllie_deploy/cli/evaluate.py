"""`arllie-eval`: how close a model's pictures come to their references, and what else it does to them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from arllie_deploy.cli.output import note, print_json, print_line, print_table, progress

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from arllie_deploy.quality.evaluation import Compared, Evaluation
    from arllie_deploy.quality.figure import Figure
    from arllie_deploy.quality.flicker import Flicker
    from arllie_deploy.quality.metrics import Metric
    from arllie_deploy.quality.probes import Probe
    from arllie_deploy.quality.subject import Subject

IDENTITY = "identity"
DEFAULT_METRICS = "psnr,ssim"

_METRICS_HELP = (
    "Comma-separated; higher is better: psnr, ssim, gt-mean-psnr; lower is better: delta-e2000, lpips, noise-gain, "
    f"noise-gain-relative, border-error, interior-error. Without it: {DEFAULT_METRICS}."
)


def command(
    data: Annotated[
        Path | None, typer.Option(help="Folder with low/ and high/, the same file names in both.", show_default=False)
    ] = None,
    layout: Annotated[
        str,
        typer.Option(help="Of DATA: pairs, lol-v1, lol-v2-real, lol-v2-synthetic, lsrw, fivek, sice, baid; the tests."),
    ] = "pairs",
    clip: Annotated[
        Path | None, typer.Option(help="Instead: a folder with the frames of a static scene; measures flicker.")
    ] = None,
    model: Annotated[str, typer.Option(help="A shipped model, a .safetensors file, or identity.")] = "arllie",
    runtime: Annotated[str, typer.Option(help="auto, or the engine: native, onnxruntime, numpy.")] = "auto",
    metrics: Annotated[str | None, typer.Option(help=_METRICS_HELP, show_default=False)] = None,
    threads: Annotated[int | None, typer.Option(min=1, max=256, help="Of the engine; all cores if not given.")] = None,
    sheet: Annotated[
        Path | None, typer.Option(help="Write the pictures side by side, with their scores, to this picture file.")
    ] = None,
    sheet_pictures: Annotated[int, typer.Option(min=1, max=100, help="The first so many go into the sheet.")] = 6,
    force: Annotated[bool, typer.Option("--force", help="Replace a sheet that exists.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Score a model on pairs of dark and well-lit pictures, on the integer frames that a user gets.

    Examples: arllie-eval --data LOL/eval15 · arllie-eval --data LOL/eval15 --model identity --metrics psnr,lpips ·
    arllie-eval --data LOL/eval15 --model mine.safetensors --sheet sheet.png --json · arllie-eval --clip frames/ ·
    arllie-eval --data LSRW --layout lsrw

    The model identity scores the dark pictures themselves. PSNR is the mean of the pictures' decibels; SSIM is taken on
    RGB with an 11×11 Gaussian window. gt-mean-psnr uses the reference to correct the brightness: a diagnostic only.
    noise-gain is how much a little noise in the input grows; border-error and interior-error are the runtime's, against
    the model's float64 definition. A metric that this machine cannot compute is skipped, with the reason.

    Over a clip, flicker is the fluctuation over time of the output, beside the input's own scaled by the gain.
    """
    from arllie_deploy.errors import ArllieError
    from arllie_deploy.quality.evaluation import find_figures

    if (data is None) == (clip is None):
        raise ArllieError("give the pictures: either --data with a folder of pairs or --clip with a folder of frames")
    about = {"model": model, "runtime": runtime}
    if data is not None:
        figures = find_figures(metrics or DEFAULT_METRICS)
        shown = _Sheet(sheet, sheet_pictures, figures) if sheet else None
        if sheet:
            _refuse_sheet(sheet, force=force)
        _evaluate_pairs(data, layout, _subject(model, runtime, threads, clip=False), figures, about, shown, json=json)
    elif clip is not None:
        if metrics is not None or sheet is not None:
            raise ArllieError("--metrics and --sheet need references; leave them out with --clip, or give --data")
        _evaluate_clip(clip, _subject(model, runtime, threads, clip=True), about, json=json)


@dataclass(frozen=True)
class _Sheet:
    """The file to write, how many pictures it shows, with which figures, and their rows as they come."""

    path: Path
    most: int
    figures: "Sequence[Figure]"
    rows: "list[NDArray[Any]]" = field(default_factory=list)

    def add(self, compared: "Compared") -> None:
        from arllie_deploy.quality.sheet import sheet_row

        if len(self.rows) < self.most:
            caption = [f"{compared.scored.name}:", *_phrases(compared.scored.scores, self.figures)]
            self.rows.append(sheet_row(caption, compared.low, compared.output, compared.high))

    def write(self, model: str, evaluation: "Evaluation") -> None:
        from arllie_deploy.pictures.codecs import write_picture
        from arllie_deploy.pictures.picture import Picture
        from arllie_deploy.quality.sheet import sheet

        title = [f"{model}, mean of {len(evaluation.pictures)}:", *_phrases(evaluation.means, self.figures)]
        write_picture(self.path, Picture(sheet(title, self.rows)))


def _refuse_sheet(path: Path, *, force: bool) -> None:
    from arllie_deploy.atomic import refuse_existing
    from arllie_deploy.errors import ArllieError
    from arllie_deploy.pictures.codecs import codec_of

    codec_of(path)
    if not path.parent.is_dir():
        raise ArllieError(f"{path}: its folder does not exist; make it first: mkdir -p {path.parent}")
    if path.is_dir():
        raise ArllieError(f"{path}: a folder; name the file to write")
    refuse_existing(path, force=force)


def _evaluate_pairs(
    data: Path,
    layout: str,
    subject: "Subject",
    figures: "Sequence[Metric | Probe]",
    about: dict[str, str],
    sheet: _Sheet | None,
    *,
    json: bool,
) -> None:
    from arllie_deploy.pictures.layouts import TEST, layout_pairs
    from arllie_deploy.pictures.pairs import read_pairs
    from arllie_deploy.quality.evaluation import evaluate

    pairs = layout_pairs(data, layout, TEST)
    with progress() as bar:
        frames = bar.track(read_pairs(pairs), total=len(pairs), description=about["model"])
        evaluation = evaluate(frames, subject, figures, [_warn_of_odd, *([sheet.add] if sheet else [])])
    if sheet:
        sheet.write(about["model"], evaluation)
    if json:
        print_json({"data": str(data), **about, **evaluation.to_json()})
    else:
        _print(evaluation, figures)


def _warn_of_odd(compared: "Compared") -> None:
    from arllie_deploy.pictures.pair_check import check_pair

    if odd := check_pair(compared.scored.name, compared.low, compared.high):
        note(f"arllie-eval: warning: {odd.name}: {odd.text}; its scores say little")


def _evaluate_clip(clip: Path, subject: "Subject", about: dict[str, str], *, json: bool) -> None:
    from arllie_deploy.pictures.codecs import read_picture
    from arllie_deploy.pictures.folder import natural, picture_files
    from arllie_deploy.quality.flicker import flicker

    paths = sorted(picture_files(clip), key=lambda path: natural(path.name))
    with progress() as bar:
        frames = ((path.name, read_picture(path).pixels) for path in paths)
        tracked = bar.track(frames, total=len(paths), description=about["model"])
        found = flicker(tracked, subject.enhance)
    if json:
        print_json({"clip": str(clip), **about, **found.to_json()})
    else:
        _print_flicker(found)


def _subject(model: str, runtime: str, threads: int | None, *, clip: bool) -> "Subject":
    from arllie_deploy.adaptive import AdaptiveEnhancer
    from arllie_deploy.frames import to_unit
    from arllie_deploy.media.opener import opener_for_clip, opener_for_pictures
    from arllie_deploy.media.strips import enhance_in_strips
    from arllie_deploy.models import find_any
    from arllie_deploy.networks.network import Network
    from arllie_deploy.quality.subject import Subject
    from arllie_deploy.runtimes.choose import find_runtime
    from arllie_deploy.runtimes.network import NetworkReference
    from arllie_deploy.runtimes.network_colors import refuse_other_frames

    if runtime != "auto":
        find_runtime(runtime).require()
    if model == IDENTITY:
        return Subject(lambda frame: frame, to_unit)
    found = find_any(model)
    if isinstance(found, Network):
        refuse_other_frames(found, "arllie-eval")
    opener = (opener_for_clip if clip else opener_for_pictures)(found, runtime, threads)
    defined = NetworkReference(found, threads) if isinstance(found, Network) else found

    def reference(frame: "NDArray[Any]") -> "NDArray[Any]":
        enhancer = defined.for_frame(frame) if isinstance(defined, AdaptiveEnhancer) else defined
        return enhancer.reference(to_unit(frame))

    return Subject(lambda frame: enhance_in_strips(opener(frame), frame), reference)


def _print(evaluation: "Evaluation", figures: "Sequence[Figure]") -> None:
    rows = [row for row in figures if row.name in evaluation.metrics]
    header = ["picture", *(f"{row.name} ({row.unit})" if row.unit else row.name for row in rows)]
    lines = [(picture.name, picture.scores) for picture in evaluation.pictures]
    lines.append((f"mean of {len(lines)}", evaluation.means))
    print_table(header, [[name, *(_number(scores[row.name], row.digits) for row in rows)] for name, scores in lines])
    for name, reason in evaluation.skipped.items():
        note(f"arllie-eval: {name} skipped: {reason}")


def _print_flicker(found: "Flicker") -> None:
    header = ["deviation over time (levels of 255)", "input", "output", "output / (gain · input)"]
    rows = [("frame brightness", found.frame), ("a pixel's value", found.pixel)]
    print_table(
        header, [[name, f"{255 * x.input:.3f}", f"{255 * x.output:.3f}", _number(x.ratio, 3)] for name, x in rows]
    )
    print_line(f"{found.frames} frames, gain {_number(found.gain, 3)}")


def _phrases(scores: "Mapping[str, float]", figures: "Sequence[Figure]") -> list[str]:
    rows = [row for row in figures if row.name in scores]
    return [f"{row.name} {_number(scores[row.name], row.digits)} {row.unit}".rstrip() for row in rows]


def _number(value: float, digits: int) -> str:
    """NaN, where a picture does not allow a figure, is a dash."""
    return "-" if value != value else f"{value:.{digits}f}"
