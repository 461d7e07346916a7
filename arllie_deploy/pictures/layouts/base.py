"""What a layout is: the tree in which a published data set reaches its users."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from arllie_deploy.pictures.pairs import Low, Pair

TRAIN = "train"
TEST = "test"
SPLITS = (TRAIN, TEST)


@dataclass(frozen=True)
class Layout:
    """One row of the table of layouts.

    Attributes:
        name: what `--layout` takes.
        title: of the data set.
        tree: its folders, in one line.
        supervised: whether the dark pictures have references.
        pairs: (folder, split) -> the pairs of that split; empty where the folder has no such tree or split.
        lows: the same for the dark pictures alone, needing no references.
    """

    name: str
    title: str
    tree: str
    supervised: bool
    pairs: Callable[[Path, str], tuple[Pair, ...]]
    lows: Callable[[Path, str], tuple[Low, ...]]
    fits: Callable[[Path], bool]
