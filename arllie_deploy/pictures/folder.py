"""The pictures of a folder."""

from pathlib import Path

from arllie_deploy.errors import ArllieError
from arllie_deploy.pictures.codecs import PICTURE_SUFFIXES


def picture_files(folder: Path) -> tuple[Path, ...]:
    """The files directly in `folder` that are named like pictures, sorted by name.

    Raises:
        ArllieError: if it is not a folder or has no such file.
    """
    if not folder.is_dir():
        raise ArllieError(f"{folder}: no such folder; check the path")
    named = [path for path in folder.iterdir() if path.suffix.lower() in PICTURE_SUFFIXES]
    files = sorted(path for path in named if path.is_file() and not path.name.startswith("."))
    if not files:
        raise ArllieError(f"{folder}: no pictures in it; the names of pictures end in {', '.join(PICTURE_SUFFIXES)}")
    return tuple(files)
