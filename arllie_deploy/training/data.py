"""Training pictures: folders of `low/` and `high/` pairs or `low/` alone, split by scene, sampled by step."""

from __future__ import annotations

import csv
import re
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.errors import ArllieError
from arllie_deploy.frames import to_unit
from arllie_deploy.pictures import picture_size, read_picture
from arllie_deploy.pictures.folder import picture_files
from arllie_deploy.pictures.pairs import find_pairs

# Neighboring file numbers often show one scene, so without a list of scenes the split keeps runs of files together.
_RUN = 10
_CACHE_BYTES = 2 << 30


@dataclass(frozen=True)
class Sample:
    """One training picture: `high` is None where there is no reference."""

    name: str
    low: Path
    high: Path | None


@dataclass(frozen=True)
class Split:
    """Training and validation samples; no scene is in both."""

    train: tuple[Sample, ...]
    validation: tuple[Sample, ...]


def find_pairs_to_learn(folder: Path) -> tuple[Sample, ...]:
    """Pairs of `low/` and `high/`, in natural order of their names; raises `ArllieError` as `find_pairs` does."""
    samples = [Sample(pair.name, pair.low, pair.high) for pair in find_pairs(folder)]
    return tuple(sorted(samples, key=_natural))


def find_lows_to_learn(folder: Path) -> tuple[Sample, ...]:
    """The pictures of `low/` alone, in natural order of their names; raises `ArllieError` if there are none."""
    return tuple(sorted((Sample(path.stem, path, None) for path in picture_files(folder / "low")), key=_natural))


def split_by_scene(samples: Sequence[Sample], folder: Path, fraction: float, seed: int) -> Split:
    """Hold out whole scenes until `fraction` of the samples is reached; the same seed gives the same split.

    Scenes come from `scenes.csv` (columns file, scene) in `folder` or beside it; without it, runs of neighboring
    files stand for scenes.
    """
    if fraction == 0.0:
        return Split(tuple(samples), ())
    scenes = _scenes(folder)
    groups: dict[str, list[Sample]] = {}
    for index, sample in enumerate(samples):
        groups.setdefault(scenes.get(sample.name, f"run {index // _RUN}"), []).append(sample)
    order = np.random.default_rng(seed).permutation(len(groups))
    keys = list(groups)
    held: list[Sample] = []
    for index in order:
        if len(held) >= fraction * len(samples):
            break
        held.extend(groups[keys[index]])
    if not held or len(held) == len(samples):
        raise ArllieError(f"{folder}: {len(samples)} pictures of {len(groups)} scenes cannot be split for validation")
    names = {sample.name for sample in held}
    return Split(tuple(s for s in samples if s.name not in names), tuple(s for s in samples if s.name in names))


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
        place, orientation = _place(rng, low, crop), int(rng.integers(8))
        lows.append(_turn(low[place], orientation))
        if sample.high is not None:
            highs.append(_turn(store.get(sample.high)[place], orientation))
    names = tuple(sample.name for sample in chosen)
    return Batch(names, to_planes(lows), to_planes(highs) if len(highs) == batch else None)


def to_planes(frames: Sequence[NDArray[Any]]) -> NDArray[np.float32]:
    """Integer frames of one size as (N, 3, height, width) float32 in [0, 1]."""
    return np.stack([np.moveaxis(to_unit(frame), 2, 0) for frame in frames]).astype(np.float32)


def _place(rng: np.random.Generator, frame: NDArray[Any], crop: int) -> tuple[slice, slice]:
    height, width = frame.shape[:2]
    top, left = int(rng.integers(height - crop + 1)), int(rng.integers(width - crop + 1))
    return slice(top, top + crop), slice(left, left + crop)


def _turn(frame: NDArray[Any], orientation: int) -> NDArray[Any]:
    """One of the eight orientations of a square."""
    turned = np.rot90(frame, orientation % 4)
    return turned[:, ::-1] if orientation >= 4 else turned


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


def _natural(sample: Sample) -> list[tuple[int, str]]:
    """Sort key under which 2 comes before 10."""
    return [(int(part), "") if part.isdigit() else (0, part) for part in re.split(r"(\d+)", sample.name)]
