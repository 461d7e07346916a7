"""All pictures of a folder through a model; a bad one does not stop the others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from arllie_deploy.atomic import ensure_folder
from arllie_deploy.errors import ArllieError
from arllie_deploy.media.enhance_file import Enhanced, enhance_file
from arllie_deploy.media.opener import Opener
from arllie_deploy.pictures.folder import natural, picture_files


@dataclass(frozen=True)
class Outcome:
    """What became of one picture: either `written`, or the reason why it was not, as one line."""

    name: str
    written: Enhanced | None
    reason: str | None


def enhance_folder(
    opener: Opener,
    source: Path,
    target: Path,
    *,
    strength: float = 1.0,
    force: bool = False,
    progress: Callable[[float], None] | None = None,
) -> tuple[Outcome, ...]:
    """Enhance each picture directly in `source` to a file of the same name in `target`, which is made if missing.

    Args:
        opener: gives the opened model for a picture's pixels.
        source: a folder with pictures.
        target: another folder.
        strength: see `enhance_in_strips`.
        force: replace files that exist.
        progress: called after each picture with the done share of them, up to 1.0.

    Returns:
        One outcome per picture, in natural order of their names, the order in which they went through `opener`.

    Raises:
        ArllieError: before any work: no pictures, `target` is `source`, or files exist that would be replaced.
        OSError: if a file cannot be written; the next ones would not be either.
    """
    files = sorted(picture_files(source), key=lambda file: natural(file.name))
    _refuse_targets(files, source, target, force=force)
    ensure_folder(target)
    outcomes = []
    for index, file in enumerate(files):
        try:
            written = enhance_file(opener, file, target / file.name, strength=strength, force=force)
            outcomes.append(Outcome(file.name, written, None))
        except ArllieError as error:
            outcomes.append(Outcome(file.name, None, str(error)))
        if progress is not None:
            progress((index + 1) / len(files))
    return tuple(outcomes)


def _refuse_targets(files: Sequence[Path], source: Path, target: Path, *, force: bool) -> None:
    if target.exists() and target.samefile(source):
        raise ArllieError(f"{target}: the output folder is the input folder; name another one")
    existing = [file.name for file in files if (target / file.name).exists()]
    if existing and not force:
        share = f"{len(existing)} of {len(files)} do"
        raise ArllieError(f"{target / existing[0]} exists ({share}); pass --force to replace such files")
