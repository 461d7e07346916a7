"""`low/` and `high/` with the same names up to the suffix: the layout that needs no name."""

from pathlib import Path

from arllie_deploy.pictures.layouts.base import Layout
from arllie_deploy.pictures.pairs import Low, Pair, find_lows, match_pairs


def _pairs(folder: Path, split: str) -> tuple[Pair, ...]:
    del split  # It has none: whoever points at the folder has chosen.
    return match_pairs(folder / "low", folder / "high") if _fits(folder) else ()


def _lows(folder: Path, split: str) -> tuple[Low, ...]:
    del split
    return find_lows(folder / "low") if _fits(folder) else ()


def _fits(folder: Path) -> bool:
    return (folder / "low").is_dir()


PLAIN = Layout(
    name="pairs",
    title="your own pictures",
    tree="low/ and high/, the same names in both; no split",
    supervised=True,
    pairs=_pairs,
    lows=_lows,
    fits=_fits,
)
