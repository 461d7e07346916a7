"""One picture file through a model, to one picture file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from arllie_deploy.atomic import refuse_existing
from arllie_deploy.errors import ArllieError
from arllie_deploy.media.enlarged import enlarged
from arllie_deploy.media.mask import with_mask
from arllie_deploy.media.opener import Opener
from arllie_deploy.media.strips import Progress, enhance_in_strips, scale_of
from arllie_deploy.pictures import codec_of, read_picture, refuse_unwritable, write_picture


@dataclass(frozen=True)
class Enhanced:
    """A written picture: its file, its width and height in pixels, and its bits per sample, 8 or 16."""

    path: Path
    width: int
    height: int
    bits: int


def enhance_file(
    opener: Opener,
    source: Path,
    target: Path,
    *,
    strength: float = 1.0,
    mask: Path | None = None,
    force: bool = False,
    progress: Progress | None = None,
) -> Enhanced:
    """Read a picture, enhance it and write it in the format that `target`'s suffix names.

    Args:
        opener: gives the opened model for the picture's pixels.
        source: the picture file.
        target: where the result goes; its folder must exist.
        strength: see `enhance_in_strips`.
        mask: of a network that fills: the file of the picture's mask, see `media.mask`; None for every other model.
        force: replace `target` if it exists.
        progress: see `enhance_in_strips`.

    Raises:
        ArllieError: for whatever can be known to fail, before the model runs; `source` is never replaced.
        OSError: if `target` cannot be written.
    """
    refuse_target(source, target, force=force)
    picture = read_picture(source)
    refuse_unwritable(target, picture)
    frame = picture.pixels if mask is None else with_mask(picture, mask)
    model = opener(frame)
    with _naming(source):
        picture = enlarged(picture, scale_of(model))
    refuse_unwritable(target, picture)
    with _naming(source):
        pixels = enhance_in_strips(model, frame, strength=strength, progress=progress)
    # The old pixels go before the encoder takes its share of memory.
    del frame
    picture = replace(picture, pixels=pixels)
    write_picture(target, picture)
    return Enhanced(target, *picture.size, bits=8 * pixels.dtype.itemsize)


@contextmanager
def _naming(source: Path) -> Iterator[None]:
    try:
        yield
    except ArllieError as error:
        raise ArllieError(f"{source}: {error}") from None


def refuse_target(source: Path, target: Path, *, force: bool) -> None:
    """Raise `ArllieError` if `target` is no name to write the enhanced `source` to."""
    if target.is_dir():
        raise ArllieError(f"{target}: a folder; name the file to write, for example {target / source.name}")
    codec_of(target)
    if not target.parent.is_dir():
        raise ArllieError(f"{target}: its folder does not exist; make it first: mkdir -p {target.parent}")
    if target.exists() and source.exists() and target.samefile(source):
        raise ArllieError(f"{target}: the output is the input itself; give it another name")
    refuse_existing(target, force=force)
