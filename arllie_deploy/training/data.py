"""Training pictures: pairs or dark pictures alone, in any layout, checked, split by scene, sampled by step."""

from __future__ import annotations

import csv
import math
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.errors import ArllieError
from arllie_deploy.frames import to_unit
from arllie_deploy.pictures import picture_size, read_picture
from arllie_deploy.pictures.folder import natural, picture_files
from arllie_deploy.pictures.layouts import DEFAULT_LAYOUT, TRAIN, layout_lows, layout_pairs, recognize
from arllie_deploy.pictures.pair_check import OddPair, check_low, check_pair

#: (channels, height, width) or (N, channels, height, width) in [0, 1].
Planes = NDArray[np.float32]

# Neighboring file numbers often show one scene, so without a list of scenes the split keeps runs of files together,
# of about this length, less where it would overshoot the part held out.
_RUN = 10
_CACHE_BYTES = 2 << 30


@dataclass(frozen=True)
class Sample:
    """One training picture: `high` is None where there is no reference; `scene` is "" where the layout knows none."""

    name: str
    low: Path
    high: Path | None
    scene: str = ""


@dataclass(frozen=True)
class Split:
    """Training and validation samples; no scene is in both."""

    train: tuple[Sample, ...]
    validation: tuple[Sample, ...]


def find_pairs_to_learn(folder: Path, layout: str = DEFAULT_LAYOUT) -> tuple[Sample, ...]:
    """Training pairs, in natural order of their names; raises `ArllieError` as `layout_pairs` does."""
    pairs = layout_pairs(folder, layout, TRAIN)
    return _ordered(Sample(pair.name, pair.low, pair.high, pair.scene) for pair in pairs)


def find_lows_to_learn(folder: Path, layout: str = DEFAULT_LAYOUT) -> tuple[Sample, ...]:
    """Training pictures without references, in natural order; raises `ArllieError` as `layout_lows` does."""
    return _ordered(Sample(low.name, low.low, None, low.scene) for low in layout_lows(folder, layout, TRAIN))


def find_clean_to_learn(folder: Path, layout: str = DEFAULT_LAYOUT) -> tuple[Sample, ...]:
    """Clean pictures alone, each as the `low` of a sample: the high ones of pairs, or all in a folder without layout.

    Raises:
        ArllieError: as `layout_pairs`, or if there are no pictures.
    """
    if layout == DEFAULT_LAYOUT and not recognize(folder):
        return _ordered(Sample(path.stem, path, None) for path in picture_files(folder))
    pairs = find_pairs_to_learn(folder, layout)
    return tuple(Sample(pair.name, pair.high, None, pair.scene) for pair in pairs if pair.high is not None)


def find_odd(samples: Iterable[Sample]) -> tuple[OddPair, ...]:
    """The samples that cannot be right, by `check_pair`; reads every picture, one pair at a time.

    Raises:
        ArllieError: if a picture cannot be read, or one of a pair has 8 bits and the other 16.
    """
    found = (_check(sample) for sample in samples)
    return tuple(odd for odd in found if odd is not None)


def split_by_scene(samples: Sequence[Sample], folder: Path, fraction: float, seed: int) -> Split:
    """Hold out whole scenes until `fraction` of the samples is reached; the same seed gives the same split.

    Scenes come from `scenes.csv` (columns file, scene) in `folder` or beside it, else from the layout; without either,
    equal runs of neighboring files stand for scenes: about ten, fewer where one run is enough for `fraction`.
    """
    if fraction == 0.0:
        return Split(tuple(samples), ())
    groups = by_scene(samples, folder, fraction)
    order = np.random.default_rng(seed).permutation(len(groups))
    held: list[Sample] = []
    for index in order:
        if len(held) >= fraction * len(samples):
            break
        held.extend(groups[index])
    if not held or len(held) == len(samples):
        raise ArllieError(f"{folder}: {len(samples)} pictures of {len(groups)} scenes cannot be split for validation")
    names = {sample.name for sample in held}
    return Split(tuple(s for s in samples if s.name not in names), tuple(s for s in samples if s.name in names))


def by_scene(samples: Sequence[Sample], folder: Path, fraction: float) -> list[list[Sample]]:
    """The samples of each scene, as `split_by_scene` finds scenes; `fraction` bounds the runs that stand for them."""
    scenes = _scenes(folder)
    runs = max(1, len(samples) // min(_RUN, max(1, math.ceil(fraction * len(samples)))))
    groups: dict[str, list[Sample]] = {}
    for index, sample in enumerate(samples):
        known = f"layout {sample.scene}" if sample.scene else f"run {index * runs // len(samples)}"
        groups.setdefault(scenes.get(sample.name, known), []).append(sample)
    return list(groups.values())


def check_crop(samples: Sequence[Sample], crop: int) -> None:
    """Raise `ArllieError` naming the first picture that is smaller than the recipe's crop; reads headers only."""
    for sample in samples:
        width, height = picture_size(sample.low)
        if height < crop or width < crop:
            raise ArllieError(f"{sample.low}: {width}x{height} is smaller than the recipe's crop of {crop}")


class FrameStore:
    """Decoded frames, kept as integers up to 2 GiB and read again beyond that."""

    def __init__(self) -> None:
        self._frames: OrderedDict[Path, NDArray[Any]] = OrderedDict()
        self._bytes = 0

    def get(self, path: Path) -> NDArray[Any]:
        """The pixels (height, width, 3), uint8 or uint16."""
        if path in self._frames:
            self._frames.move_to_end(path)
            return self._frames[path]
        frame = read_picture(path).pixels
        self._frames[path] = frame
        self._bytes += frame.nbytes
        while self._bytes > _CACHE_BYTES and len(self._frames) > 1:
            _, oldest = self._frames.popitem(last=False)
            self._bytes -= oldest.nbytes
        return frame


@dataclass(frozen=True)
class Batch:
    """`low` and `high` (batch, 3, crop, crop) float32 in [0, 1]; `names` of the pictures the crops come from."""

    names: tuple[str, ...]
    low: NDArray[np.float32]
    high: NDArray[np.float32] | None


def draw_batch(samples: Sequence[Sample], store: FrameStore, *, seed: int, step: int, batch: int, crop: int) -> Batch:
    """The batch of one step, a pure function of (seed, step): nothing needs to be saved to resume."""
    rng = np.random.default_rng([seed, step])
    chosen = [samples[index] for index in rng.integers(len(samples), size=batch)]
    lows, highs = [], []
    for sample in chosen:
        low = store.get(sample.low)
        height, width, _ = low.shape
        place, orientation = random_place(rng, (height, width), crop), int(rng.integers(8))
        lows.append(turned(low[place], orientation))
        if sample.high is not None:
            highs.append(turned(store.get(sample.high)[place], orientation))
    names = tuple(sample.name for sample in chosen)
    return Batch(names, to_planes(lows), to_planes(highs) if len(highs) == batch else None)


def to_planes(frames: Sequence[NDArray[Any]]) -> Planes:
    """Integer frames of one size as (N, 3, height, width) float32 in [0, 1]."""
    return np.stack([np.moveaxis(to_unit(frame), 2, 0) for frame in frames]).astype(np.float32)


def random_place(rng: np.random.Generator, size: tuple[int, int], crop: int) -> tuple[slice, slice]:
    """A square of `crop` pixels somewhere in a frame of `size`, height and width."""
    height, width = size
    top, left = int(rng.integers(height - crop + 1)), int(rng.integers(width - crop + 1))
    return slice(top, top + crop), slice(left, left + crop)


def turned(frame: NDArray[Any], orientation: int) -> NDArray[Any]:
    """One of the eight orientations of a square, 0 to 7."""
    upright = np.rot90(frame, orientation % 4)
    return upright[:, ::-1] if orientation >= 4 else upright


def _scenes(folder: Path) -> dict[str, str]:
    for place in (folder / "scenes.csv", folder.parent / "scenes.csv"):
        if place.is_file():
            try:
                with place.open(newline="", encoding="utf-8") as file:
                    rows = list(csv.DictReader(file))
            except (UnicodeDecodeError, csv.Error):
                raise ArllieError(f"{place}: not a CSV file in UTF-8; needs the columns file and scene") from None
            if not rows or not {"file", "scene"} <= rows[0].keys():
                raise ArllieError(f"{place}: needs the columns file and scene")
            return {Path(row["file"]).stem: f"scene {row['scene']}" for row in rows}
    return {}


def _ordered(samples: Iterable[Sample]) -> tuple[Sample, ...]:
    return tuple(sorted(samples, key=lambda sample: natural(sample.name)))


def _check(sample: Sample) -> OddPair | None:
    low = read_picture(sample.low).pixels
    if sample.high is None:
        return check_low(sample.name, low)
    high = read_picture(sample.high).pixels
    if low.dtype != high.dtype:
        raise ArllieError(f"{sample.low} is {low.dtype} and {sample.high} is {high.dtype}; convert one of them first")
    return check_pair(sample.name, low, high)
