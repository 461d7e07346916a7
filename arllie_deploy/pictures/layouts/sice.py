"""SICE: sequences of one scene at rising exposures, each with one well-exposed label.

Cai et al., "Learning a Deep Single Image Contrast Enhancer from Multi-Exposure Images", TIP 27(4), 2018,
https://github.com/csjcai/SICE: part 1 (360 sequences) to train, part 2 (229) to test. A sequence is a numbered folder
with 1.JPG, 2.JPG, … from dark to bright, its label is Label/NUMBER.JPG; unpacked, Dataset_Part1 often lies within a
folder of the same name.

Of the n exposures of a sequence the first (n − 1) // 2 count as under-exposed, 3 of 7 and 4 of 9, as is usual; the
middle one and the over-exposed ones are left out. Each is a pair with the label. All exposures of a sequence are one
scene.
"""

from collections.abc import Iterator
from pathlib import Path

from arllie_deploy.errors import ArllieError
from arllie_deploy.pictures.folder import find_folder, natural, picture_files
from arllie_deploy.pictures.layouts.base import SPLITS, TEST, TRAIN, Layout
from arllie_deploy.pictures.pairs import Low, Pair

_PARTS = {
    TRAIN: ("Dataset_Part1/Dataset_Part1", "Dataset_Part1", "Part1"),
    TEST: ("Dataset_Part2/Dataset_Part2", "Dataset_Part2", "Part2"),
}


def _pairs(folder: Path, split: str) -> tuple[Pair, ...]:
    part = _part(folder, split)
    if part is None:
        return ()
    labels = {path.stem: path for path in picture_files(_labels(part))}
    lows = _under_exposed(part)
    odd = [low for low in lows if low.scene not in labels]
    if odd:
        missing = dict.fromkeys(low.scene for low in odd)
        raise ArllieError(
            f"{_labels(part)}: no label for sequence {', '.join(list(missing)[:3])} ({len(missing)} without one); "
            "add it or remove the sequence"
        )
    return tuple(Pair(low.name, low.low, labels[low.scene], low.scene) for low in lows)


def _lows(folder: Path, split: str) -> tuple[Low, ...]:
    part = _part(folder, split)
    return () if part is None else _under_exposed(part)


def _under_exposed(part: Path) -> tuple[Low, ...]:
    found: list[Low] = []
    for sequence in _sequences(part):
        files = sorted(picture_files(sequence), key=lambda path: natural(path.stem))
        dark = files[: max(1, (len(files) - 1) // 2)]
        found.extend(Low(f"{sequence.name}-{path.stem}", path, sequence.name) for path in dark)
    return tuple(found)


def _part(folder: Path, split: str) -> Path | None:
    """The folder of the sequences of a split; a folder that has sequences itself is the part that its user means."""
    places = (find_folder(folder, pattern) for pattern in _PARTS[split])
    for place in (folder, *places):
        if place is not None and next(_sequences(place), None) is not None and _labels(place).is_dir():
            return place
    return None


def _labels(part: Path) -> Path:
    beside = find_folder(part.parent, "Label")
    return find_folder(part, "Label") or beside or part / "Label"


def _sequences(part: Path) -> Iterator[Path]:
    numbered = [path for path in part.iterdir() if path.is_dir() and path.name.isdecimal()]
    return iter(sorted(numbered, key=lambda path: natural(path.name)))


SICE = Layout(
    name="sice",
    title="SICE",
    tree="Dataset_Part1/{1,2,…}/{1,2,…}.JPG and Label/{1,2,…}.JPG to train, Dataset_Part2 to test, or one part",
    supervised=True,
    pairs=_pairs,
    lows=_lows,
    fits=lambda folder: any(_part(folder, split) for split in SPLITS),
)
