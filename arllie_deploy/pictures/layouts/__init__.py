"""The table of layouts: the trees in which published data sets reach their users, one row and one file each."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path

from arllie_deploy.errors import ArllieError
from arllie_deploy.pictures.layouts.baid import BAID
from arllie_deploy.pictures.layouts.base import SPLITS, TEST, TRAIN, Layout
from arllie_deploy.pictures.layouts.dark_face import DARK_FACE
from arllie_deploy.pictures.layouts.fivek import FIVEK
from arllie_deploy.pictures.layouts.lol_v1 import LOL_V1
from arllie_deploy.pictures.layouts.lol_v2 import LOL_V2_REAL, LOL_V2_SYNTHETIC
from arllie_deploy.pictures.layouts.lsrw import LSRW
from arllie_deploy.pictures.layouts.plain import PLAIN
from arllie_deploy.pictures.layouts.sice import SICE
from arllie_deploy.pictures.pairs import Low, Pair, refuse_other_sizes

LAYOUTS = {row.name: row for row in (PLAIN, LOL_V1, LOL_V2_REAL, LOL_V2_SYNTHETIC, LSRW, FIVEK, SICE, DARK_FACE, BAID)}
DEFAULT_LAYOUT = PLAIN.name

__all__ = [
    "DEFAULT_LAYOUT",
    "LAYOUTS",
    "SPLITS",
    "TEST",
    "TRAIN",
    "Layout",
    "find_layout",
    "layout_lows",
    "layout_pairs",
    "recognize",
]


def find_layout(name: str) -> Layout:
    """The row of a name; raises `ArllieError` naming the nearest and all known ones."""
    if name in LAYOUTS:
        return LAYOUTS[name]
    near = get_close_matches(name, LAYOUTS, 1)
    hint = f"did you mean {near[0]!r}? " if near else ""
    raise ArllieError(f"unknown layout {name!r}; {hint}known: {', '.join(LAYOUTS)}")


def recognize(folder: Path) -> tuple[str, ...]:
    """The names of the layouts that the folders below `folder` fit, in the order of the table; reads no picture."""
    return tuple(row.name for row in LAYOUTS.values() if folder.is_dir() and row.fits(folder))


def layout_pairs(folder: Path, layout: str, split: str) -> tuple[Pair, ...]:
    """The pairs of one split of a data set.

    Args:
        folder: its root.
        layout: a name of `LAYOUTS`.
        split: "train" or "test"; the layout "pairs" has none and gives all it has.

    Raises:
        ArllieError: if the layout is unknown, has no references or does not fit, with the layout that does; if a
            picture has no partner or two; or if the sizes of a pair differ.
    """
    row = find_layout(layout)
    if not row.supervised:
        raise ArllieError(f"{row.name} has dark pictures without references; train an unsupervised recipe on it")
    _refuse_missing(folder)
    pairs = row.pairs(folder, split)
    if not pairs:
        raise _absent(folder, row, split)
    refuse_other_sizes(pairs)
    return pairs


def layout_lows(folder: Path, layout: str, split: str) -> tuple[Low, ...]:
    """The dark pictures of one split of a data set, which need no references; else as `layout_pairs`."""
    row = find_layout(layout)
    _refuse_missing(folder)
    lows = row.lows(folder, split)
    if not lows:
        raise _absent(folder, row, split)
    return lows


def _refuse_missing(folder: Path) -> None:
    if not folder.is_dir():
        raise ArllieError(f"{folder}: no such folder; check the path")


def _absent(folder: Path, row: Layout, split: str) -> ArllieError:
    """The error for a folder in which a layout finds nothing, with the layout that would."""
    if row.fits(folder):
        return ArllieError(f"{folder}: no {split} part of {row.name} in it; its tree is {row.tree}")
    wanted = f"{folder / 'low'}: no such folder" if row is PLAIN else f"{folder}: not laid out as {row.name}"
    if names := recognize(folder):
        return ArllieError(f"{wanted}; this looks like {' or '.join(names)}; {_advice(names)}")
    if row is not PLAIN and row.lows(folder, split):
        return ArllieError(f"{folder}: dark pictures of {row.name} without their references; its tree is {row.tree}")
    # Archives often unpack to a folder within a folder.
    for inner in sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith((".", "__"))):
        if names := recognize(inner):
            return ArllieError(f"{wanted}; {inner} looks like {' or '.join(names)}; {_advice(names)} with that folder")
    return ArllieError(f"{wanted}; check the path" if row is PLAIN else f"{wanted}; its tree is {row.tree}")


def _advice(names: tuple[str, ...]) -> str:
    return f"leave out --layout or give --layout {names[0]}" if names[0] == PLAIN.name else f"give --layout {names[0]}"
