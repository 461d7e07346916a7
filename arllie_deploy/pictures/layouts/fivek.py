"""MIT-Adobe FiveK: inputs and expert C's retouched versions, as 8- or 16-bit pictures of one size.

Bychkovsky et al., "Learning Photographic Global Tonal Adjustment with a Database of Input/Output Image Pairs", CVPR
2011, https://data.csail.mit.edu/graphics/fivek/. It is published as raw files and 16-bit TIFFs; people have renderings
of them, as train/ and test/ with {input,target} (https://github.com/caiyuanhao1998/Retinexformer, README, "Prepare
Dataset") or {low,high} (https://github.com/TaoWangzj/LLFormer, datasets/README.md), or as {input,expertC_gt} without a
split. Of the latter the first 4,500 by name are trained on and the last 500 tested, which is usual but not the only
split in use.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

from arllie_deploy.pictures.layouts.base import TEST, Layout
from arllie_deploy.pictures.layouts.sides import Sides, SidesTree
from arllie_deploy.pictures.pairs import Low, Pair

_T = TypeVar("_T")

_EXPERT = "expertC|expertC_gt|C"
_WHOLE = (Sides("input|original|low", _EXPERT),)


def _split(name: str) -> tuple[Sides, ...]:
    return (Sides(f"{name}/input|low|original", f"{name}/target|high|{_EXPERT}"),)


_SPLIT = SidesTree(train=_split("train"), test=_split("test"))
_UNSPLIT = SidesTree(train=_WHOLE, test=_WHOLE)


def _pairs(folder: Path, split: str) -> tuple[Pair, ...]:
    if _SPLIT.fits(folder):
        return _SPLIT.pairs(folder, split)
    return _part(_UNSPLIT.pairs(folder, split), split)


def _lows(folder: Path, split: str) -> tuple[Low, ...]:
    return _SPLIT.lows(folder, split) or _part(_UNSPLIT.lows(folder, split), split)


def _part(items: Sequence[_T], split: str) -> tuple[_T, ...]:
    """The first nine tenths in natural order, or the last tenth: 4,500 and 500 of the whole set."""
    trained = len(items) * 9 // 10
    return tuple(items[trained:] if split == TEST else items[:trained])


FIVEK = Layout(
    name="fivek",
    title="MIT-Adobe FiveK, expert C",
    tree="{train,test}/{input,target}; or {input,expertC}, whose last tenth by name is the test part",
    supervised=True,
    pairs=_pairs,
    lows=_lows,
    fits=lambda folder: _SPLIT.fits(folder) or _UNSPLIT.fits(folder),
)
