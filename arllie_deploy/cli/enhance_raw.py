"""The raw frames of `arllie-enhance`: their options, and one file."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from arllie_deploy.errors import ArllieError

if TYPE_CHECKING:
    from arllie_deploy.media.raw_file import Development
    from arllie_deploy.networks.network import Network
    from arllie_deploy.raw.dump import DumpForm
    from arllie_deploy.stored_model import Model


@dataclass(frozen=True, kw_only=True)
class RawOptions:
    """The options for raw frames; None: it was not given."""

    bayer: Annotated[str | None, typer.Option(help="Of a Bayer dump: rggb, bggr, grbg or gbrg.")] = None
    bits: Annotated[int | None, typer.Option(help="Of a dump's values: 10, 12, 14 or 16.")] = None
    size: Annotated[str | None, typer.Option(metavar="WxH", help="Of a dump.")] = None
    packing: Annotated[str | None, typer.Option(help="Of a dump: plain (16 bits a value, the default), mipi.")] = None
    black: Annotated[float | None, typer.Option(help="Of a dump: the value without light; 0.")] = None
    white: Annotated[float | None, typer.Option(help="Of a dump: the value of saturation; all bits set.")] = None
    white_balance: Annotated[
        str | None, typer.Option(metavar="R,G,B", help="Of a dump: gains; estimated if not given.")
    ] = None
    orientation: Annotated[int | None, typer.Option(help="Of a dump: 1 to 8, as EXIF numbers it; 1.")] = None
    exposure: Annotated[float | None, typer.Option(help="Gain on the light of a raw frame; 1.")] = None
    tone: Annotated[str | None, typer.Option(help="Curve of a raw frame: linear (none, the default), smoothstep.")] = (
        None
    )
    depth: Annotated[int | None, typer.Option(help="Bits per channel made of a raw frame: 8 (the default) or 16.")] = (
        None
    )

    @property
    def given(self) -> dict[str, Any]:
        """Option -> value."""
        return {f"--{name.replace('_', '-')}": value for name, value in vars(self).items() if value is not None}


def is_raw(source: Path, options: RawOptions) -> bool:
    """Whether a file is a raw frame: a camera file by its name, or a dump by the options that describe one."""
    from arllie_deploy.raw.camera import is_camera_file

    return is_camera_file(source) or any(value is not None for value in _of_dump(options).values())


def development_of(source: Path, options: RawOptions) -> "Development":
    """What is to be made of a raw frame.

    Raises:
        ArllieError: on an option that is out of range, of a camera file that says itself what it holds, or missing.
    """
    from arllie_deploy.media.raw_file import Development
    from arllie_deploy.raw.develop import Rendering

    if options.depth not in (None, 8, 16):
        raise ArllieError(f"--depth {options.depth}: a picture has 8 or 16 bits per channel")
    rendering = Rendering(exposure=1.0 if options.exposure is None else options.exposure, tone=options.tone or "linear")
    return Development(_form(source, options), rendering, options.depth or 8)


def raw_network(model: "Model | Network", source: Path) -> "Network":
    """The model as a network of raw frames.

    Raises:
        ArllieError: if it is none.
    """
    from arllie_deploy.networks.network import Network

    if isinstance(model, Network) and model.raw is not None:
        return model
    raise ArllieError(
        f"{source}: a raw frame, and {model.name} takes pictures; give a network of raw frames as --model, "
        "for example lw-isp-raw"
    )


def refuse_raw_use(model: "Model | Network", source: Path, options: RawOptions) -> None:
    """Raise `ArllieError` if a picture, or a folder of them, meets what is for raw frames."""
    from arllie_deploy.networks.network import Network

    if options.given:
        raise ArllieError(f"{source}: {next(iter(options.given))} is for raw frames; leave it out")
    if isinstance(model, Network) and model.raw is not None:
        raise ArllieError(
            f"{source}: {model.name} takes raw frames, one file at a time: a camera file such as DNG, or a Bayer dump "
            "with --bayer, --bits and --size"
        )


def _of_dump(options: RawOptions) -> dict[str, Any]:
    names = ("bayer", "bits", "size", "packing", "black", "white", "white_balance", "orientation")
    return {name: getattr(options, name) for name in names}


def _form(source: Path, options: RawOptions) -> "DumpForm | None":
    from arllie_deploy.cli.size import parse_size
    from arllie_deploy.raw.camera import is_camera_file
    from arllie_deploy.raw.dump import DumpForm

    given = {name: value for name, value in _of_dump(options).items() if value is not None}
    if is_camera_file(source):
        if given:
            option = "--" + next(iter(given)).replace("_", "-")
            raise ArllieError(f"{source}: a camera file says itself what it holds; leave out {option}")
        return None
    missing = [f"--{name}" for name in ("bayer", "bits", "size") if name not in given]
    if missing:
        raise ArllieError(f"{source}: a Bayer dump says nothing of itself; give {' and '.join(missing)} too")
    given["pattern"], given["size"] = given.pop("bayer"), parse_size(given["size"])
    if options.white_balance is not None:
        given["white_balance"] = _gains(options.white_balance)
    return DumpForm(**given)


def _gains(text: str) -> tuple[float, float, float]:
    try:
        red, green, blue = (float(gain) for gain in text.split(","))
    except ValueError:
        shape = "write the gains of red, green and blue, for example 2.0,1,1.6"
        raise ArllieError(f"--white-balance {text!r}: {shape}") from None
    return red, green, blue
