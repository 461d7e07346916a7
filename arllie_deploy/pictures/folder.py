"""The pictures of a folder, and folders whose names are spelled in more than one way."""

import re
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


def natural(name: str) -> list[tuple[int, str]]:
    """Sort key under which 2 comes before 10."""
    return [(int(part), "") if part.isdecimal() else (0, part) for part in re.split(r"(\d+)", name)]


def find_folder(root: Path, pattern: str) -> Path | None:
    """The folder below `root` that a pattern such as "Training data|train/low" describes; None if there is none.

    Each step lists its spellings, the first that exists is taken; "." stays where it is. Capitals, spaces and
    punctuation do not count: "Expert C" and "expert_c" are one name.
    """
    here = root
    for step in pattern.split("/"):
        there = _step(here, step)
        if there is None:
            return None
        here = there
    return here


def _step(folder: Path, spellings: str) -> Path | None:
    if not folder.is_dir():
        return None
    named: dict[str, Path] = {}
    for path in sorted(folder.iterdir()):
        if path.is_dir() and not path.name.startswith("."):
            named.setdefault(_plain(path.name), path)
    for spelling in spellings.split("|"):
        if spelling == ".":
            return folder
        if _plain(spelling) in named:
            return named[_plain(spelling)]
    return None


def _plain(name: str) -> str:
    return "".join(letter for letter in name.lower() if letter.isalnum())
