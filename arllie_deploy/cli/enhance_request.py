"""What the user asked `arllie-enhance` for; the options of raw frames are in `enhance_raw`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer


@dataclass(frozen=True, kw_only=True)
class Request:
    """The options that decide what is made of a picture; None is not given."""

    model: Annotated[str, typer.Option(help="A shipped model or a .safetensors file.")] = "arllie"
    runtime: Annotated[str, typer.Option(help="auto, or the engine: native, onnxruntime, numpy.")] = "auto"
    strength: Annotated[float, typer.Option(min=0.0, max=1.0, help="0 gives the input, 1 the model's output.")] = 1.0
    mask: Annotated[
        Path | None,
        typer.Option(help="Of a network that fills: a picture of the same size, white where it is to be filled."),
    ] = None
    threads: Annotated[int | None, typer.Option(min=1, max=256, help="Of the engine; all cores if not given.")] = None
    clip: Annotated[bool, typer.Option("--clip", help="The folder's pictures are frames of one clip.")] = False


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """The options that decide what becomes of the result."""

    force: Annotated[bool, typer.Option("--force", help="Replace files that exist.")] = False
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False
