"""Folders of pairs: `low/` and `high/` with the same names up to the suffix."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from arllie_deploy.errors import ArllieError
from arllie_deploy.pictures.codecs import picture_size, read_picture
from arllie_deploy.pictures.folder import picture_files


@dataclass(frozen=True)
class Pair:
    """A dark picture and its well-lit reference."""

    name: str
    low: Path
    high: Path


def find_pairs(folder: Path) -> tuple[Pair, ...]:
    """The pairs below `folder`, sorted by name.

    Raises:
        ArllieError: if there are none, a picture has no partner or two, or the sizes of a pair differ.
    """
    lows, highs = _by_stem(folder / "low"), _by_stem(folder / "high")
    odd = sorted(set(lows) ^ set(highs))
    if odd:
        path, side = (lows[odd[0]], "high") if odd[0] in lows else (highs[odd[0]], "low")
        raise ArllieError(f"{path}: no partner in {side}/ ({_count(odd)} without one); add or remove it")
    pairs = tuple(Pair(stem, lows[stem], highs[stem]) for stem in sorted(lows))
    _refuse_other_sizes(pairs)
    return pairs


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


def _by_stem(folder: Path) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for path in picture_files(folder):
        other = found.setdefault(path.stem, path)
        if other != path:
            raise ArllieError(f"{path} and {other.name} have the same name up to the suffix; remove one of them")
    return found


def _refuse_other_sizes(pairs: Sequence[Pair]) -> None:
    sizes = [(pair, picture_size(pair.low), picture_size(pair.high)) for pair in pairs]
    odd = [(pair, low, high) for pair, low, high in sizes if low != high]
    if odd:
        pair, low, high = odd[0]
        differ = f"{pair.low} is {low[0]}×{low[1]} and {pair.high} is {high[0]}×{high[1]}"
        raise ArllieError(f"{differ} ({_count(odd)} of different sizes); scale or remove it")


def _count(items: Sequence[object]) -> str:
    return "1 picture" if len(items) == 1 else f"{len(items)} pictures"
