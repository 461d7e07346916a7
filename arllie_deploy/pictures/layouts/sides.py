"""Layouts that are pairs of folders: one side dark, the other its reference."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from arllie_deploy.pictures.folder import find_folder
from arllie_deploy.pictures.layouts.base import SPLITS
from arllie_deploy.pictures.pairs import Low, Pair, find_lows, match_pairs


@dataclass(frozen=True)
class Sides:
    """Where a split has its pictures.

    Attributes:
        low: pattern of the folder of dark pictures, as `find_folder` takes it.
        high: of their references; empty where there are none.
        prefix: before the names of these pictures, where several folders use the same names.
        key: from a file's name without suffix to the name that both sides share.
    """

    low: str
    high: str
    prefix: str = ""
    key: Callable[[str], str] = str


@dataclass(frozen=True)
class SidesTree:
    """A tree of such folders; its methods are what a `Layout` asks for."""

    train: tuple[Sides, ...]
    test: tuple[Sides, ...]

    def pairs(self, folder: Path, split: str) -> tuple[Pair, ...]:
        """The pairs of a split; raises `ArllieError` as `match_pairs` does."""
        found: list[Pair] = []
        for sides in self._of(split):
            low, high = _folders(folder, sides)
            if low and high:
                pairs = match_pairs(low, high, sides.key)
                found.extend(replace(pair, name=f"{sides.prefix}{pair.name}") for pair in pairs)
        return tuple(found)

    def lows(self, folder: Path, split: str) -> tuple[Low, ...]:
        """The dark pictures of a split; raises `ArllieError` as `find_lows` does."""
        found: list[Low] = []
        for sides in self._of(split):
            low, _ = _folders(folder, sides)
            if low:
                found.extend(replace(each, name=f"{sides.prefix}{each.name}") for each in find_lows(low, sides.key))
        return tuple(found)

    def fits(self, folder: Path) -> bool:
        """Whether a split is there with all that it needs; looks at names of folders only."""
        every = [(sides, *_folders(folder, sides)) for split in SPLITS for sides in self._of(split)]
        return any(low and (high or not sides.high) for sides, low, high in every)

    def _of(self, split: str) -> Sequence[Sides]:
        return {"train": self.train, "test": self.test}[split]


def _folders(root: Path, sides: Sides) -> tuple[Path | None, Path | None]:
    return find_folder(root, sides.low), find_folder(root, sides.high) if sides.high else None
