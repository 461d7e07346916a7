"""Pairs of pictures: two folders with the same names up to the suffix."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from arllie_deploy.errors import ArllieError
from arllie_deploy.pictures.codecs import picture_size, read_picture
from arllie_deploy.pictures.folder import natural, picture_files

_NAMED = 3


@dataclass(frozen=True)
class Pair:
    """A dark picture and its well-lit reference; `scene` is shared by pictures that show one scene, "" if unknown."""

    name: str
    low: Path
    high: Path
    scene: str = ""


@dataclass(frozen=True)
class Low:
    """A dark picture alone; `scene` as in `Pair`."""

    name: str
    low: Path
    scene: str = ""


def find_pairs(folder: Path) -> tuple[Pair, ...]:
    """The pairs of `low/` and `high/` below `folder`, in natural order; raises `ArllieError` as `match_pairs` does."""
    pairs = match_pairs(folder / "low", folder / "high")
    refuse_other_sizes(pairs)
    return pairs


def match_pairs(low: Path, high: Path, key: Callable[[str], str] = str) -> tuple[Pair, ...]:
    """Pairs of the pictures of two folders, in natural order of their names.

    Args:
        low: the folder of dark pictures.
        high: the folder of their references.
        key: from a file's name without suffix to the name of its pair.

    Raises:
        ArllieError: if there are no pictures, or one has no partner or two.
    """
    lows, highs = _by_name(low, key), _by_name(high, key)
    odd = sorted(set(lows) ^ set(highs), key=natural)
    if odd:
        path, side = (lows[odd[0]], high.name) if odd[0] in lows else (highs[odd[0]], low.name)
        raise ArllieError(f"{path}: no partner in {side}/ ({_count(odd)} without one{_more(odd)}); add or remove it")
    return tuple(Pair(name, lows[name], highs[name]) for name in sorted(sorted(lows), key=natural))


def find_lows(folder: Path, key: Callable[[str], str] = str) -> tuple[Low, ...]:
    """The pictures of one folder, in natural order of their names; raises `ArllieError` if there are none."""
    lows = _by_name(folder, key)
    return tuple(Low(name, lows[name]) for name in sorted(sorted(lows), key=natural))


def read_pairs(pairs: Sequence[Pair]) -> Iterator[tuple[str, NDArray[Any], NDArray[Any]]]:
    """Name, low and high frame of each pair, read one at a time.

    Raises:
        ArllieError: if a picture cannot be read, or one of a pair has 8 bits and the other 16.
    """
    for pair in pairs:
        low, high = read_picture(pair.low).pixels, read_picture(pair.high).pixels
        if low.dtype != high.dtype:
            raise ArllieError(f"{pair.low} is {low.dtype} and {pair.high} is {high.dtype}; convert one of them first")
        yield pair.name, low, high


def refuse_other_sizes(pairs: Sequence[Pair]) -> None:
    """Raise `ArllieError` naming the first pair of different sizes and counting all of them; reads headers only."""
    sizes = [(pair, picture_size(pair.low), picture_size(pair.high)) for pair in pairs]
    odd = [(pair, low, high) for pair, low, high in sizes if low != high]
    if odd:
        pair, low, high = odd[0]
        differ = f"{pair.low} is {low[0]}×{low[1]} and {pair.high} is {high[0]}×{high[1]}"
        raise ArllieError(f"{differ} ({_count(odd)} of different sizes); scale or remove it")


def _by_name(folder: Path, key: Callable[[str], str]) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for path in picture_files(folder):
        other = found.setdefault(key(path.stem), path)
        if other != path:
            raise ArllieError(f"{path} and {other.name} have the same name up to the suffix; remove one of them")
    return found


def _count(items: Sequence[object]) -> str:
    return "1 picture" if len(items) == 1 else f"{len(items)} pictures"


def _more(names: Sequence[str]) -> str:
    if len(names) == 1:
        return ""
    return f": {', '.join(names[:_NAMED])}" + (", …" if len(names) > _NAMED else "")
